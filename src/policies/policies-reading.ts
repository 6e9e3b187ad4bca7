/** What the policies of one pipeline show of themselves: each keeps its own counts, here they are added up. */
import type { PoliciesReading } from '../core/readings.ts';
import type { Bulkhead } from './bulkhead/bulkhead.ts';
import type { ResourcePool } from './bulkhead/pool.ts';
import type { RateLimiter } from './rate-limit/limiter.ts';
import type { Retry } from './retry/retry.ts';

/** Those that count; in an array there may be several of a kind. */
export interface CountingPolicies {
  readonly retries: Pick<Retry, 'reading'>[];
  readonly limiters: Pick<RateLimiter, 'reading'>[];
  readonly bulkheads: Pick<Bulkhead, 'reading'>[];
  readonly pools: Pick<ResourcePool, 'reading'>[];
}

export function policiesReading({ retries, limiters, bulkheads, pools }: CountingPolicies): PoliciesReading {
  return {
    retries: sum(retries, ({ retries: made }) => made),
    overBudget: sum(retries, ({ overBudget }) => overBudget),
    waiting: sum(bulkheads, ({ queued }) => queued),
    zombies: sum(bulkheads, ({ zombies }) => zombies),
    lent: sum(pools, ({ lent }) => lent),
    tenants: sum(limiters, ({ keys }) => keys),
    sharing: sum(limiters, ({ shared }) => shared),
  };
}

function sum<R>(policies: readonly { reading(): R }[], count: (reading: R) => number): number {
  return policies.reduce((total, policy) => total + count(policy.reading()), 0);
}
