import { HoldfastError } from './errors.ts';

/**
 * Refuse what was made under another governance fingerprint than ours. What carries none is of ours.
 *
 * throws  POLICY_HASH_MISMATCH, with both
 */
export function checkPolicyHash(component: string, expected: string, given: string | undefined): void {
  if (given === undefined || given === expected) return;
  throw new HoldfastError(
    'POLICY_HASH_MISMATCH',
    `${component}: expected policyHash ${JSON.stringify(expected)}, received ${JSON.stringify(given)}`,
    { component },
  );
}
