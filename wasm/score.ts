/**
 * The health score of all slots, four at a time. Reads the columns, writes nothing: it may run in two places at once.
 *
 * A slot scores base × (1 − failure rate); the base is 1 closed, 0.5 half-open, 0 otherwise. One that is open past its
 * deadline scores 0.5. Disabled, metricsOnly and free slots are left out. Slot i is added to lane i mod 4 of the sum,
 * in ascending order, and the lanes to each other as (0 + 1) + (2 + 3): so a twin in plain numbers gets the same bits.
 *
 * The owner's thread may write while we read. Values of two moments can then meet in one slot; that may cost a tick
 * some exactness, and must not cost a trap or a score outside 0…1.
 */
import {
  BUCKET_BYTES,
  BUCKET_FAILED,
  BUCKET_TOTAL,
  columnAt,
  DEADLINE_COLUMN,
  FAILED_COLUMN,
  FORCED_OPEN,
  FRESH_UNTIL_COLUMN,
  MINIMUM_COLUMN,
  STATE_MASK,
  timeColumnAt,
  TOTAL_COLUMN,
  WINDOW_BUCKET_MS,
  WINDOW_BUCKETS,
  WINDOW_COLUMN,
  WINDOW_HEADER_BYTES,
  WINDOW_INDEX,
  WORD_COLUMN,
} from './layout';

/** The upper 32 bits of 1 as f64. */
const UPPER_ONE: i32 = 0x3ff00000;

/** Takes the answer. Given away rather than stored, so that no two instances can write the same place. */
declare function report(sum: f64, count: i32, min: f64): void;

/**
 * in      capacity   of the memory, a multiple of 16
 *         used       slots to look at, rounded up to a multiple of 16
 * out     one call of `report`: Σ score of the slots that count, how many count, the lowest score (1 when none counts)
 */
