import type { UsageLine } from '../../hotpath/usage-line.ts';

/** Two lines as one, under the name of the first. Pure. */
export function addLines(sum: UsageLine | undefined, line: UsageLine): UsageLine {
  if (sum === undefined) return line;
  return {
    group: sum.group,
    count: sum.count + line.count,
    tokens: sum.tokens + line.tokens,
    latencyCount: sum.latencyCount + line.latencyCount,
    latencySumMs: sum.latencySumMs + line.latencySumMs,
    latencyMinMs: Math.min(sum.latencyMinMs, line.latencyMinMs),
    latencyMaxMs: Math.max(sum.latencyMaxMs, line.latencyMaxMs),
    latencyCells: sum.latencyCells.map((count, cell) => count + line.latencyCells[cell]!),
    scoreCount: sum.scoreCount + line.scoreCount,
    scoreSum: sum.scoreSum + line.scoreSum,
  };
}
