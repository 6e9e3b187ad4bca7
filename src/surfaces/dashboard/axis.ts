/** The time axis of the history strip: 0 where it begins, 1 at the newest there is. Pure. */

interface Dated {
  readonly atMs: number;
}

export interface Axis {
  readonly lastMs: number;
  readonly spanMs: number;
}

/** A young runtime fills it from the right. */
const SHORTEST_MS = 30_000;

/**
 * in   samples   the strip begins with the oldest of them
 *      others    what may be newer than the newest sample; each in the order of time
 */
export function axisOf(samples: readonly Dated[], ...others: readonly (readonly Dated[])[]): Axis {
  const lastMs = Math.max(0, ...[samples, ...others].map((each) => each.at(-1)?.atMs ?? 0));
  return { lastMs, spanMs: Math.max(SHORTEST_MS, lastMs - (samples[0]?.atMs ?? lastMs)) };
}

/** out  below 0 for what was before the strip begins */
export function placeOn({ lastMs, spanMs }: Axis, atMs: number): number {
  return 1 - (lastMs - atMs) / spanMs;
}
