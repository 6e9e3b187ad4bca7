import type { UsageLine } from '../../hotpath/usage-line.ts';
import { addLine, beginSum } from './line-sum.ts';

/** Two lines as one, under the name of the first. Pure. */
export function addLines(sum: UsageLine | undefined, line: UsageLine): UsageLine {
  if (sum === undefined) return line;
  const both = beginSum(sum);
  addLine(both, line);
  return both;
}
