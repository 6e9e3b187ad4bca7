/** The seven outcomes in the order they are drawn: from what the caller wanted to what they least wanted. */
import type { Readings } from './live.ts';

export type OutcomeCounts = Readings['samples'][string]['outcomes'];
export type Outcome = keyof OutcomeCounts;

export const OUTCOMES = [
  'success',
  'fallback',
  'ignored',
  'aborted',
  'timeout',
  'failure',
  'rejected',
] as const satisfies readonly Outcome[];

export function total(counts: OutcomeCounts): number {
  return OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
}

/** Only the outcomes that happened, with their share. `total` above 0. */
export function shares(counts: OutcomeCounts): readonly { outcome: Outcome; count: number; share: number }[] {
  const all = total(counts);
  return OUTCOMES.map((outcome) => ({ outcome, count: counts[outcome], share: counts[outcome] / all })).filter(
    ({ count }) => count > 0,
  );
}
