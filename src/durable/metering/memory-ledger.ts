/**
 * A ledger on the heap: what was used since the process began. It is exact, and it is gone when the process is.
 *
 * A commit is one turn: the totals and the cursor move together, or, for a batch that is refused, not at all.
 */
import type { GroupNames } from '../../hotpath/metering-groups.ts';
import type { UsageLine } from '../../hotpath/usage-line.ts';
import { addLines } from './add-lines.ts';
import type { Batch, Ledger, Place } from './ledger.ts';

export class MemoryLedger implements Ledger {
  /** By the names object of a run's group: a run has one for each group, and another run has others. */
  readonly #lines = new Map<GroupNames, UsageLine>();
  #runId: string | undefined;
  #cursor = 0;

  begin(runId: string): void {
    this.#runId = runId;
    this.#cursor = 0;
  }

  commit(batch: Batch, place: Place): boolean {
    if (place.runId !== this.#runId) return false;
    const end = place.cursor + batch.records;
    if (end === this.#cursor) return true; // it is here already: the answer was lost, and it was sent again
    if (place.cursor !== this.#cursor)
      throw new RangeError(
        `ledger: expected batch ${batch.id} to begin at cursor ${this.#cursor}, received one that begins at ${place.cursor}`,
      );

    for (const line of batch.lines) this.#lines.set(line.group, addLines(this.#lines.get(line.group), line));
    this.#cursor = end;
    return true;
  }

  /** Everything committed, one line for each (tenant, operation, tier, agent), in order of first use. */
  lines(): readonly UsageLine[] {
    const merged = new Map<string, UsageLine>();
    for (const line of this.#lines.values()) {
      const { tenant, operation, tier, agent } = line.group;
      const key = JSON.stringify([tenant, operation, tier, agent]);
      merged.set(key, addLines(merged.get(key), line));
    }
    return [...merged.values()];
  }
}
