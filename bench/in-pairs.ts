/**
 * Two ways of the same, measured right after each other, in the opposite order of the pair before.
 *
 * For what a race's rounds are too far apart for: a difference of a few percent on a machine that does other things.
 */
import type { Progress } from './suite.ts';

/** Measure one half of a pair. out  nanoseconds for one of whatever it does many times */
export type Half = () => number | Promise<number>;

export interface Pairs {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  /** Ours over theirs, pair by pair. */
  readonly ratios: readonly number[];
}

/** One more pair than asked for is run: the first only warms up. */
export async function inPairs(pairs: number, ours: Half, theirs: Half, progress: Progress): Promise<Pairs> {
  const measured = { ours: [] as number[], theirs: [] as number[], ratios: [] as number[] };
  for (let pair = 0; pair <= pairs; pair++) {
    const [first, second] = pair % 2 === 0 ? [ours, theirs] : [theirs, ours];
    const [one, other] = [await first(), await second()];
    const [our, their] = pair % 2 === 0 ? [one, other] : [other, one];
    progress(pair / pairs);
    if (pair === 0) continue;
    measured.ours.push(our);
    measured.theirs.push(their);
    measured.ratios.push(our / their);
  }
  return measured;
}
