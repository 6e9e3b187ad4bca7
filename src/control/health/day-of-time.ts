/**
 * How much of the last day was spent in one way: time in ten-minute buckets, 576 bytes.
 *
 * The oldest bucket is forgotten as a whole, so what is looked back on is between 23 h 50 min and 24 h long; within it
 * nothing is estimated.
 */
const BUCKET_MS = 600_000;
const BUCKETS = 144;

/** Where the last day begins, seen from `nowMs`. */
export function dayBeginsAt(nowMs: number): number {
  return (bucketOf(nowMs) - BUCKETS + 1) * BUCKET_MS;
}

export class DayOfTime {
  readonly #ms = new Float32Array(BUCKETS);
  #newest: number;

  constructor(nowMs: number) {
    this.#newest = bucketOf(nowMs);
  }

  /** in  toMs   not before what was added last */
  add(fromMs: number, toMs: number): void {
    this.#turn(toMs);
    for (let bucket = Math.max(bucketOf(fromMs), this.#newest - BUCKETS + 1); bucket <= this.#newest; bucket++) {
      const from = Math.max(fromMs, bucket * BUCKET_MS);
      const to = Math.min(toMs, (bucket + 1) * BUCKET_MS);
      this.#ms[placeOf(bucket)]! += to - from;
    }
  }

  /** Milliseconds since `dayBeginsAt(nowMs)`. */
  totalAt(nowMs: number): number {
    this.#turn(nowMs);
    return this.#ms.reduce((sum, ms) => sum + ms, 0);
  }

  /** What is remembered, the oldest first: in which ten minutes, by their beginning, and how much of them. */
  spells(): [fromMs: number, ms: number][] {
    const spells: [number, number][] = [];
    for (let bucket = this.#newest - BUCKETS + 1; bucket <= this.#newest; bucket++) {
      const ms = this.#ms[placeOf(bucket)]!;
      if (ms > 0) spells.push([bucket * BUCKET_MS, ms]);
    }
    return spells;
  }

  #turn(nowMs: number): void {
    const newest = bucketOf(nowMs);
    if (newest - this.#newest >= BUCKETS) this.#ms.fill(0);
    else for (let bucket = this.#newest + 1; bucket <= newest; bucket++) this.#ms[placeOf(bucket)] = 0;
    this.#newest = Math.max(this.#newest, newest);
  }
}

function bucketOf(atMs: number): number {
  return Math.floor(atMs / BUCKET_MS);
}

/** The clock's origin is arbitrary, so a bucket's number may be below 0. */
function placeOf(bucket: number): number {
  return ((bucket % BUCKETS) + BUCKETS) % BUCKETS;
}