export function score(capacity: i32, used: i32, nowMs: f64): void {
  const words = columnAt(capacity, WORD_COLUMN);
  const failures = columnAt(capacity, FAILED_COLUMN);
  const totals = columnAt(capacity, TOTAL_COLUMN);
  const minimums = columnAt(capacity, MINIMUM_COLUMN);
  const windows = columnAt(capacity, WINDOW_COLUMN);
  const freshUntils = timeColumnAt(capacity, FRESH_UNTIL_COLUMN);
  const deadlines = timeColumnAt(capacity, DEADLINE_COLUMN);
  const end = (used + 15) & ~15;

  // V8 builds a constant vector anew at each use; one that it cannot foresee stays in a register, which saves a tenth of
  // the time. A capacity is never negative, which is more than V8 knows.
  const none = capacity >>> 31;
  const mask = i32x4.splat(STATE_MASK + none);
  const single = i32x4.splat(1 + none);
  const forcedOpen = i32x4.splat(FORCED_OPEN + none);
  const upperOne = i32x4.splat(UPPER_ONE + none);
  const one = f64x2.splat(1 + f64(none));
  const now = f64x2.splat(nowMs);
  const zero = f64x2.splat(f64(none));
  let sum01 = f64x2.splat(0);
  let sum23 = f64x2.splat(0);
  let min = one;
  let leftOut = i32x4.splat(0);

  // Two groups of four a step, a and b: they share the two questions that are almost always answered no.
  for (let slot = 0; slot < end; slot += 8) {
    const at = slot << 2;
    const timeAt = slot << 3;
    const stateA = v128.and(v128.load(words + at), mask);
    const stateB = v128.and(v128.load(words + at, 16), mask);
    let failedA = v128.load(failures + at);
    let failedB = v128.load(failures + at, 16);
    if (!v128.any_true(v128.or(v128.or(stateA, failedA), v128.or(stateB, failedB)))) {
      sum01 = f64x2.add(f64x2.add(sum01, one), one); // all closed, and not one failure
      sum23 = f64x2.add(f64x2.add(sum23, one), one);
      continue;
    }

    let totalA = v128.load(totals + at);
    let totalB = v128.load(totals + at, 16);
    const stale01A = f64x2.ge(now, v128.load(freshUntils + timeAt));
    const stale23A = f64x2.ge(now, v128.load(freshUntils + timeAt, 16));
    const stale01B = f64x2.ge(now, v128.load(freshUntils + timeAt, 32));
    const stale23B = f64x2.ge(now, v128.load(freshUntils + timeAt, 48));
    if (i64x2.bitmask(v128.or(v128.or(stale01A, stale23A), v128.or(stale01B, stale23B))) != 0) {
      const staleA = evens(stale01A, stale23A);
      const staleB = evens(stale01B, stale23B);
      let recounted01A = i64x2.splat(0);
      let recounted23A = recounted01A;
      let recounted01B = recounted01A;
      let recounted23B = recounted01A;
      // A single call, so that asc inlines it: a call left in this loop costs every step its registers, half as much again.
      for (let lane = 0; lane < 8; lane++) {
        const recounted = i64x2.splat(recount(load<i32>(windows + at + (lane << 2)), nowMs));
        recounted01A = pushed(recounted01A, recounted23A);
        recounted23A = pushed(recounted23A, recounted01B);
        recounted01B = pushed(recounted01B, recounted23B);
        recounted23B = pushed(recounted23B, recounted);
      }
      totalA = v128.bitselect(evens(recounted01A, recounted23A), totalA, staleA);
      totalB = v128.bitselect(evens(recounted01B, recounted23B), totalB, staleB);
      failedA = v128.bitselect(odds(recounted01A, recounted23A), failedA, staleA);
      failedB = v128.bitselect(odds(recounted01B, recounted23B), failedB, staleB);
    }
    // Below the minimum no failure counts. A total of 0 becomes 1: without a window there is neither.
    totalA = i32x4.max_s(totalA, single);
    totalB = i32x4.max_s(totalB, single);
    failedA = v128.andnot(failedA, i32x4.gt_s(v128.load(minimums + at), totalA));
    failedB = v128.andnot(failedB, i32x4.gt_s(v128.load(minimums + at, 16), totalB));

    const due01A = f64x2.ge(now, v128.load(deadlines + timeAt));
    const due23A = f64x2.ge(now, v128.load(deadlines + timeAt, 16));
    const due01B = f64x2.ge(now, v128.load(deadlines + timeAt, 32));
    const due23B = f64x2.ge(now, v128.load(deadlines + timeAt, 48));
    const dueA = evens(due01A, due23A);
    const dueB = evens(due01B, due23B);
    failedA = v128.andnot(failedA, dueA); // nor do those that opened it, once it is due
    failedB = v128.andnot(failedB, dueB);
    const leftOutA = i32x4.gt_s(stateA, forcedOpen);
    const leftOutB = i32x4.gt_s(stateB, forcedOpen);
    const baseA = baseOf(stateA, dueA, leftOutA, single, upperOne);
    const baseB = baseOf(stateB, dueB, leftOutB, single, upperOne);

    const score01A = f64x2.mul(f64x2.sub(one, rateOf(failedA, totalA)), widen(baseA, zero));
    const score23A = f64x2.mul(f64x2.sub(one, rateOf(upper(failedA), upper(totalA))), widenUpper(baseA, zero));
    const score01B = f64x2.mul(f64x2.sub(one, rateOf(failedB, totalB)), widen(baseB, zero));
    const score23B = f64x2.mul(f64x2.sub(one, rateOf(upper(failedB), upper(totalB))), widenUpper(baseB, zero));
    // A pseudo-maximum keeps its first argument when the second is NaN (left out) or below it (read half-written); a
    // pseudo-minimum keeps its first when the second is NaN.
    sum01 = f64x2.add(f64x2.add(sum01, f64x2.pmax(zero, score01A)), f64x2.pmax(zero, score01B));
    sum23 = f64x2.add(f64x2.add(sum23, f64x2.pmax(zero, score23A)), f64x2.pmax(zero, score23B));
    min = f64x2.pmin(f64x2.pmin(f64x2.pmin(f64x2.pmin(min, score01A), score23A), score01B), score23B);
    leftOut = i32x4.add(leftOut, i32x4.add(leftOutA, leftOutB)); // a lane that is left out is −1
  }

  report(
    pair(sum01) + pair(sum23),
    end + count(leftOut),
    Math.max(0, Math.min(f64x2.extract_lane(min, 0), f64x2.extract_lane(min, 1))),
  );
}

