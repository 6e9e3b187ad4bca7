/** The ledger that outlives the process: metering's side of the store. */
import type { Batch, Ledger, Place, UsageQuery, WindowedLine } from '../metering/ledger.ts';
import type { Store } from './store.ts';

export class StoreLedger implements Ledger {
  readonly #store: Store;
  readonly #read: (query: UsageQuery) => Promise<readonly WindowedLine[]>;

  /** in  read   asks the reader */
  constructor(store: Store, read: (query: UsageQuery) => Promise<readonly WindowedLine[]>) {
    this.#store = store;
    this.#read = read;
  }

  /** Since the file began. */
  get overflow(): number {
    return this.#store.reading.undelivered;
  }

  begin(runId: string, sinks: readonly string[]): Promise<void> {
    return this.#store.begin(runId, sinks);
  }

  commit(batch: Batch, place: Place): Promise<boolean> {
    return this.#store.commit(batch, place);
  }

  /** Nothing while the file cannot be used: what is owed is in it. */
  async waiting(sink: string, limit: number): Promise<readonly Batch[]> {
    return this.#store.isReady ? this.#store.ask({ kind: 'waiting', sink, limit }) : [];
  }

  delivered(sink: string, batchIds: readonly string[]): Promise<void> {
    return this.#store.ask({ kind: 'delivered', sink, batchIds });
  }

  /** With everything that was committed before. throws  STORE_UNAVAILABLE · CAPACITY_EXHAUSTED */
  async usage(query: UsageQuery): Promise<readonly WindowedLine[]> {
    await this.#store.settled();
    return this.#read(query);
  }
}
