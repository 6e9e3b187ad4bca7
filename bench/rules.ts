/** The rules of every policy in the races: one set, so that all contestants do the same work. */

export const FAILURE_RATE = 0.5;
export const CONSECUTIVE_FAILURES = 10;
export const MINIMUM_CALLS = 20;
export const WINDOW_MS = 10_000;
export const BUCKETS = 10;
export const WINDOW_CALLS = 100;
export const SLOW_CALL_MS = 1_000;
export const OPEN_MS = 5_000;
export const MAX_ATTEMPTS = 3;
export const MAX_CONCURRENT = 50;
export const MAX_QUEUED = 100;
export const TIMEOUT_MS = 2_000;
/** Longer than any run; the longest a Node timer can wait. */
export const LONG_MS = 2 ** 31 - 1;

/** Ours, in a time window, with latencies and slow calls. */
export const BREAKER_RULES = {
  failureRate: FAILURE_RATE,
  minimumCalls: MINIMUM_CALLS,
  window: { ms: WINDOW_MS, buckets: BUCKETS },
  slowCallMs: SLOW_CALL_MS,
  latency: true,
  openMs: OPEN_MS,
} as const;

/** Ours, over the last so many calls: no rule that asks for a clock. */
export const COUNT_RULES = {
  failureRate: FAILURE_RATE,
  minimumCalls: MINIMUM_CALLS,
  window: { calls: WINDOW_CALLS },
  openMs: OPEN_MS,
} as const;