/**
 * The bases as f64, of which only the upper 32 bits are not 0: 1 closed, half of it half-open or open and due, else 0;
 * NaN where left out. Only an open slot is ever due: the deadline of every other one is +Infinity.
 */
function baseOf(state: v128, due: v128, leftOut: v128, single: v128, upperOne: v128): v128 {
  const halved = i32x4.sub(upperOne, i32x4.shl(i32x4.min_s(state, single), 20));
  const shut = v128.andnot(i32x4.gt_s(state, single), due);
  return v128.or(v128.andnot(halved, shut), leftOut);
}

/** The failure rates of the lower two lanes. */
function rateOf(failed: v128, total: v128): v128 {
  return f64x2.div(f64x2.convert_low_i32x4_s(failed), f64x2.convert_low_i32x4_s(total));
}

/** The even i32 lanes of both: a mask of four 64-bit lanes becomes one of four 32-bit lanes. */
function evens(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6);
}

function odds(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}

/** The 64-bit lanes moved down by one; the lower one of `next` comes in. */
function pushed(lanes: v128, next: v128): v128 {
  return v128.shuffle<i64>(lanes, next, 1, 2);
}

/** The upper two lanes, moved down. */
function upper(lanes: v128): v128 {
  return v128.shuffle<i64>(lanes, lanes, 1, 1);
}

/** The lower two lanes as the upper halves of 64-bit ones. */
function widen(lanes: v128, zero: v128): v128 {
  return v128.shuffle<i32>(zero, lanes, 0, 4, 1, 5);
}

function widenUpper(lanes: v128, zero: v128): v128 {
  return v128.shuffle<i32>(zero, lanes, 2, 6, 3, 7);
}

function pair(lanes: v128): f64 {
  return f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
}

function count(lanes: v128): i32 {
  return (
    i32x4.extract_lane(lanes, 0) +
    i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) +
    i32x4.extract_lane(lanes, 3)
  );
}

/**
 * Count the buckets that are still in the window at `nowMs`: those whose index is above the current one − N.
 *
 * in      window   byte address of the block, 0 for none
 * out     failed << 32 | total
 */
function recount(window: i32, nowMs: f64): i64 {
  if (window == 0) return 0;
  const buckets = load<i32>(window, WINDOW_BUCKETS);
  const index = load<f64>(window, WINDOW_INDEX);
  const age = Math.floor(nowMs / load<f64>(window, WINDOW_BUCKET_MS)) - index;
  // A block that was given back under us holds anything: it must not lead out of the memory.
  const room = ((memory.size() << 16) - window - WINDOW_HEADER_BYTES) / BUCKET_BYTES;
  if (buckets < 1 || buckets > room || !(index >= 0)) return 0;

  let total = 0;
  let failed = 0;
  let place = i32(index - Math.floor(index / buckets) * buckets);
  if (place < 0 || place >= buckets) return 0;
  // Nothing is left of a window that was idle for longer than it lasts.
  for (let left = buckets - i32(Math.max(age, 0)); left > 0; left--) {
    const bucket = window + WINDOW_HEADER_BYTES + place * BUCKET_BYTES;
    total += load<i32>(bucket, BUCKET_TOTAL);
    failed += load<i32>(bucket, BUCKET_FAILED);
    place = place == 0 ? buckets - 1 : place - 1; // backwards from the bucket being filled
  }
  return ((failed as i64) << 32) | (total as i64);
}
