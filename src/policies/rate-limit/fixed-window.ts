/**
 * Counts from window to window: in any stretch of w milliseconds at most 2 · limit + w · limit / perMs, as the end of
 * one window and the beginning of the next may meet.
 */
import type { Quota } from './quota.ts';

export class FixedWindow implements Quota {
  readonly #limit: number;
  readonly #perMs: number;
  /** The number of the window that is now, since the clock's origin. */
  #window: number;
  #taken = 0;

  constructor(limit: number, perMs: number, nowMs: number) {
    this.#limit = limit;
    this.#perMs = perMs;
    this.#window = Math.floor(nowMs / perMs);
  }

  take(nowMs: number): number {
    this.#forget(nowMs);
    if (this.#taken >= this.#limit) return Math.max(1, Math.ceil((this.#window + 1) * this.#perMs - nowMs));
    this.#taken++;
    return 0;
  }

  isAtRest(nowMs: number): boolean {
    this.#forget(nowMs);
    return this.#taken === 0;
  }

  copy(): FixedWindow {
    const copy = new FixedWindow(this.#limit, this.#perMs, 0);
    copy.#window = this.#window;
    copy.#taken = this.#taken;
    return copy;
  }

  #forget(nowMs: number): void {
    const window = Math.floor(nowMs / this.#perMs);
    if (window <= this.#window) return;
    this.#window = window;
    this.#taken = 0;
  }
}
