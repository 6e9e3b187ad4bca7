/**
 * No stretch of `perMs`, however it is placed, has more than `limit` calls.
 *
 * Time is cut into 64 parts of the window. The part that is now and the 64 before it are counted: a little more than
 * the window, so a call is forgotten up to 1/64 of it late and never early. 280 bytes, however high the limit.
 */
import type { Quota } from './quota.ts';

const PARTS = 64;
const COUNTED = PARTS + 1;

export class SlidingWindow implements Quota {
  readonly #limit: number;
  readonly #partMs: number;
  /** Calls by part, as a ring. */
  readonly #counts: Uint32Array;
  #total = 0;
  /** The number of the part that is now, since the clock's origin. */
  #part: number;

  constructor(limit: number, perMs: number, nowMs: number, counts = new Uint32Array(COUNTED)) {
    this.#limit = limit;
    this.#partMs = perMs / PARTS;
    this.#counts = counts;
    this.#part = Math.floor(nowMs / this.#partMs);
  }

  take(nowMs: number): number {
    this.#forget(nowMs);
    if (this.#total >= this.#limit) return Math.max(1, Math.ceil(this.#roomAt() - nowMs));
    this.#total++;
    this.#counts[this.#part % COUNTED]!++;
    return 0;
  }

  isAtRest(nowMs: number): boolean {
    this.#forget(nowMs);
    return this.#total === 0;
  }

  copy(): SlidingWindow {
    const copy = new SlidingWindow(this.#limit, this.#partMs * PARTS, this.#part * this.#partMs, this.#counts.slice());
    copy.#part = this.#part;
    copy.#total = this.#total;
    return copy;
  }

  #forget(nowMs: number): void {
    const part = Math.floor(nowMs / this.#partMs);
    const passed = Math.min(part - this.#part, COUNTED);
    for (let step = 1; step <= passed; step++) {
      const at = (this.#part + step) % COUNTED;
      this.#total -= this.#counts[at]!;
      this.#counts[at] = 0;
    }
    this.#part = Math.max(this.#part, part);
  }

  /** When the oldest part that has calls is forgotten. The window is full, so there is one. */
  #roomAt(): number {
    let oldest = this.#part - PARTS;
    while (this.#counts[(oldest + COUNTED) % COUNTED] === 0) oldest++;
    return (oldest + COUNTED) * this.#partMs;
  }
}
