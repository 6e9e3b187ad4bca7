/**
 * How long calls took: two log-linear histograms that take turns, so that old latencies are forgotten.
 *
 * A cell is a sixteenth of an octave of whole microseconds, so a quantile is at most 1/32 (3.1 %) off, from 16 µs to
 * 33 s; below it is exact to the microsecond, above it counts as 33 s. Recording is integer arithmetic on one cell.
 *
 * source  the cell layout is that of Tene's HdrHistogram with four sub-bucket bits, http://hdrhistogram.org (2026-11)
 */
import type { Row } from './slots.ts';

const SUB_BITS = 4;
const SUB = 1 << SUB_BITS;
const MAX_OCTAVE = 24;
const MAX_US = 2 ** (MAX_OCTAVE + 1) - 1;
const CELLS = (MAX_OCTAVE - SUB_BITS + 2) * SUB;
const BYTES = 2 * CELLS * 4;

export class Histogram {
  readonly #row: Row;
  readonly #i32: Int32Array;
  readonly #block: number;
  readonly #turnMs: number;
  /** Element numbers of the half being filled, and of the one before. */
  #filling: number;
  #fading: number;
  #turnAt: number;
  /** Latencies in each half. */
  #filled = 0;
  #faded = 0;

  /** in  turnMs > 0: a latency is remembered for one to two turns */
  constructor(row: Row, turnMs: number, nowMs: number) {
    this.#row = row;
    this.#i32 = row.i32;
    this.#block = row.blocks.take(BYTES);
    this.#turnMs = turnMs;
    this.#filling = this.#block >> 2;
    this.#fading = this.#filling + CELLS;
    this.#turnAt = nowMs + turnMs;
  }

  /** in  latencyMs ≥ 0 */
  record(latencyMs: number, nowMs: number): void {
    if (nowMs >= this.#turnAt) this.#turn(nowMs);
    this.#i32[this.#filling + cellOf(latencyMs)]!++;
    this.#filled++;
  }

  /**
   * The latencies that shares `qs` of the calls did not exceed, in milliseconds; undefined when there were none. One
   * pass over the cells, whatever the number of calls and of shares.
   *
   * in  qs in (0, 1], ascending
   */
  quantiles(qs: readonly number[], nowMs: number): readonly number[] | undefined {
    if (nowMs >= this.#turnAt) this.#turn(nowMs);
    const total = this.#filled + this.#faded;
    if (total === 0) return undefined;
    let cell = 0;
    let seen = this.#at(cell);
    return qs.map((q) => {
      const rank = Math.ceil(q * total);
      while (seen < rank) seen += this.#at(++cell);
      return middleOf(cell) / 1_000;
    });
  }

  clear(): void {
    this.#i32.fill(0, this.#block >> 2, (this.#block + BYTES) >> 2);
    this.#filled = this.#faded = 0;
  }

  /** Give the block back. The histogram must not be used after it. */
  release(): void {
    this.#row.blocks.give(this.#block, BYTES);
  }

  #at(cell: number): number {
    return this.#i32[this.#filling + cell]! + this.#i32[this.#fading + cell]!;
  }

  #turn(nowMs: number): void {
    if (nowMs >= this.#turnAt + this.#turnMs) {
      this.clear(); // idle for longer than we remember
      this.#turnAt = nowMs + this.#turnMs;
      return;
    }
    const faded = this.#fading;
    this.#fading = this.#filling;
    this.#filling = faded;
    this.#i32.fill(0, faded, faded + CELLS);
    this.#faded = this.#filled;
    this.#filled = 0;
    this.#turnAt += this.#turnMs;
  }
}

/** shape  0.015 ms → cell 15 · 0.016 → 16 · 0.032 → 32 · 0.034 → 33 */
function cellOf(latencyMs: number): number {
  const us = latencyMs >= MAX_US / 1_000 ? MAX_US : (latencyMs * 1_000) | 0;
  if (us < SUB) return us;
  const octave = 31 - Math.clz32(us);
  return ((octave - SUB_BITS) << SUB_BITS) + (us >> (octave - SUB_BITS));
}

/** The middle of a cell, in microseconds. */
function middleOf(cell: number): number {
  if (cell < SUB) return cell;
  const shift = (cell >> SUB_BITS) - 1;
  const lowest = (SUB + (cell & (SUB - 1))) << shift;
  return lowest + ((1 << shift) - 1) / 2;
}
