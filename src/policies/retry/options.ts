/** A retry's options: types, bounds and defaults, once. */
import { between, callback, group, integer, milliseconds, share, z } from '../../core/schema.ts';
import { BACKOFFS } from './backoff.ts';

/** What a backoff of the application is given. */
export interface BackoffContext {
  /** The attempt that failed, 1 for the first. */
  readonly attempt: number;
  /** The delay before it; 0 for the first. */
  readonly previousMs: number;
  readonly error: unknown;
}

const KINDS = `one of ${BACKOFFS.join(', ')}`;

const budget = group({
  /** What each call adds: one retry for so many calls. */
  ratio: share().default(0.2), // as Finagle and Linkerd
  /** The most that can be saved up, and what it starts with. */
  burst: integer(1, 1_000_000).default(3),
});

export const retryOptions = group({
  /** The first attempt included: 1 retries nothing. */
  maxAttempts: integer(1, 1_000_000_000).default(3),
  /** How the delays grow: by name, or by a function of your own, whose result is cut to `maxMs`. */
  backoff: z
    .union([z.enum(BACKOFFS, { error: KINDS }), callback<(context: BackoffContext) => number>('(context) => ms')], {
      error: `${KINDS}, or a function (context) => ms`,
    })
    .default('decorrelatedJitter'), // callers who failed together do not come back together
  /** The first delay, before jitter. */
  initialMs: milliseconds().default(100),
  /** No delay is longer, whatever the backoff or the other side's Retry-After says. */
  maxMs: milliseconds().default(30_000),
  /** How many times as long each delay is as the one before: exponential, fullJitter and equalJitter. */
  factor: between(1, 100).default(2),
  /**
   * Which errors are worth another attempt; where given, it alone says. Default: all but BREAKER_OPEN, INVALID_OPTIONS
   * and STOPPED. One that throws says no, and is counted.
   */
  retryIf: callback<(error: unknown) => boolean>('(error) => boolean').optional(),
  /** What keeps retries a share of the calls when everything fails; `false` for none. */
  budget: z.union([z.literal(false), budget], { error: 'false, or { ratio, burst }' }).prefault({}),
});

export type RetryOptions = z.input<typeof retryOptions>;
export type ResolvedRetryOptions = z.output<typeof retryOptions>;
