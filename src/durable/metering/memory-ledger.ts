/**
 * A ledger on the heap: what was used since the process began. It is exact, and it is gone when the process is.
 *
 * A commit is one turn: totals, cursor and what the sinks are owed move together, or, for a batch that is refused, not
 * at all. It is bounded: when there are too many windows the oldest become one, and a sink that is down for long is
 * owed no more than its outbox holds.
 */
import { Outbox } from './outbox.ts';
import type { Batch, Ledger, Place, UsageQuery, WindowedLine } from './ledger.ts';
import { WindowTotals } from './window-totals.ts';

export class MemoryLedger implements Ledger {
  readonly #totals = new WindowTotals();
  /** By sink. */
  readonly #outboxes = new Map<string, Outbox>();
  #runId: string | undefined;
  #cursor = 0;

  begin(runId: string, sinks: readonly string[]): void {
    for (const sink of sinks) if (!this.#outboxes.has(sink)) this.#outboxes.set(sink, new Outbox());
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

    this.#totals.add(batch);
    for (const outbox of this.#outboxes.values()) outbox.add(batch);
    this.#cursor = end;
    return true;
  }

  waiting(sink: string, limit: number): readonly Batch[] {
    return this.#outboxes.get(sink)?.first(limit) ?? [];
  }

  delivered(sink: string, batchIds: readonly string[]): void {
    this.#outboxes.get(sink)?.remove(batchIds);
  }

  usage(query: UsageQuery): readonly WindowedLine[] {
    return this.#totals.matching(query);
  }

  get overflow(): number {
    return [...this.#outboxes.values()].reduce((sum, { overflow }) => sum + overflow, 0);
  }
}
