/**
 * Fills a memory with breakers as a bad day has them, the same each time.
 *
 * 10 % open (half of those due for a probe), 2 % halfOpen, 1 % each forcedOpen, disabled, metricsOnly and free, the
 * rest closed; half of all have failures, and calls past their minimum.
 */
import type { SharedMemory } from '../src/hotpath/memory.ts';
import {
  CLOSED,
  columnAt,
  DEADLINE_COLUMN,
  DISABLED,
  FAILED_COLUMN,
  FORCED_OPEN,
  FREE,
  FRESH_UNTIL_COLUMN,
  HALF_OPEN,
  METRICS_ONLY,
  MINIMUM_COLUMN,
  OPEN,
  STATE_BITS,
  timeColumnAt,
  TOTAL_COLUMN,
  WORD_COLUMN,
} from '../wasm/layout.ts';

/** How many of a hundred are in each state; those that are left are closed. */
const OF_A_HUNDRED = [
  ...Array.from({ length: 10 }, () => OPEN),
  HALF_OPEN,
  HALF_OPEN,
  FORCED_OPEN,
  DISABLED,
  METRICS_ONLY,
  FREE,
] as const;
const MINIMUM_CALLS = 20;
/** Beside the clock of the bench, which stands at 1,000. */
const DUE_MS = 500;
const NOT_DUE_MS = 5_000;

/** in  count   at most the memory's slots */
export function fillSlots({ i32, f64, slots }: SharedMemory, count: number): void {
  const column = (index: number): number => columnAt(slots, index) >> 2;
  const timeColumn = (index: number): number => timeColumnAt(slots, index) >> 3;
  const next = numbers();
  for (let slot = 0; slot < count; slot++) {
    const state: number = OF_A_HUNDRED[next(100)] ?? CLOSED;
    const isFailing = next(2) === 0;
    const total = isFailing ? MINIMUM_CALLS + next(1_000) : next(1_000);
    const failed = isFailing ? 1 + next(total) : 0;
    const deadline = state === OPEN ? (next(2) === 0 ? DUE_MS : NOT_DUE_MS) : Infinity;
    i32[column(WORD_COLUMN) + slot] = (1 << STATE_BITS) | state;
    i32[column(FAILED_COLUMN) + slot] = failed;
    i32[column(TOTAL_COLUMN) + slot] = total;
    i32[column(MINIMUM_COLUMN) + slot] = MINIMUM_CALLS;
    f64[timeColumn(FRESH_UNTIL_COLUMN) + slot] = Infinity; // the totals are exact
    f64[timeColumn(DEADLINE_COLUMN) + slot] = deadline;
  }
}

/** Whole numbers below a limit, in an order without a pattern a branch predictor could learn; the same in each run. */
function numbers(): (below: number) => number {
  let state = 0x9e3779b9;
  return (below) => {
    state ^= state << 13; // xorshift32: Marsaglia, "Xorshift RNGs", 2003
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
