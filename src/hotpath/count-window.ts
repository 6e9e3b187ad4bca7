/**
 * The outcomes of the last so many calls, as four bits each, and their running totals.
 *
 * It needs no clock. The totals live in the slot's columns, as a time window's do, so the kernel reads both alike; they
 * never go stale (FRESH_UNTIL stays +Infinity).
 */
import { ABOVE, FAILED, type OutcomeWindow, SLOW } from './outcome-window.ts';
import type { Row } from './slots.ts';

const BITS = 4;
const MASK = (1 << BITS) - 1;
/** Outcomes in a 32-bit word. */
const PER_WORD = 32 / BITS;

export class CountWindow implements OutcomeWindow {
  readonly #row: Row;
  readonly #i32: Int32Array;
  readonly #total: number;
  readonly #failed: number;
  readonly #slow: number;
  readonly #calls: number;
  readonly #block: number;
  #next = 0;
  #above = 0;

  /** in  calls 1…1,024 · minimumCalls ≥ 1, capped to `calls` */
  constructor(row: Row, calls: number, minimumCalls: number) {
    this.#row = row;
    this.#i32 = row.i32;
    this.#total = row.total;
    this.#failed = row.failed;
    this.#slow = row.slow;
    this.#calls = calls;
    this.#block = row.blocks.take(this.#bytes);
    this.#i32[row.minimum] = Math.min(minimumCalls, calls);
  }

  get #bytes(): number {
    return Math.ceil(this.#calls / PER_WORD) * 4;
  }

  get total(): number {
    return this.#i32[this.#total]!;
  }
  get failed(): number {
    return this.#i32[this.#failed]!;
  }
  get slow(): number {
    return this.#i32[this.#slow]!;
  }

  get above(): number {
    return this.#above;
  }

  record(marks: number): void {
    const i32 = this.#i32;
    const place = this.#next;
    const word = (this.#block >> 2) + ((place / PER_WORD) | 0);
    const shift = (place % PER_WORD) * BITS;
    if (i32[this.#total] === this.#calls) this.#add((i32[word]! >>> shift) & MASK, -1);
    else i32[this.#total]!++;
    i32[word] = (i32[word]! & ~(MASK << shift)) | (marks << shift);
    if (marks !== 0) this.#add(marks, 1);
    this.#next = place + 1 === this.#calls ? 0 : place + 1;
  }

  /** Nothing here grows old by itself. */
  advance(): void {}

  clear(): void {
    this.#i32[this.#total] = this.#i32[this.#failed] = this.#i32[this.#slow] = 0;
    this.#next = this.#above = 0;
  }

  /** Give the block back. The window must not be used after it. */
  release(): void {
    this.#row.blocks.give(this.#block, this.#bytes);
  }

  #add(marks: number, by: 1 | -1): void {
    if ((marks & FAILED) !== 0) this.#i32[this.#failed]! += by;
    if ((marks & SLOW) !== 0) this.#i32[this.#slow]! += by;
    if ((marks & ABOVE) !== 0) this.#above += by;
  }
}
