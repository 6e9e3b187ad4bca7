/** How long to wait before the next attempt: the growths that can be named. Pure; an application's own is `decision.ts`. */

export const BACKOFFS = [
  'constant',
  'linear',
  'exponential',
  'fibonacci',
  'decorrelatedJitter',
  'fullJitter',
  'equalJitter',
] as const;
export type Backoff = (typeof BACKOFFS)[number];

export interface Growth {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
}

const GOLDEN = (1 + Math.sqrt(5)) / 2;

/**
 * in      attempt   the one that failed, 1…1e9;   previousMs   the delay before it, 0 for the first;   random in [0, 1)
 * out     milliseconds, finite, in [0, maxMs]
 * shape   exponential, initial 100, factor 2, max 1000 → 100, 200, 400, 800, 1000
 *         fibonacci, initial 100 → 100, 100, 200, 300, 500;   linear → 100, 200, 300
 * source  Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015. Its decorrelated jitter cuts what it
 *         drew at the maximum, where two of three callers would then meet again; here the range is cut before the draw.
 */
export function nextDelayMs(
  backoff: Backoff,
  { initialMs, maxMs, factor }: Growth,
  attempt: number,
  previousMs: number,
  random: number,
): number {
  switch (backoff) {
    case 'constant':
      return Math.min(initialMs, maxMs);
    case 'linear':
      return Math.min(initialMs * attempt, maxMs);
    case 'exponential':
      return grown(initialMs, factor ** (attempt - 1), maxMs);
    case 'fibonacci':
      return grown(initialMs, Math.round(GOLDEN ** attempt / Math.sqrt(5)), maxMs); // Binet: exact far beyond any maximum
    case 'fullJitter':
      return random * grown(initialMs, factor ** (attempt - 1), maxMs);
    case 'equalJitter':
      return ((1 + random) / 2) * grown(initialMs, factor ** (attempt - 1), maxMs);
    case 'decorrelatedJitter': {
      const least = Math.min(initialMs, maxMs);
      const most = Math.min(3 * Math.max(initialMs, previousMs), maxMs);
      return least + random * (most - least);
    }
  }
}

/** A power overflows to Infinity, and Infinity × 0 would be NaN. */
function grown(initialMs: number, times: number, maxMs: number): number {
  return Math.min(initialMs * Math.min(times, Number.MAX_VALUE), maxMs);
}
