/** What a ledger holds, over all windows: one line for each group. */
import { addUnder, type LineSum } from '../../../src/durable/metering/line-sum.ts';
import type { MemoryLedger } from '../../../src/durable/metering/memory-ledger.ts';
import type { UsageLine } from '../../../src/hotpath/usage-line.ts';

export function linesOf(ledger: MemoryLedger): readonly UsageLine[] {
  const merged = new Map<string, LineSum>();
  for (const { line } of ledger.usage({})) {
    const { tenant, operation, tier, agent } = line.group;
    const key = JSON.stringify([tenant, operation, tier, agent]);
    addUnder(merged, key, line);
  }
  return [...merged.values()];
}
