/** The slow twin of `wasm/meter.ts`: the records of a drain, grouped and added up one after the other. */
import type { UsageLine } from '../../src/hotpath/usage-line.ts';

export interface Written {
  readonly group: number;
  readonly tokens: number;
  readonly latencyMs: number | undefined;
  readonly score: number | undefined;
}

export type Totals = Omit<UsageLine, 'group'>;

/** By group, in the order in which the groups were met. */
export function drainTwin(records: readonly Written[]): ReadonlyMap<number, Totals> {
  const totals = new Map<number, Totals>();
  for (const { group } of records) {
    const own = records.filter((record) => record.group === group);
    const latencies = own.flatMap(({ latencyMs }) => latencyMs ?? []);
    const scores = own.flatMap(({ score }) => score ?? []);
    totals.set(group, {
      count: own.length,
      tokens: add(own.map(({ tokens }) => tokens)),
      latencyCount: latencies.length,
      latencySumMs: add(latencies),
      latencyMinMs: Math.min(...latencies),
      latencyMaxMs: Math.max(...latencies),
      latencyCells: cellsOf(latencies),
      scoreCount: scores.length,
      scoreSum: add(scores),
    });
  }
  return totals;
}

function add(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** Half octaves of milliseconds from 2⁻⁶ on: the lower bounds of cells 1…47, written the long way. */
const BOUNDS = Array.from({ length: 47 }, (_, bound) => 2 ** (-6 + ((bound + 1) >> 1)) * (bound % 2 === 0 ? 1.5 : 1));

function cellsOf(latencies: readonly number[]): number[] {
  const cells = Array.from({ length: 48 }, () => 0);
  for (const latencyMs of latencies) cells[BOUNDS.filter((bound) => latencyMs >= bound).length]!++;
  return cells;
}
