/** The kernel's score in plain JavaScript, written as one would for speed: over the same columns, and over objects. */
import type { ScoreSum } from '../../src/hotpath/kernel.ts';
import type { SharedMemory } from '../../src/hotpath/memory.ts';
import {
  CLOSED,
  columnAt,
  DEADLINE_COLUMN,
  FAILED_COLUMN,
  FORCED_OPEN,
  HALF_OPEN,
  MINIMUM_COLUMN,
  OPEN,
  STATE_MASK,
  timeColumnAt,
  TOTAL_COLUMN,
  WORD_COLUMN,
} from '../../wasm/layout.ts';

/** One breaker as an object, as a library without shared memory would keep it. */
export interface BreakerObject {
  readonly state: number;
  readonly failed: number;
  readonly total: number;
  readonly minimum: number;
  readonly deadline: number;
}

export interface Columns {
  readonly words: Int32Array;
  readonly faileds: Int32Array;
  readonly totals: Int32Array;
  readonly minimums: Int32Array;
  readonly deadlines: Float64Array;
}

export function columnsOf({ i32, slots }: SharedMemory): Columns {
  return {
    words: new Int32Array(i32.buffer, columnAt(slots, WORD_COLUMN), slots),
    faileds: new Int32Array(i32.buffer, columnAt(slots, FAILED_COLUMN), slots),
    totals: new Int32Array(i32.buffer, columnAt(slots, TOTAL_COLUMN), slots),
    minimums: new Int32Array(i32.buffer, columnAt(slots, MINIMUM_COLUMN), slots),
    deadlines: new Float64Array(i32.buffer, timeColumnAt(slots, DEADLINE_COLUMN), slots),
  };
}

/** The first `used` slots as objects. */
export function objectsOf(columns: Columns, used: number): BreakerObject[] {
  return Array.from({ length: used }, (_, slot) => ({
    state: columns.words[slot]! & STATE_MASK,
    failed: columns.faileds[slot]!,
    total: columns.totals[slot]!,
    minimum: columns.minimums[slot]!,
    deadline: columns.deadlines[slot]!,
  }));
}

/** The totals are taken as fresh: whoever fills the columns makes them so. */
export function scoreColumns(columns: Columns, used: number, nowMs: number): ScoreSum {
  const { words, faileds, totals, minimums, deadlines } = columns;
  let sum = 0;
  let min = 1;
  let count = 0;
  for (let slot = 0; slot < used; slot++) {
    const state = words[slot]! & STATE_MASK;
    if (state > FORCED_OPEN) continue;
    count++;
    const mayProbe = state === OPEN && nowMs >= deadlines[slot]!;
    let score = weightOf(state, mayProbe);
    const failed = faileds[slot]!;
    if (failed !== 0 && !mayProbe) {
      const total = totals[slot]!;
      if (total >= minimums[slot]!) score *= 1 - failed / total;
    }
    sum += score;
    if (score < min) min = score;
  }
  return { sum, min, count };
}

export function scoreObjects(breakers: readonly BreakerObject[], nowMs: number): ScoreSum {
  let sum = 0;
  let min = 1;
  let count = 0;
  for (const { state, failed, total, minimum, deadline } of breakers) {
    if (state > FORCED_OPEN) continue;
    count++;
    const mayProbe = state === OPEN && nowMs >= deadline;
    const rate = failed !== 0 && !mayProbe && total >= minimum ? failed / total : 0;
    const score = weightOf(state, mayProbe) * (1 - rate);
    sum += score;
    if (score < min) min = score;
  }
  return { sum, min, count };
}

function weightOf(state: number, mayProbe: boolean): number {
  if (state === CLOSED) return 1;
  return state === HALF_OPEN || mayProbe ? 0.5 : 0;
}
