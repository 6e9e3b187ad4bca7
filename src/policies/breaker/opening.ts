/** How long a breaker stays open. Pure, but for the application's own function. */
import { MAX_TIMER_MS } from '../../core/schema.ts';
import type { SlotOptions } from './options.ts';

type OpenMs = SlotOptions['openMs'];

/** What an opening lasts when the application's function gave nothing to go by. */
const DEFAULT_OPEN_MS = 5_000;

/**
 * in      attempt   1 for the first opening in a row;   random in [0, 1)
 * out     milliseconds in [0, 2³¹−1]
 * throws  what the application's function threw, or a TypeError when it gave no number ≥ 0
 * shape   ({ initialMs: 500, factor: 1.5, maxMs: 60_000, jitter: 0 }, 4, r) → 1687.5
 */
export function openingMs(openMs: OpenMs, attempt: number, random: number): number {
  if (typeof openMs === 'number') return openMs;
  if (typeof openMs === 'function') return checked(openMs(attempt));
  const { initialMs, factor, maxMs, jitter } = openMs;
  const grown = Math.min(initialMs * factor ** (attempt - 1), Number.MAX_VALUE); // Infinity × 0 would be NaN
  return Math.min(grown * (1 + jitter * (2 * random - 1)), maxMs);
}

/** The same, whatever the application's function does; `onFailure` hears of it. */
export function safeOpeningMs(
  openMs: OpenMs,
  attempt: number,
  random: number,
  onFailure: (error: unknown) => void,
): number {
  try {
    return openingMs(openMs, attempt, random);
  } catch (error) {
    onFailure(error);
    return DEFAULT_OPEN_MS;
  }
}

function checked(ms: unknown): number {
  if (typeof ms === 'number' && ms >= 0) return Math.min(ms, MAX_TIMER_MS);
  throw new TypeError('openMs: expected milliseconds of at least 0 from the function');
}
