/** A function that is metered with every call: who called is told from its arguments, how long it took by the clock. */
import { types } from 'node:util';
import { disown } from '../../core/disown.ts';
import type { Env } from '../../core/env.ts';
import { invalidOptions } from '../../core/errors.ts';
import { checkPolicyHash } from '../../core/policy-hash.ts';
import { callback, group, name, parseOptions, z } from '../../core/schema.ts';
import type { MeteredRecord } from '../../hotpath/metering-ring.ts';

/** Who is charged for a call, and for what. */
export interface MeteredBy<Args extends unknown[]> {
  readonly operation: string;
  /** Default `standard`. */
  readonly tier?: string | undefined;
  /** What throws, or gives no name, is charged to `__other`; a throw is announced as `callback.failed`. */
  readonly tenant: string | ((...args: Args) => string);
  readonly agent?: string | ((...args: Args) => string) | undefined;
  readonly policyHash?: string | undefined;
}

const nameOrFunction = z.union([name(), callback<(...args: unknown[]) => unknown>('(...args) => string')], {
  error: 'a name of 1 to 256 characters, or a function (...args) => string',
});
const meteredBy = group({
  operation: name(),
  tier: name().optional(),
  tenant: nameOrFunction,
  agent: nameOrFunction.optional(),
  policyHash: name().optional(),
});

export interface MeteredParts {
  readonly env: Env;
  readonly record: (record: MeteredRecord) => boolean;
  readonly policyHash: string;
  /** A function of the application threw. Must not throw. */
  readonly onCallbackFailed: (callback: string, error: unknown) => void;
}

/**
 * The same function, metered: arguments, `this`, value and errors are its own. A promise is metered when it settles,
 * and anything else, a thenable that is none included, when it is returned.
 *
 * throws  INVALID_OPTIONS · POLICY_HASH_MISMATCH
 */
export function metered<This, Args extends unknown[], R>(
  { env, record, policyHash, onCallbackFailed }: MeteredParts,
  fn: (this: This, ...args: Args) => R,
  given: MeteredBy<Args>,
): (this: This, ...args: Args) => R {
  if (typeof fn !== 'function') throw invalidOptions('metering.metered', 'a function', fn);
  const by = parseOptions(meteredBy, given, 'metering.metered');
  checkPolicyHash('metering.metered', policyHash, by.policyHash);
  const { operation, tier } = by;
  const who = (option: 'tenant' | 'agent', args: Args): string | undefined => {
    const one = by[option];
    if (typeof one !== 'function') return one;
    try {
      const answer: unknown = one(...args);
      if (typeof answer === 'string') return answer;
      disown(answer);
      return NOBODY;
    } catch (error) {
      onCallbackFailed(`metering.metered "${operation}" ${option}`, error);
      return NOBODY;
    }
  };

  return function (this: This, ...args: Args): R {
    const tenant = who('tenant', args);
    const agent = who('agent', args);
    const startedAt = env.now();
    const charge = (): void =>
      void record({ tenant: tenant as string, operation, tier, agent, latencyMs: env.now() - startedAt });
    let result: R;
    try {
      result = fn.apply(this, args);
    } catch (error) {
      charge();
      throw error;
    }
    if (!types.isPromise(result)) {
      charge();
      return result;
    }
    // What it settles with passes through this one: a rejection nobody handles is still reported.
    return result.then(
      (value) => {
        charge();
        return value;
      },
      (error: unknown) => {
        charge();
        throw error;
      },
    ) as R;
  };
}

/** No name, so it goes where those go. */
const NOBODY = null as unknown as string;
