/** How long a child waits before its next life. Pure. */
export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
  /** At least 1: each further failure waits so many times longer. */
  readonly factor: number;
  /** 0…1: the share of the delay that chance may add. */
  readonly jitter: number;
}

/**
 * in      failures   in a row, at least 1;   chance   uniform in [0, 1)
 * out     milliseconds in [minMs, maxMs]: the cap comes after the jitter, or it would be none
 * shape   (3, { minMs: 50, maxMs: 5_000, factor: 2, jitter: 0.2 }, 0.5) → 220
 */
export function backoffMs(failures: number, backoff: Backoff, chance: number): number {
  const delayMs = backoff.minMs * backoff.factor ** (failures - 1);
  return Math.min(backoff.maxMs, delayMs * (1 + backoff.jitter * chance));
}
