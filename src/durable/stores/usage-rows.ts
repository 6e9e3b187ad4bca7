/** A usage line as columns, and back. Pure. */
import type { SqlValue } from '../../core/env.ts';
import type { UsageLine } from '../../hotpath/usage-line.ts';

export const AMOUNTS = [
  'count',
  'tokens',
  'latency_count',
  'latency_sum_ms',
  'latency_min_ms',
  'latency_max_ms',
  'score_count',
  'score_sum',
  'latency_cells',
] as const;

export function amountsOf(line: UsageLine): SqlValue[] {
  const hasLatency = line.latencyCount > 0;
  return [
    line.count,
    line.tokens,
    line.latencyCount,
    line.latencySumMs,
    hasLatency ? line.latencyMinMs : null,
    hasLatency ? line.latencyMaxMs : null,
    line.scoreCount,
    line.scoreSum,
    JSON.stringify(line.latencyCells),
  ];
}

type SqlRow = Readonly<Record<string, SqlValue>>;

export function lineOf(row: SqlRow, group: UsageLine['group']): UsageLine {
  return {
    group,
    count: Number(row['count']),
    tokens: Number(row['tokens']),
    latencyCount: Number(row['latency_count']),
    latencySumMs: Number(row['latency_sum_ms']),
    latencyMinMs: row['latency_min_ms'] === null ? Infinity : Number(row['latency_min_ms']),
    latencyMaxMs: row['latency_max_ms'] === null ? -Infinity : Number(row['latency_max_ms']),
    latencyCells: JSON.parse(row['latency_cells'] as string) as readonly number[],
    scoreCount: Number(row['score_count']),
    scoreSum: Number(row['score_sum']),
  };
}
