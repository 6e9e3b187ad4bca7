/** Windowed lines added up as somebody wants to see them. Pure. */
import { latencyQuantile } from '../../hotpath/latency-quantile.ts';
import type { UsageLine } from '../../hotpath/usage-line.ts';
import { addLines } from './add-lines.ts';
import type { WindowedLine } from './ledger.ts';
import type { UsageDimension } from './usage-dimension.ts';

/** What was used by one of what it was grouped by. Of the names only those are there. */
export interface UsageRow {
  readonly tenant?: string;
  readonly operation?: string;
  readonly tier?: string;
  readonly agent?: string;
  readonly windowStartWallMs?: number;
  readonly windowMs?: number;
  readonly count: number;
  readonly tokens: number;
  /** Of the records that had a latency; null where none had. The quantiles are at most a fifth off. */
  readonly latencyCount: number;
  readonly latencySumMs: number;
  readonly latencyMeanMs: number | null;
  readonly latencyMinMs: number | null;
  readonly latencyMaxMs: number | null;
  readonly latencyP50Ms: number | null;
  readonly latencyP95Ms: number | null;
  readonly latencyP99Ms: number | null;
  /** Of the records that had a score; null where none had. */
  readonly scoreCount: number;
  readonly scoreMean: number | null;
}

interface Sum {
  readonly names: Partial<UsageRow>;
  readonly line: UsageLine;
}

/** out  in the order of their first line: the oldest window first */
export function usageRows(lines: readonly WindowedLine[], groupBy: readonly UsageDimension[]): readonly UsageRow[] {
  const sums = new Map<string, Sum>();
  for (const windowed of lines) {
    const names = namesOf(windowed, groupBy);
    const key = JSON.stringify(Object.values(names));
    sums.set(key, { names, line: addLines(sums.get(key)?.line, windowed.line) });
  }
  return [...sums.values()].map(rowOf);
}

/** Always in the same order, so that their values are a key. */
function namesOf(windowed: WindowedLine, groupBy: readonly UsageDimension[]): Partial<UsageRow> {
  const { windowStartWallMs, windowMs, line } = windowed;
  const { tenant, operation, tier, agent } = line.group;
  return {
    ...(groupBy.includes('window') && { windowStartWallMs, windowMs }),
    ...(groupBy.includes('tenant') && { tenant }),
    ...(groupBy.includes('operation') && { operation }),
    ...(groupBy.includes('tier') && { tier }),
    ...(groupBy.includes('agent') && { agent }),
  };
}

function rowOf({ names, line }: Sum): UsageRow {
  const { count, tokens, latencyCount, latencySumMs, latencyMinMs, latencyMaxMs, scoreCount, scoreSum } = line;
  const hasLatency = latencyCount > 0;
  return {
    ...names,
    count,
    tokens,
    latencyCount,
    latencySumMs,
    latencyMeanMs: hasLatency ? latencySumMs / latencyCount : null,
    latencyMinMs: hasLatency ? latencyMinMs : null,
    latencyMaxMs: hasLatency ? latencyMaxMs : null,
    latencyP50Ms: latencyQuantile(line, 0.5),
    latencyP95Ms: latencyQuantile(line, 0.95),
    latencyP99Ms: latencyQuantile(line, 0.99),
    scoreCount,
    scoreMean: scoreCount > 0 ? scoreSum / scoreCount : null,
  };
}
