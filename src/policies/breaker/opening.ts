/** How long a breaker stays open: one opening after the other. */
import { disown } from '../../core/disown.ts';
import { MAX_TIMER_MS } from '../../core/schema.ts';
import type { SlotOptions } from './options.ts';

type OpenMs = SlotOptions['openMs'];

/** What an opening lasts when the application's function gave nothing to go by. */
const DEFAULT_OPEN_MS = 5_000;
/** How far a Retry-After may lengthen an opening that is shorter itself. */
const DEFAULT_MAX_OPEN_MS = 60_000;

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

function checked(ms: unknown): number {
  if (typeof ms === 'number' && ms >= 0) return Math.min(ms, MAX_TIMER_MS);
  disown(ms);
  throw new TypeError('openMs: expected milliseconds of at least 0 from the function');
}

/** The openings of one breaker: they are in a row until it stayed closed as long as the last one was. */
export class Openings {
  #openMs: OpenMs;
  #maxMs: number | undefined;
  #attempt = 0;
  #lastMs = 0;

  constructor({ openMs, maxOpenMs }: SlotOptions) {
    this.#openMs = openMs;
    this.#maxMs = maxOpenMs;
  }

  /** Openings in a row so far. */
  get attempt(): number {
    return this.#attempt;
  }
  get lastMs(): number {
    return this.#lastMs;
  }

  /** Whether the row is over for a breaker that has been closed for so long. */
  isQuiet(closedForMs: number): boolean {
    return closedForMs >= this.#lastMs;
  }

  /**
   * The length of the opening that begins now.
   *
   * in  closedForMs    −1 when it was not closed before
   *     retryAfterMs   what the upstream asked for: lengthens, never shortens, capped by `maxOpenMs`
   *     onFailure      hears of an `openMs` function that threw or gave no number; the opening lasts 5 s then
   */
  next(closedForMs: number, retryAfterMs: number, random: number, onFailure: (error: unknown) => void): number {
    this.#attempt = closedForMs >= 0 && this.isQuiet(closedForMs) ? 1 : this.#attempt + 1;
    const ownMs = this.#ownMs(random, onFailure);
    const maxMs = this.#maxMs ?? Math.max(DEFAULT_MAX_OPEN_MS, ownMs);
    this.#lastMs = Math.max(Math.min(ownMs, maxMs), Math.min(retryAfterMs, maxMs));
    return this.#lastMs;
  }

  /** Take up a row where a snapshot left it. out  what remains, clamped to what this opening lasts */
  resume(attempt: number, remainingMs: number, random: number, onFailure: (error: unknown) => void): number {
    this.#attempt = Math.max(1, attempt);
    this.#lastMs = this.#ownMs(random, onFailure);
    return Math.min(Math.max(0, remainingMs), this.#lastMs);
  }

  /** From the next opening on. */
  configure({ openMs, maxOpenMs }: SlotOptions): void {
    this.#openMs = openMs;
    this.#maxMs = maxOpenMs;
  }

  forget(): void {
    this.#attempt = this.#lastMs = 0;
  }

  #ownMs(random: number, onFailure: (error: unknown) => void): number {
    try {
      return openingMs(this.#openMs, this.#attempt, random);
    } catch (error) {
      onFailure(error);
      return DEFAULT_OPEN_MS;
    }
  }
}
