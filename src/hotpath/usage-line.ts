/**
 * What one drain found for one group, read from the scratch. It must be read in the same turn the drain ended in,
 * before another one begins.
 */
import {
  GROUP_BYTES,
  GROUP_COUNT,
  GROUP_LATENCY_CELLS,
  GROUP_LATENCY_COUNT,
  GROUP_LATENCY_MAX,
  GROUP_LATENCY_MIN,
  GROUP_LATENCY_SUM,
  GROUP_SCORE_COUNT,
  GROUP_SCORE_SUM,
  GROUP_TOKENS,
  GROUP_TOUCHED,
  LATENCY_CELLS,
} from '../../wasm/layout.ts';
import type { SharedMemory } from './memory.ts';
import type { GroupNames, MeteringGroups } from './metering-groups.ts';

export interface UsageLine {
  readonly group: GroupNames;
  readonly count: number;
  readonly tokens: number;
  /** Of the records that had a latency; the bounds are ±Infinity where none had. */
  readonly latencyCount: number;
  readonly latencySumMs: number;
  readonly latencyMinMs: number;
  readonly latencyMaxMs: number;
  /** How many took how long, in cells of half an octave; see `latencyQuantile`. */
  readonly latencyCells: readonly number[];
  /** Of the records that had a score. */
  readonly scoreCount: number;
  readonly scoreSum: number;
}

/** in  touched   what the kernel's drain returned */
export function readScratch(memory: SharedMemory, touched: number, groups: MeteringGroups): UsageLine[] {
  const lines: UsageLine[] = [];
  for (let line = 0; line < touched; line++) {
    const group = memory.i32[(memory.scratch.at + line * GROUP_BYTES + GROUP_TOUCHED) >> 2]!;
    lines.push(readCell(memory, group, groups.namesOf(group)));
  }
  return lines;
}

function readCell({ i32, f64, scratch }: SharedMemory, number: number, group: GroupNames): UsageLine {
  const cell = scratch.at + number * GROUP_BYTES;
  return {
    group,
    count: i32[(cell + GROUP_COUNT) >> 2]!,
    tokens: f64[(cell + GROUP_TOKENS) >> 3]!,
    latencyCount: i32[(cell + GROUP_LATENCY_COUNT) >> 2]!,
    latencySumMs: f64[(cell + GROUP_LATENCY_SUM) >> 3]!,
    latencyMinMs: f64[(cell + GROUP_LATENCY_MIN) >> 3]!,
    latencyMaxMs: f64[(cell + GROUP_LATENCY_MAX) >> 3]!,
    latencyCells: readLatencyCells(i32, (cell + GROUP_LATENCY_CELLS) >> 2),
    scoreCount: i32[(cell + GROUP_SCORE_COUNT) >> 2]!,
    scoreSum: f64[(cell + GROUP_SCORE_SUM) >> 3]!,
  };
}

/** Five times as fast as `Array.from` of a part of it: 8,192 groups of 48 cells are read in a turn. */
function readLatencyCells(i32: Int32Array, at: number): readonly number[] {
  const cells: number[] = [];
  for (let cell = 0; cell < LATENCY_CELLS; cell++) cells.push(i32[at + cell]!);
  return cells;
}
