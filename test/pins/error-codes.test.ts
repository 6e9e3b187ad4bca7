/** The codes an application may have written into its own code. Taking one away, or changing it, breaks it. */
import { expect, test } from 'vitest';
import { ERROR_CODES, HoldfastError, invalidOptions, isHoldfastError } from '../../src/core/errors.ts';
import { BreakerOpenError } from '../../src/policies/breaker/rejection.ts';

test('the error codes are these', () => {
  expect(ERROR_CODES).toEqual([
    'BREAKER_OPEN',
    'TIMEOUT',
    'BULKHEAD_FULL',
    'RATE_LIMITED',
    'INVALID_OPTIONS',
    'ILLEGAL_TRANSITION',
    'CAPACITY_EXHAUSTED',
    'DUPLICATE_CHILD',
    'LISTEN_FAILED',
    'POLICY_HASH_MISMATCH',
    'FALLBACK_FAILED',
    'RESTARTS_EXHAUSTED',
    'START_FAILED',
    'STORE_LOCKED',
    'STORE_NEWER',
    'STORE_UNAVAILABLE',
    'STOPPED',
  ]);
});

test.each(ERROR_CODES)('%s is in capitals and underscores, and no part of another', (code) => {
  expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
  expect(ERROR_CODES.filter((other) => other.includes(code))).toEqual([code]);
});

test('what an error shows is this, and another copy of the package knows it by the same symbol', () => {
  const cause = new Error('the reason');
  const error = new HoldfastError('STOPPED', 'expected a running pool', { component: 'pool', retryAfterMs: 5, cause });

  expect({ ...error, name: error.name, message: error.message, cause: error.cause }).toEqual({
    name: 'HoldfastError',
    code: 'STOPPED',
    message: 'expected a running pool',
    component: 'pool',
    retryAfterMs: 5,
    cause,
  });
  expect(Reflect.get(error, Symbol.for('holdfast.error'))).toBe(true);
  expect(isHoldfastError({ [Symbol.for('holdfast.error')]: true })).toBe(true);
});

test('an options error is a TypeError that names the path, what was expected and what came', () => {
  const error = invalidOptions('breaker.openMs', 'a finite number of at least 0', -1);

  expect(error).toBeInstanceOf(TypeError);
  expect(error).toBeInstanceOf(HoldfastError);
  expect(error).toMatchObject({
    name: 'HoldfastError',
    code: 'INVALID_OPTIONS',
    component: 'breaker.openMs',
    message: 'breaker.openMs: expected a finite number of at least 0, received -1',
  });
});

test('instanceof knows every error of ours as a HoldfastError, and a rejection as what it is only', () => {
  const open = new BreakerOpenError('b', 'open', 5);

  expect(open).toBeInstanceOf(HoldfastError);
  expect(open).toBeInstanceOf(BreakerOpenError);
  expect(invalidOptions('a', 'b', 0)).not.toBeInstanceOf(BreakerOpenError);
  expect(new HoldfastError('STOPPED', 'expected one that runs')).not.toBeInstanceOf(BreakerOpenError);
  for (const other of [new TypeError('other'), {}, null, 'text']) expect(other).not.toBeInstanceOf(HoldfastError);
});
