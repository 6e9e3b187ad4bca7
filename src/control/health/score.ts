/**
 * How well one breaker is, and how well all are: the formulas, in plain numbers.
 *
 * The kernel (`wasm/score.ts`) computes the same over many slots; a differential test holds the two equal.
 */
import type { BreakerState } from '../../core/breaker-state.ts';

/**
 * out     0…1;   null for a breaker that is left out (disabled, metricsOnly)
 * in      failureRate   null counts as 0;   mayProbe   an open breaker whose deadline has passed
 * shape   ('closed', 0.4, false) → 0.6;   ('open', 0.4, true) → 0.3;   ('open', 0.4, false) → 0
 */
export function breakerScore(state: BreakerState, failureRate: number | null, mayProbe: boolean): number | null {
  const base = baseOf(state, mayProbe);
  return base === null ? null : base * (1 - (failureRate ?? 0));
}

function baseOf(state: BreakerState, mayProbe: boolean): number | null {
  switch (state) {
    case 'closed':
      return 1;
    case 'halfOpen':
      return 0.5;
    case 'open':
      return mayProbe ? 0.5 : 0;
    case 'forcedOpen':
      return 0;
    default:
      return null;
  }
}

/** The mean of what counts; null when nothing does. */
export function systemScore(sum: number, counted: number): number | null {
  return counted === 0 ? null : sum / counted;
}
