/** A breaker's options: types, bounds and defaults, once. */
import type { Vote } from '../../core/outcome.ts';
import { callback, group, integer, milliseconds, share, type z } from '../../core/schema.ts';

const window = group({
  /** How far back outcomes count. */
  ms: milliseconds(1).default(10_000),
  /** Outcomes are forgotten a bucket at a time: more buckets, finer forgetting. */
  buckets: integer(1, 100).default(10),
});

const halfOpen = group({
  /** Probes let through in one half-open epoch; all of them must succeed to close. */
  permits: integer(1, 1_000).default(3),
  /** A probe without a result by then opens the breaker again. Default: `openMs`, at least 1 s. */
  deadlineMs: milliseconds(1).optional(),
});

const breakerShape = {
  /** Opens when this share of the window's outcomes failed (≥). 0.5 unless another rule is given. */
  failureRate: share().optional(),
  /** Opens when so many outcomes in a row failed. */
  consecutiveFailures: integer(1, 1_000_000).optional(),
  window: window.prefault({}),
  /** Below this many outcomes in the window the rate is null and trips nothing. */
  minimumCalls: integer(1, 1_000_000).default(20),
  /** A call is slow when it took longer than this (>). */
  slowCallMs: milliseconds().optional(),
  /** How long an open breaker rejects before it lets a probe through. */
  openMs: milliseconds().default(5_000),
  halfOpen: halfOpen.prefault({}),
};

/** As they stand in a pipeline, which classifies for itself. */
export const breakerOptions = group(breakerShape);
/** As they stand alone. */
export const soloBreakerOptions = group({
  ...breakerShape,
  /** What an error counts for. A classifier that throws counts as `failure`. Default: every error is a failure. */
  classify: callback<(error: unknown) => Vote>('(error) => "success" | "failure" | "ignored"').optional(),
});

export type BreakerOptions = z.input<typeof breakerOptions>;
export type SoloBreakerOptions = z.input<typeof soloBreakerOptions>;
export type ResolvedBreakerOptions = z.output<typeof breakerOptions>;
export type ResolvedSoloBreakerOptions = z.output<typeof soloBreakerOptions>;

/** The rules in force: those that were given, or the default one. */
export interface TripRules {
  readonly failureRate: number | undefined;
  readonly consecutiveFailures: number | undefined;
  readonly minimumCalls: number;
}

const DEFAULT_FAILURE_RATE = 0.5; // as Resilience4j

export function tripRules(options: ResolvedBreakerOptions): TripRules {
  const { failureRate, consecutiveFailures, minimumCalls } = options;
  if (failureRate === undefined && consecutiveFailures === undefined)
    return { failureRate: DEFAULT_FAILURE_RATE, consecutiveFailures, minimumCalls };
  return { failureRate, consecutiveFailures, minimumCalls };
}
