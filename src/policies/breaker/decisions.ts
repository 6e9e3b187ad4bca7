/** What a breaker decides, as pure functions of counts. The mechanism that asks is `slot.ts`. */
import type { TripRules } from './rules.ts';

export type TripRule = Exclude<keyof TripRules, 'minimumCalls'>;

/** The window's counts as the decision reads them. */
export interface WindowCounts {
  readonly total: number;
  readonly failed: number;
  readonly slow: number;
  readonly above: number;
}

/**
 * Which rule says that a closed breaker must open, if any; the application's own is asked elsewhere.
 *
 * in      window   integers ≥ 0, or undefined where no rule needs one;   consecutive   failures in a row
 * out     the first rule that says yes;   undefined to stay closed
 * shape   (rate 0.5, minimum 4; 4, 2) → 'failureRate';   (rate 0.5, minimum 4; 3, 3) → undefined
 * source  Nygard, Release It!, 2nd ed., "Circuit Breaker"; equality trips, as in Resilience4j and Polly
 */
export function trippedBy(
  rules: TripRules,
  window: WindowCounts | undefined,
  consecutive: number,
): TripRule | undefined {
  if (rules.consecutiveFailures !== undefined && consecutive >= rules.consecutiveFailures) return 'consecutiveFailures';
  if (window === undefined) return undefined;
  const { total, failed, slow, above } = window;
  if (rules.failureCount !== undefined && failed >= rules.failureCount) return 'failureCount';
  if (total < rules.minimumCalls) return undefined;
  if (rules.failureRate !== undefined && failed / total >= rules.failureRate) return 'failureRate';
  if (rules.slowCallRate !== undefined && slow / total >= rules.slowCallRate) return 'slowCallRate';
  if (rules.latency !== undefined && isQuantileAbove(rules.latency.percentile, total, above)) return 'latency';
  return undefined;
}

/**
 * Whether a quantile lies above a bound, from the number of values above it: no value needs to be kept.
 *
 * in      percentile in (0, 1];   0 ≤ above ≤ total
 * shape   (0.95, 100, 5) → false;   (0.95, 100, 6) → true
 * source  the quantile of nearest rank: the ⌈percentile · total⌉-th smallest value
 */
export function isQuantileAbove(percentile: number, total: number, above: number): boolean {
  return total - above < Math.ceil(percentile * total);
}

export interface ProbeCounts {
  readonly permits: number;
  readonly settled: number;
  readonly failed: number;
  /** Only where a rule is about slow calls. */
  readonly slow: number;
  /** Failed, slow or both. */
  readonly bad: number;
}

/**
 * What the probes' results so far say.
 *
 * in      0 ≤ failed, slow ≤ bad ≤ settled ≤ permits
 * out     'trip' as soon as failures (or slow ones) reach their rate of all permits; the first failure does where there
 *         is no failure rate · 'recover' when all are in · undefined to wait
 * shape   rate 0.5: 1 of 3 failed → undefined;   2 of 3 → 'trip';   all 3 in, 1 failed → 'recover'
 */
export function probesSay(
  { permits, settled, failed, slow, bad }: ProbeCounts,
  { failureRate, slowCallRate }: Pick<TripRules, 'failureRate' | 'slowCallRate'>,
): 'trip' | 'recover' | undefined {
  if (slowCallRate !== undefined && slow / permits >= slowCallRate) return 'trip';
  if (failureRate === undefined ? failed > 0 : bad / permits >= failureRate) return 'trip';
  return settled === permits ? 'recover' : undefined;
}
