/**
 * What is left of something that was to last `forMs`, by a wall clock that may have been set in between. Pure.
 *
 * out    0 when it is over;   never more than `forMs`, however far the clock was set back
 * shape  (60_000, 1_000, 21_000) → 40_000;   (60_000, 1_000, 500) → 60_000
 */
export function remainingMs(forMs: number, atWallMs: number, wallMs: number): number {
  return Math.min(forMs, Math.max(0, atWallMs + forMs - wallMs));
}
