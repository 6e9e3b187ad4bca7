/** A rate limit's options: types, bounds and defaults, once. */
import { flag, group, integer, milliseconds, z } from '../../core/schema.ts';

const ALGORITHMS = ['tokenBucket', 'slidingWindow', 'fixedWindow'] as const;

export const rateLimitOptions = group({
  /** So many calls … */
  limit: integer(1, 1_000_000),
  /** … in so much time. */
  perMs: milliseconds(1).default(1_000),
  /**
   * `tokenBucket` spreads them evenly and lets `burst` through at once · `slidingWindow` lets no stretch of `perMs`,
   * however placed, have more than `limit` · `fixedWindow` counts from window to window, so that up to twice the limit
   * may meet at the line between two.
   */
  algorithm: z.enum(ALGORITHMS, { error: `one of ${ALGORITHMS.join(', ')}` }).default('tokenBucket'),
  /** What a token bucket holds when it is full. Default: `limit`. */
  burst: integer(1, 1_000_000).optional(),
  /** Every tenant has the limit for itself; calls without a tenant share one. */
  keyed: flag().default(false),
  /** Tenants that are counted apart, at most. What comes beyond shares one limit until a tenant has been quiet. */
  maxKeys: integer(1, 1_000_000).default(10_000),
}).refine(({ algorithm, burst }) => burst === undefined || algorithm === 'tokenBucket', {
  error: 'no burst beside a window: only a token bucket saves up',
});

export type RateLimitOptions = z.input<typeof rateLimitOptions>;
export type ResolvedRateLimitOptions = z.output<typeof rateLimitOptions>;
