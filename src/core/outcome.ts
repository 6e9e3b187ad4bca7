/** How a call ended, and what a breaker sees of it. Closed sets: a new member is a decision in DESIGN.md. */

/** Every call ends in exactly one of these. Σ outcomes + in flight = calls. */
export const OUTCOMES = ['success', 'failure', 'ignored', 'timeout', 'aborted', 'rejected', 'fallback'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What an outcome counts for in a breaker's window. `ignored` counts for nothing and frees the permit. */
export type Vote = 'success' | 'failure' | 'ignored';

export function isVote(value: unknown): value is Vote {
  return value === 'success' || value === 'failure' || value === 'ignored';
}

export type OutcomeCounts = Readonly<Record<Outcome, number>>;

/** To count from. */
export function noOutcomes(): Record<Outcome, number> {
  return { success: 0, failure: 0, ignored: 0, timeout: 0, aborted: 0, rejected: 0, fallback: 0 };
}
