/**
 * What one sink is owed, oldest first. Bounded by what it holds, not by how many: a batch may have one line or
 * thousands. A batch that finds no room is never delivered, and counted; it is in the totals all the same.
 */
import type { Batch } from './ledger.ts';

/** Lines and notes. Ten megabytes or so: an hour of a few groups, some minutes of very many. */
const MAX_HELD = 16_384;

export class Outbox {
  readonly #batches = new Map<string, Batch>();
  #held = 0;
  #overflow = 0;

  get overflow(): number {
    return this.#overflow;
  }

  add(batch: Batch): void {
    const size = sizeOf(batch);
    if (this.#batches.size > 0 && this.#held + size > MAX_HELD) {
      this.#overflow++;
      return;
    }
    this.#batches.set(batch.id, batch);
    this.#held += size;
  }

  first(limit: number): readonly Batch[] {
    const found: Batch[] = [];
    for (const batch of this.#batches.values()) {
      if (found.length === limit) break;
      found.push(batch);
    }
    return found;
  }

  remove(batchIds: readonly string[]): void {
    for (const id of batchIds) {
      const batch = this.#batches.get(id);
      if (batch === undefined) continue;
      this.#batches.delete(id);
      this.#held -= sizeOf(batch);
    }
  }
}

function sizeOf({ lines, notes }: Batch): number {
  return 1 + lines.length + (notes?.length ?? 0);
}
