/** Lines added up, in place: a drain of thousands of groups leaves no garbage behind. */
import type { UsageLine } from '../../hotpath/usage-line.ts';

export type LineSum = { -readonly [Key in Exclude<keyof UsageLine, 'latencyCells'>]: UsageLine[Key] } & {
  readonly latencyCells: number[];
};

/** A sum that begins with one line, and goes under its names. */
export function beginSum(line: UsageLine): LineSum {
  return { ...line, latencyCells: [...line.latencyCells] };
}

export function addLine(sum: LineSum, line: UsageLine): void {
  sum.count += line.count;
  sum.tokens += line.tokens;
  sum.latencyCount += line.latencyCount;
  sum.latencySumMs += line.latencySumMs;
  sum.latencyMinMs = Math.min(sum.latencyMinMs, line.latencyMinMs);
  sum.latencyMaxMs = Math.max(sum.latencyMaxMs, line.latencyMaxMs);
  for (let cell = 0; cell < line.latencyCells.length; cell++) sum.latencyCells[cell]! += line.latencyCells[cell]!;
  sum.scoreCount += line.scoreCount;
  sum.scoreSum += line.scoreSum;
}

/** Add a line to the sum under its key, which the first line begins. */
export function addUnder<Key>(sums: Map<Key, LineSum>, key: Key, line: UsageLine): void {
  const sum = sums.get(key);
  if (sum === undefined) sums.set(key, beginSum(line));
  else addLine(sum, line);
}
