/** The slow twin of `wasm/score.ts`: spec/health.md in plain numbers, over the same bytes. */
import type { SharedMemory } from '../../src/hotpath/memory.ts';
import type { ScoreSum } from '../../src/hotpath/kernel.ts';
import * as layout from '../../wasm/layout.ts';

export function scoreTwin(memory: SharedMemory, used: number, nowMs: number): ScoreSum {
  const { i32, f64, slots } = memory;
  const words = layout.columnAt(slots, layout.WORD_COLUMN) / 4;
  const failures = layout.columnAt(slots, layout.FAILED_COLUMN) / 4;
  const totals = layout.columnAt(slots, layout.TOTAL_COLUMN) / 4;
  const minimums = layout.columnAt(slots, layout.MINIMUM_COLUMN) / 4;
  const windows = layout.columnAt(slots, layout.WINDOW_COLUMN) / 4;
  const freshUntils = layout.timeColumnAt(slots, layout.FRESH_UNTIL_COLUMN) / 8;
  const deadlines = layout.timeColumnAt(slots, layout.DEADLINE_COLUMN) / 8;
  const lanes: [number, number, number, number] = [0, 0, 0, 0];
  let count = 0;
  let min = 1;

  for (let slot = 0; slot < used; slot++) {
    const state = i32[words + slot]! & 7;
    if (state === layout.FREE || state === layout.DISABLED || state === layout.METRICS_ONLY) continue;

    let failed = i32[failures + slot]!;
    let total = i32[totals + slot]!;
    if (nowMs >= f64[freshUntils + slot]!) {
      failed = countBuckets(memory, i32[windows + slot]!, layout.BUCKET_FAILED, nowMs);
      total = countBuckets(memory, i32[windows + slot]!, layout.BUCKET_TOTAL, nowMs);
    }
    const rate = total > 0 && total >= i32[minimums + slot]! ? failed / total : 0;
    const score = state === layout.OPEN && nowMs >= f64[deadlines + slot]! ? 0.5 : baseOf(state) * (1 - rate);
    lanes[slot % 4]! += score;
    count++;
    min = Math.min(min, score);
  }

  const sum = lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
  return { sum, count, min };
}

function baseOf(state: number): number {
  if (state === layout.CLOSED) return 1;
  return state === layout.HALF_OPEN ? 0.5 : 0;
}

/** Ask each bucket for the number of its index, and whether that is still in the window. */
function countBuckets(memory: SharedMemory, window: number, field: number, nowMs: number): number {
  if (window === 0) return 0;
  const { i32, f64 } = memory;
  const buckets = i32[(window + layout.WINDOW_BUCKETS) / 4]!;
  const newest = f64[(window + layout.WINDOW_INDEX) / 8]!;
  const current = Math.floor(nowMs / f64[(window + layout.WINDOW_BUCKET_MS) / 8]!);
  let sum = 0;
  for (let index = newest; index > newest - buckets && index >= 0; index--) {
    const bucket = window + layout.WINDOW_HEADER_BYTES + (index % buckets) * layout.BUCKET_BYTES;
    if (index > current - buckets) sum += i32[(bucket + field) / 4]!;
  }
  return sum;
}
