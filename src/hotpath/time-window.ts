/**
 * The outcomes of the last so many milliseconds, in N buckets and a running total.
 *
 * The totals live in the slot's columns, the buckets in its block; recording is two or three increments, and a bucket
 * is rolled only when its time is over. The kernel reads the same bytes: past FRESH_UNTIL it recounts the buckets
 * itself, so an idle breaker's old failures are forgotten without anyone touching the slot.
 */
import {
  BUCKET_ABOVE,
  BUCKET_BYTES,
  BUCKET_FAILED,
  BUCKET_SLOW,
  WINDOW_ABOVE,
  WINDOW_BUCKET_MS,
  WINDOW_BUCKETS,
  WINDOW_HEADER_BYTES,
  WINDOW_INDEX,
} from '../../wasm/layout.ts';
import { ABOVE, FAILED, type OutcomeWindow, SLOW } from './outcome-window.ts';
import type { Row } from './slots.ts';

/** In elements of the i32 view, from a bucket's first. */
const BUCKET = BUCKET_BYTES >> 2;
const FAILED_AT = BUCKET_FAILED >> 2;
const SLOW_AT = BUCKET_SLOW >> 2;
const ABOVE_AT = BUCKET_ABOVE >> 2;

export class TimeWindow implements OutcomeWindow {
  readonly #row: Row;
  readonly #i32: Int32Array;
  readonly #f64: Float64Array;
  readonly #total: number;
  readonly #failed: number;
  readonly #slow: number;
  readonly #above: number;
  readonly #freshUntil: number;
  readonly #buckets: number;
  readonly #bucketMs: number;
  readonly #block: number;
  /** Element number of the bucket being filled. */
  #bucket: number;
  #index: number;

  /** in  bucketMs > 0 · buckets ≥ 1 · minimumCalls ≥ 1, below which the kernel takes the rate for 0 */
  constructor(row: Row, bucketMs: number, buckets: number, minimumCalls: number, nowMs: number) {
    this.#row = row;
    this.#i32 = row.i32;
    this.#f64 = row.f64;
    this.#total = row.total;
    this.#failed = row.failed;
    this.#slow = row.slow;
    this.#freshUntil = row.freshUntil;
    this.#buckets = buckets;
    this.#bucketMs = bucketMs;
    this.#block = row.blocks.take(this.#bytes);
    this.#above = (this.#block + WINDOW_ABOVE) >> 2;
    this.#i32[(this.#block + WINDOW_BUCKETS) >> 2] = buckets;
    this.#f64[(this.#block + WINDOW_BUCKET_MS) >> 3] = bucketMs;
    this.#i32[row.minimum] = minimumCalls;
    this.#i32[row.window] = this.#block;
    this.#index = 0;
    this.#bucket = 0;
    this.#begin(Math.floor(nowMs / bucketMs));
  }

  get #bytes(): number {
    return WINDOW_HEADER_BYTES + this.#buckets * BUCKET_BYTES;
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
    return this.#i32[this.#above]!;
  }

  record(marks: number, nowMs: number): void {
    if (nowMs >= this.#f64[this.#freshUntil]!) this.#roll(nowMs);
    this.#i32[this.#bucket]!++;
    this.#i32[this.#total]!++;
    if (marks !== 0) this.#mark(marks);
  }

  advance(nowMs: number): void {
    if (nowMs >= this.#f64[this.#freshUntil]!) this.#roll(nowMs);
  }

  clear(nowMs: number): void {
    const first = this.#firstBucket;
    this.#i32.fill(0, first, first + this.#buckets * BUCKET);
    this.#i32[this.#total] = this.#i32[this.#failed] = this.#i32[this.#slow] = this.#i32[this.#above] = 0;
    this.#begin(Math.floor(nowMs / this.#bucketMs));
  }

  release(): void {
    if (this.#i32[this.#row.window] === this.#block) {
      this.#i32[this.#row.window] = 0; // unless its successor is there already
      this.#f64[this.#freshUntil] = Infinity;
    }
    this.#row.blocks.give(this.#block, this.#bytes);
  }

  get #firstBucket(): number {
    return (this.#block + WINDOW_HEADER_BYTES) >> 2;
  }

  #roll(nowMs: number): void {
    const index = Math.floor(nowMs / this.#bucketMs);
    if (index - this.#index >= this.#buckets) return this.clear(nowMs);
    for (let expired = this.#index + 1; expired <= index; expired++) this.#expire(this.#at(expired));
    this.#begin(index);
  }

  #mark(marks: number): void {
    const i32 = this.#i32;
    const bucket = this.#bucket;
    if ((marks & FAILED) !== 0) {
      i32[bucket + FAILED_AT]!++;
      i32[this.#failed]!++;
    }
    if ((marks & SLOW) !== 0) {
      i32[bucket + SLOW_AT]!++;
      i32[this.#slow]!++;
    }
    if ((marks & ABOVE) !== 0) {
      i32[bucket + ABOVE_AT]!++;
      i32[this.#above]!++;
    }
  }

  #expire(bucket: number): void {
    const i32 = this.#i32;
    i32[this.#total]! -= i32[bucket]!;
    i32[this.#failed]! -= i32[bucket + FAILED_AT]!;
    i32[this.#slow]! -= i32[bucket + SLOW_AT]!;
    i32[this.#above]! -= i32[bucket + ABOVE_AT]!;
    i32.fill(0, bucket, bucket + BUCKET);
  }

  /** The place of bucket number `index`: N after it the same place is used again. */
  #at(index: number): number {
    return this.#firstBucket + (index % this.#buckets) * BUCKET;
  }

  #begin(index: number): void {
    this.#index = index;
    this.#bucket = this.#at(index);
    this.#f64[(this.#block + WINDOW_INDEX) >> 3] = index;
    this.#f64[this.#freshUntil] = (index + 1) * this.#bucketMs;
  }
}
