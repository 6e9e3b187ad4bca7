/** What a breaker decides, as pure functions of counts. The mechanism that asks is `slot.ts`. */
import type { TripRules } from './options.ts';

export type TripRule = 'failureRate' | 'consecutiveFailures';

/**
 * Which rule says that a closed breaker must open, if any.
 *
 * in      total, failed   outcomes of the window, integers ≥ 0;   consecutive   failures in a row
 * out     the first rule that says yes;   undefined to stay closed
 * shape   (rate 0.5, minimum 4; 4, 2, 0) → 'failureRate';   (rate 0.5, minimum 4; 3, 3, 3) → undefined
 * source  Nygard, Release It!, 2nd ed., "Circuit Breaker"; equality trips, as in Resilience4j and Polly
 */
export function trippedBy(rules: TripRules, total: number, failed: number, consecutive: number): TripRule | undefined {
  if (rules.consecutiveFailures !== undefined && consecutive >= rules.consecutiveFailures) return 'consecutiveFailures';
  if (rules.failureRate !== undefined && total >= rules.minimumCalls && failed / total >= rules.failureRate)
    return 'failureRate';
  return undefined;
}

/**
 * What the probes' results so far say.
 *
 * in      permits ≥ 1;   0 ≤ failed ≤ settled ≤ permits;   failureRate undefined: one failure is enough
 * out     'trip' as soon as the failures reach the rate of all permits · 'recover' when all are in · undefined to wait
 * shape   (3, 1, 1, 0.5) → undefined;   (3, 2, 2, 0.5) → 'trip';   (3, 3, 1, 0.5) → 'recover'
 */
export function probesSay(
  permits: number,
  settled: number,
  failed: number,
  failureRate: number | undefined,
): 'trip' | 'recover' | undefined {
  if (failed > 0 && (failureRate === undefined || failed / permits >= failureRate)) return 'trip';
  return settled === permits ? 'recover' : undefined;
}
