/**
 * Calls spread evenly, with some saved up: in any stretch of w milliseconds at most burst + w · limit / perMs.
 *
 * The level is kept in tokens · perMs, so that whole milliseconds add whole numbers and nothing drifts.
 */
import type { Quota } from './quota.ts';

export class TokenBucket implements Quota {
  /** Gained in each millisecond. */
  readonly #limit: number;
  /** The price of a call. */
  readonly #perMs: number;
  readonly #burst: number;
  readonly #full: number;
  #level: number;
  #atMs: number;

  constructor(limit: number, perMs: number, burst: number, nowMs: number) {
    this.#limit = limit;
    this.#perMs = perMs;
    this.#burst = burst;
    this.#full = burst * perMs;
    this.#level = this.#full;
    this.#atMs = nowMs;
  }

  take(nowMs: number): number {
    const level = this.#levelAt(nowMs);
    if (level < this.#perMs) return Math.max(1, Math.ceil((this.#perMs - level) / this.#limit));
    this.#level = level - this.#perMs;
    this.#atMs = Math.max(this.#atMs, nowMs);
    return 0;
  }

  isAtRest(nowMs: number): boolean {
    return this.#levelAt(nowMs) === this.#full;
  }

  copy(): TokenBucket {
    const copy = new TokenBucket(this.#limit, this.#perMs, this.#burst, this.#atMs);
    copy.#level = this.#level;
    return copy;
  }

  #levelAt(nowMs: number): number {
    return Math.min(this.#level + Math.max(0, nowMs - this.#atMs) * this.#limit, this.#full);
  }
}
