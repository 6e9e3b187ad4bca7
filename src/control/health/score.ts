/**
 * How well one breaker is, and how well all are: the formulas, in plain numbers.
 *
 * The kernel (`wasm/score.ts`) computes the same over many slots; a differential test holds the two equal.
 */
import type { BreakerState } from '../../core/breaker-state.ts';

/**
 * out     0…1;   null for a breaker that is left out (disabled, metricsOnly)
 * in      failureRate   null counts as 0;   mayProbe   an open breaker whose deadline has passed
 * shape   ('closed', 0.4, false) → 0.6;   ('halfOpen', 0.4, false) → 0.3;   ('open', 1, true) → 0.5
 */
export function breakerScore(state: BreakerState, failureRate: number | null, mayProbe: boolean): number | null {
  // Whatever opened it: a window of calls holds those failures for as long as nobody calls, and so would the score.
  if (state === 'open' && mayProbe) return MAY_PROBE;
  const base = baseOf(state);
  return base === null ? null : base * (1 - (failureRate ?? 0));
}

const MAY_PROBE = 0.5;

function baseOf(state: BreakerState): number | null {
  switch (state) {
    case 'closed':
      return 1;
    case 'halfOpen':
      return 0.5;
    case 'open':
    case 'forcedOpen':
      return 0;
    default:
      return null;
  }
}

/** What counts beside our own breakers: a check, a foreign breaker, a signal, the supervisors. */
export interface Weighed {
  /** 0…1 */
  readonly score: number;
  readonly weight: number;
  readonly critical: boolean;
}

/** Below where critical ends: a critical component at 0 makes the whole critical, however well the rest is. */
const CRITICAL_CAP = 0.49;

/**
 * The mean of what counts, a breaker with weight 1; null when nothing counts.
 *
 * in      slots   the sum of their scores, and how many count
 * shape   ({ sum: 7, count: 10 }, []) → 0.7
 */
export function systemScore(
  slots: { readonly sum: number; readonly count: number },
  others: Iterable<Weighed>,
): number | null {
  let { sum, count: weights } = slots;
  let isCapped = false;
  for (const { score, weight, critical } of others) {
    sum += weight * score;
    weights += weight;
    if (critical && score === 0) isCapped = true;
  }
  if (weights === 0) return null;
  return isCapped ? Math.min(sum / weights, CRITICAL_CAP) : sum / weights;
}
