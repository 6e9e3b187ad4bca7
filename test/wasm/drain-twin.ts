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
      scoreCount: scores.length,
      scoreSum: add(scores),
    });
  }
  return totals;
}

function add(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
