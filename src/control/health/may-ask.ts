/**
 * Whether a check that hangs is asked again. Pure.
 *
 * What hangs once must be able to come back: nobody else may be left who calls the dependency. And whoever does not heed
 * the abort must not pile up: each question that is out may be a connection on the side that is already in trouble.
 */

/** From the end of the time of one question to the next. */
const PATIENCE_MS = 30_000;
/** Of one check, at once. */
const MOST_OUT = 3;
/** What was not answered for so long after its time never will be, and counts no more. */
const LOST_AFTER_MS = 600_000;

/** in  lateSinceMs   when the time of a question that is out was over */
export function isLost(lateSinceMs: number, nowMs: number): boolean {
  return nowMs - lateSinceMs >= LOST_AFTER_MS;
}

/**
 * in     lateSinceMs   of each question that is out and not lost, the oldest first
 * shape  ([0], 29_999) → false;   ([0], 30_000) → true;   ([0, 31_000, 62_000], 100_000) → false
 */
export function mayAsk(lateSinceMs: readonly number[], nowMs: number): boolean {
  const newest = lateSinceMs.at(-1) ?? -Infinity;
  return lateSinceMs.length < MOST_OUT && nowMs - newest >= PATIENCE_MS;
}
