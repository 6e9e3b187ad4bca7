/** What a sink is given: so many lines of one committed batch, as plain JSON-safe data that is its own. */
import type { UsageLine } from '../../hotpath/usage-line.ts';
import type { Batch } from './ledger.ts';

export interface UsageBatch {
  /** The same whenever it is sent again: a sink that remembers ids counts exactly once. */
  readonly id: string;
  /** The runtime's name. */
  readonly runtime: string;
  /** The governance fingerprint the deployment had when it was used. */
  readonly policyHash: string;
  /** The one window all of it was used in, by the wall clock. */
  readonly windowStartWallMs: number;
  readonly windowMs: number;
  readonly lines: readonly UsageBatchLine[];
  /** Of the records that had metadata: each with its names and amounts. In the lines, too; never more than a batch has room for. */
  readonly notes: readonly UsageNote[];
}

/** What one (tenant, operation, tier, agent) used. */
export interface UsageBatchLine {
  readonly tenant: string;
  readonly operation: string;
  readonly tier: string;
  readonly agent: string;
  readonly count: number;
  readonly tokens: number;
  /** Of the records that had a latency; the bounds are null where none had. */
  readonly latencyCount: number;
  readonly latencySumMs: number;
  readonly latencyMinMs: number | null;
  readonly latencyMaxMs: number | null;
  /** Half octaves: cell 0 is below 1.5 × 2⁻⁶ ms, cell 12 is [1, 1.5) ms, cell 13 [1.5, 2) ms, cell 14 [2, 3) ms … */
  readonly latencyCells: readonly number[];
  readonly scoreCount: number;
  readonly scoreSum: number;
}

export interface UsageNote {
  readonly tenant: string;
  readonly operation: string;
  readonly tier: string;
  readonly agent: string;
  readonly tokens: number;
  readonly latencyMs?: number;
  readonly score?: number;
  readonly metadata: Readonly<Record<string, string | number | boolean | null>>;
}

/**
 * A batch in parts of at most `lines` lines, always cut in the same way: a part that is sent again has the same id.
 *
 * shape   of 250 lines and 100 a part, with the id `k3-7`: `k3-7.1`, `k3-7.2`, `k3-7.3`;   of 100: `k3-7`;   of none: no part
 */
export function partsOf(batch: Batch, lines: number, runtime: string): UsageBatch[] {
  const { id, windowStartWallMs, windowMs, policyHash, notes = [] } = batch;
  const count = Math.ceil(batch.lines.length / lines);
  return Array.from({ length: count }, (_, part) => ({
    id: count === 1 ? id : `${id}.${part + 1}`,
    runtime,
    policyHash,
    windowStartWallMs,
    windowMs,
    lines: batch.lines.slice(part * lines, (part + 1) * lines).map(batchLine),
    notes: part === 0 ? notes.map((note) => JSON.parse(note) as UsageNote) : [],
  }));
}

function batchLine({ group, latencyMinMs, latencyMaxMs, latencyCells, ...sums }: UsageLine): UsageBatchLine {
  const { tenant, operation, tier, agent } = group;
  const hasLatency = sums.latencyCount > 0; // JSON has no Infinity
  return {
    tenant,
    operation,
    tier,
    agent,
    ...sums,
    latencyMinMs: hasLatency ? latencyMinMs : null,
    latencyMaxMs: hasLatency ? latencyMaxMs : null,
    latencyCells: [...latencyCells],
  };
}
