import { expect, test } from 'vitest';
import { checkPolicyHash } from '../../src/core/policy-hash.ts';

test('what carries our fingerprint, or none, passes', () => {
  expect(() => checkPolicyHash('policy', 'a1', 'a1')).not.toThrow();
  expect(() => checkPolicyHash('policy', 'a1', undefined)).not.toThrow();
});

test('what carries another is refused, naming both', () => {
  expect(() => checkPolicyHash('recovery policy of "db"', 'a1', 'b2')).toThrow(
    expect.objectContaining({
      code: 'POLICY_HASH_MISMATCH',
      component: 'recovery policy of "db"',
      message: 'recovery policy of "db": expected policyHash "a1", received "b2"',
    }),
  );
});
