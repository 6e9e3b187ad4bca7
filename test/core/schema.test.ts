/** Bad options: an error that names the path, what was expected and what came; nothing else. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HoldfastError, isHoldfastError } from '../../src/core/errors.ts';
import { MAX_TIMER_MS, parseOptions } from '../../src/core/schema.ts';
import { keyedBreakerOptions, soloBreakerOptions } from '../../src/policies/breaker/options.ts';
import { bulkheadOptions } from '../../src/policies/bulkhead/options.ts';
import { pipelineOptions } from '../../src/policies/options.ts';
import { rateLimitOptions } from '../../src/policies/rate-limit/options.ts';
import { retryOptions } from '../../src/policies/retry/options.ts';
import { runtimeOptions } from '../../src/runtime-options.ts';
import { createVirtualEnv } from '../../src/testing/virtual-env.ts';

const reject = (given: unknown): Error & { code?: string } => {
  try {
    parseOptions(pipelineOptions, given, 'pipeline "p"');
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected an error, received none');
};

describe('X5 a bad option is a TypeError INVALID_OPTIONS with a message', () => {
  test.each([
    [null, 'pipeline "p": expected an object of options, received null'],
    [[], 'pipeline "p": expected an object of options, received an array of 0'],
    [
      { timeoutMs: NaN },
      'pipeline "p".timeoutMs: expected milliseconds, a number from 1 to 2147483647, or { full, reduced, minimal, emergency } of them, received NaN',
    ],
    [
      { timeoutMs: Infinity },
      'pipeline "p".timeoutMs: expected milliseconds, a number from 1 to 2147483647, or { full, reduced, minimal, emergency } of them, received Infinity',
    ],
    [{ timeoutMs: -1 }, 'pipeline "p".timeoutMs: expected milliseconds, a number from 1 to 2147483647, received -1'],
    [
      { timeoutMs: 2 ** 31 },
      'pipeline "p".timeoutMs: expected milliseconds, a number from 1 to 2147483647, received 2147483648',
    ],
    [
      { timeoutMs: '10' },
      'pipeline "p".timeoutMs: expected milliseconds, a number from 1 to 2147483647, or { full, reduced, minimal, emergency } of them, received "10"',
    ],
    [
      { breaker: { failureRate: 0 } },
      'pipeline "p".breaker.failureRate: expected a ratio above 0 and at most 1, received 0',
    ],
    [
      { breaker: { minimumCalls: 1.5 } },
      'pipeline "p".breaker.minimumCalls: expected a whole number from 1 to 1000000, received 1.5',
    ],
    [{ breaker: { halfOpen: 3 } }, 'pipeline "p".breaker.halfOpen: expected an object of options, received 3'],
    [
      { fallback: 'none' },
      'pipeline "p".fallback: expected a function (error, context) => value, or an array of 1 to 16 of them, received "none"',
    ],
    [{ timeoutMS: 5 }, 'pipeline "p": has no key "timeoutMS"; did you mean "timeoutMs"?'],
    [{ breaker: { failurRate: 0.5 } }, 'pipeline "p".breaker: has no key "failurRate"; did you mean "failureRate"?'],
    [
      { colour: 1 },
      'pipeline "p": has no key "colour"; the keys are breaker, retry, rateLimit, bulkhead, totalTimeoutMs, timeoutMs, fallback, meter, classify',
    ],
    [
      { breaker: { latency: { percentle: 0.9 } } },
      'pipeline "p".breaker.latency: has no key "percentle"; did you mean "percentile"?',
    ],
    [
      { breaker: { latency: { percentile: 0.9, aboveMs: -1 } } },
      'pipeline "p".breaker.latency.aboveMs: expected milliseconds, a number from 0 to 2147483647, received -1',
    ],
    [
      { breaker: { latency: false } },
      'pipeline "p".breaker.latency: expected true, or { percentile, aboveMs }, received false',
    ],
    [
      JSON.parse('{"__proto__": 1}'),
      'pipeline "p": has no key "__proto__"; the keys are breaker, retry, rateLimit, bulkhead, totalTimeoutMs, timeoutMs, fallback, meter, classify',
    ],
  ])('%j', (given, message) => {
    const error = reject(given);

    expect(error.message).toBe(message);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toBeInstanceOf(HoldfastError);
    expect(error.code).toBe('INVALID_OPTIONS');
  });

  test('a getter that throws is an error too', () => {
    const hostile = {
      get timeoutMs(): number {
        throw new Error('no');
      },
    };

    expect(reject(hostile).message).toBe('pipeline "p": expected options that can be read, received Error: no');
  });

  test('so is one that throws when it is read again, to be shown', () => {
    let reads = 0;
    const hostile = {
      get timeoutMs(): number {
        if (++reads > 1) throw new Error('no');
        return -1;
      },
    };

    expect(reject(hostile).message).toBe(
      'pipeline "p".timeoutMs: expected milliseconds, a number from 1 to 2147483647, received Error: no',
    );
  });
});

test('options are copied once and frozen, and the given object is never written into', () => {
  const given = { breaker: { window: { ms: 1_000 } } };
  const resolved = parseOptions(pipelineOptions, given, 'p');

  given.breaker.window.ms = 5;

  expect(resolved.breaker?.window.ms).toBe(1_000);
  expect(Object.isFrozen(resolved.breaker?.window)).toBe(true);
  expect(given).toEqual({ breaker: { window: { ms: 5 } } });
});

test("an application's own Env is passed on as it is: not frozen, and no other member of it read", () => {
  const env = Object.defineProperty({ ...createVirtualEnv({ seed: 1 }) }, 'secret', {
    enumerable: true,
    get: () => expect.fail('the getter ran'),
  });

  const resolved = parseOptions(runtimeOptions, { env }, 'runtime');

  expect(resolved.env).toBe(env);
  expect(Object.isFrozen(env)).toBe(false);
  expect(Object.isFrozen(env.files)).toBe(false);
  expect(Object.isFrozen(resolved.capacity)).toBe(true);
});

test('defaults of a breaker: failureRate 0.5 (without another rule), window 10 s × 10 buckets, minimumCalls 20, openMs 5,000, permits 3', () => {
  expect(parseOptions(soloBreakerOptions, {}, 'b')).toEqual({
    window: { ms: 10_000, buckets: 10 },
    minimumCalls: 20,
    openMs: 5_000,
    autoHalfOpen: false,
    halfOpen: { permits: 3 },
  });
});

test('X5 whatever it is given, a schema resolves to numbers a timer can take, or throws INVALID_OPTIONS', () => {
  const rubbish = fc.oneof(
    fc.constantFrom(NaN, Infinity, -Infinity, -0, -1, 0, 1, 2 ** 31, 2 ** 53, '10', null, undefined, true, [], {}),
    fc.double(),
    fc.string(),
  );
  const keys = ['failureRate', 'consecutiveFailures', 'window', 'minimumCalls', 'slowCallMs', 'openMs', 'halfOpen'];
  const options = fc.dictionary(
    fc.constantFrom(...keys),
    fc.oneof(rubbish, fc.dictionary(fc.constantFrom('ms', 'buckets', 'permits', 'deadlineMs'), rubbish)),
  );

  fc.assert(
    fc.property(options, (given) => {
      let resolved;
      try {
        resolved = parseOptions(soloBreakerOptions, given, 'breaker "b"');
        if (typeof resolved.openMs !== 'number') return;
      } catch (error) {
        expect((error as Error).message).toMatch(/^breaker "b"/);
        expect(isHoldfastError(error)).toBe(true);
        return;
      }
      for (const ms of [resolved.openMs, resolved.window.ms ?? 1, resolved.halfOpen.deadlineMs ?? 1]) {
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(MAX_TIMER_MS);
      }
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  [
    { capacity: { meteringRecords: 20_000 } },
    'runtime.capacity.meteringRecords: expected a power of two from 16384 to 1048576, received 20000',
  ],
  [
    { capacity: { meteringRecords: 8_192 } },
    'runtime.capacity.meteringRecords: expected a whole number from 16384 to 1048576, received 8192',
  ],
  [{ name: '' }, 'runtime.name: expected a name of 1 to 256 characters, received ""'],
  [{ env: 5 }, 'runtime.env: expected an Env, received 5'],
  [{ env: {} }, 'runtime.env: expected an Env with now(), received an object'],
  [{ env: { now: (): number => 0 } }, 'runtime.env: expected an Env with wall(), received an object'],
  [
    { env: { ...createVirtualEnv({ seed: 1 }), files: { readText: () => '' } } },
    'runtime.env: expected an Env with files.writeText(), received an object',
  ],
])('runtime options %j', (given, message) => {
  expect(() => parseOptions(runtimeOptions, given, 'runtime')).toThrow(message);
});

describe('X5 whatever a policy is given, no NaN or Infinity gets in', () => {
  const rubbish: fc.Arbitrary<unknown> = fc.oneof(
    fc.constantFrom(
      NaN,
      Infinity,
      -Infinity,
      -0,
      -1,
      0,
      1,
      2 ** 31,
      2 ** 53,
      '10',
      null,
      undefined,
      true,
      false,
      [],
      {},
    ),
    fc.double(),
    fc.string(),
    fc.func(fc.double()),
  );

  test.each([
    ['pipeline', pipelineOptions],
    ['retry', retryOptions],
    ['bulkhead', bulkheadOptions],
    ['rateLimit', rateLimitOptions],
    ['keyed', keyedBreakerOptions],
  ] as const)('%s', (path, schema) => {
    const keys = fc.constantFrom(...Object.keys(schema.shape));
    const groups = fc.dictionary(
      fc.constantFrom('ms', 'calls', 'ratio', 'burst', 'maxMs', 'size', 'maxConcurrent'),
      rubbish,
    );
    let resolved = 0;
    fc.assert(
      fc.property(fc.dictionary(keys, fc.oneof(rubbish, groups), { maxKeys: 3 }), (given) => {
        try {
          const numbers = JSON.stringify(parseOptions(schema, given, path), (_, value: unknown) =>
            typeof value === 'number' && !Number.isFinite(value) ? 'not finite' : value,
          );
          resolved++;
          expect(numbers).not.toContain('not finite');
        } catch (error) {
          expect(error).toBeInstanceOf(HoldfastError);
          expect((error as Error).message.startsWith(path)).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
    if (path !== 'bulkhead' && path !== 'rateLimit') expect(resolved).toBeGreaterThan(0); // those two need a limit
  });
});
