/**
 * What outlives the process, put together: the store and its two threads in the tree, what it hears, what it gives back
 * at the start, and what can be asked of it. Without the option `store` all of it is memory, and no file is touched.
 *
 * Part of the composition root; `runtime.ts` is its only caller, and `breakers.ts` tells it of transitions.
 */
import type { Tree } from '../actors/root.ts';
import type { Env } from './core/env.ts';
import type { Dispatcher } from './core/dispatcher.ts';
import { EVENT_TYPES, type EventPayload, type EventType } from './core/events.ts';
import type { Keep, KeptKind } from './core/keep.ts';
import { nullRecord } from './core/null-record.ts';
import type { HealthReading, Section, StoreReading } from './core/readings.ts';
import { parseOptions } from './core/schema.ts';
import type { Ledger } from './durable/metering/ledger.ts';
import { MemoryLedger } from './durable/metering/memory-ledger.ts';
import type { RuntimeHistory } from './durable/stores/history.ts';
import type { Link } from './durable/stores/link.ts';
import { MemoryHistory } from './durable/stores/memory-history.ts';
import type { KeptBreaker, Restored, StoreRequest } from './durable/stores/requests.ts';
import { eventRow, type Opening, payloadOf, sampleRow, transitionRow } from './durable/stores/rows.ts';
import { Store } from './durable/stores/store.ts';
import { StoreError, storeDown } from './durable/stores/store-error.ts';
import { StoreHistory } from './durable/stores/store-history.ts';
import { StoreLedger } from './durable/stores/store-ledger.ts';
import { StoreReader } from './durable/stores/store-reader.ts';
import type { UsageLine } from './hotpath/usage-line.ts';
import type { SlotSnapshot } from './policies/breaker/slot.ts';
import { historySpan, type ResolvedStoreOptions, tripsQuery } from './storage-options.ts';

export interface StorageParts {
  readonly env: Env;
  readonly dispatcher: Dispatcher;
  readonly tree: Tree;
  readonly name: string;
  readonly policyHash: string;
  readonly options: ResolvedStoreOptions | undefined;
}

type Transition = EventPayload<'breaker.transitioned'>;

export interface MadeBreaker {
  readonly hashOf: () => string;
  /** out  false when it has been called, or moved, already: nothing was done */
  readonly restore: (snapshot: SlotSnapshot) => boolean;
}

/** Heard as they happen: transitions come straight from the breakers; of the others these would say nothing new. */
const UNHEARD: ReadonlySet<EventType> = new Set([
  'breaker.transitioned',
  'metering.committed',
  'store.committed',
  'child.started',
]);

const WITHOUT_KEY: Opening = { optionsHash: null, openUntilWallMs: null, attempt: 0 };

export class Storage {
  readonly ledger: Ledger;
  readonly keep: Keep;
  readonly history: RuntimeHistory;
  readonly #parts: StorageParts;
  readonly #memory = new MemoryHistory();
  readonly #store: Store | undefined;
  readonly #reader: StoreReader | undefined;
  readonly #breakers = new Map<string, KeptBreaker>();
  readonly #kept = new Map<KeptKind, Map<string, object>>();
  readonly #opened = Promise.withResolvers<void>();
  readonly #late: (() => void)[] = [];
  /** Those that were made before the file was read, and have not moved since. */
  readonly #unread = new Map<string, MadeBreaker>();
  #hasStarted = false;
  #onTotals: (totals: readonly UsageLine[]) => void = () => {};
  #hasReader = false;
  #closed: Promise<void> | undefined;

  constructor(parts: StorageParts) {
    const { env, dispatcher, options, name, policyHash } = parts;
    this.#parts = parts;
    if (options === undefined) {
      this.ledger = new MemoryLedger();
      this.history = checked(this.#memory);
      this.#opened.resolve();
    } else {
      const { path, retention } = options;
      const shared = { path, maxAgeMs: retention.ageMs, maxBytes: retention.maxBytes };
      const onRestored = (restored: Restored): void => this.#restore(restored);
      const store = new Store({ env, events: dispatcher, ...shared, name, policyHash, onRestored });
      this.#store = store;
      this.#reader = new StoreReader({ env, shared, onBroken: (error) => store.foundBroken(error) });
      this.ledger = new StoreLedger(store, (query) => this.#read({ kind: 'usage', query }));
      const read = async <T>(request: StoreRequest): Promise<T> => {
        await store.settled();
        if (!store.isReady) throw storeDown(); // the file may be readable, and lacks what waits
        return this.#read(request);
      };
      this.history = checked(new StoreHistory({ read, memory: this.#memory }));
    }
    this.keep = {
      put: (kind, id, value) => this.#keep(kind, id, value),
      all: (kind) => this.#all(kind),
      onLate: (takeUp) => void this.#late.push(takeUp),
    };
    for (const type of EVENT_TYPES) if (!UNHEARD.has(type)) this.#hear(type);
  }

  /**
   * Open the file, if there is one, and take up what an earlier process left.
   *
   * in      onTotals   hears what was metered before this process, once, maybe later: when the file can be used
   * throws  STORE_NEWER, STORE_LOCKED, or STORE_UNAVAILABLE for a path that can never be a file. Whatever else is wrong
   *         with it, the runtime starts, degraded
   */
  async open(onTotals: (totals: readonly UsageLine[]) => void): Promise<void> {
    const store = this.#store;
    if (store === undefined) return;
    this.#onTotals = onTotals;
    const child = this.#parts.tree.add('store', {
      id: 'writer',
      start: (scope) => store.start((error) => scope.fail(error)),
      stop: (link) => store.stop(link as Link),
    });
    try {
      await child.ready;
    } catch (error) {
      const { cause } = error as Error;
      if (cause instanceof StoreError && cause.isFinal) throw cause.at(this.#parts.options!.path);
    } finally {
      this.#hasStarted = true;
      this.#opened.resolve();
    }
  }

  /** The tree has ended. Done twice it does nothing. */
  close(): Promise<void> {
    return (this.#closed ??= this.#store?.end() ?? Promise.resolve());
  }

  /** Whether there is a file that an earlier process may have left something in. */
  get hasFile(): boolean {
    return this.#store !== undefined;
  }

  reading(): Section<StoreReading> {
    const section = nullRecord<StoreReading>();
    if (this.#store !== undefined) section['self'] = this.#store.reading;
    return section;
  }

  /** in  opening   of a named breaker; undefined for one of many keys */
  transitioned(transition: Transition, opening: (() => Opening) | undefined): void {
    const wallMs = this.#parts.env.wall();
    if (transition.key === undefined) this.#unread.delete(transition.breaker);
    this.#memory.transitioned(transition, wallMs);
    this.#store?.append(transitionRow(transition, opening?.() ?? WITHOUT_KEY, wallMs));
  }

  sampled(reading: HealthReading): void {
    const { status, score, trend, counted } = reading;
    const wallMs = this.#parts.env.wall();
    this.#memory.sampled({ status, score, trend, counted }, wallMs);
    this.#store?.append(sampleRow(reading, wallMs));
  }

  /** Have a breaker that was just made take up the state an earlier process left it in, now or when the file is read. */
  takeUp(breaker: string, made: MadeBreaker): void {
    const kept = this.#breakers.get(breaker);
    this.#breakers.delete(breaker);
    if (kept !== undefined) this.#takeUp(kept, made);
    else if (this.#store?.isRestored === false) this.#unread.set(breaker, made);
  }

  /** One that was made with other options, or has been called already, is closed: that is said, and remembered. */
  #takeUp(kept: KeptBreaker, { hashOf, restore }: MadeBreaker): void {
    const { breaker, optionsHash: keptHash, openUntilWallMs, attempt } = kept;
    const { env, dispatcher } = this.#parts;
    if (kept.state === 'closed') return;
    const state = kept.state as SlotSnapshot['state'];
    const optionsHash = hashOf();
    const remainingOpenMs = Math.max(0, (openUntilWallMs ?? 0) - env.wall());
    if (keptHash === optionsHash && restore({ v: 1, state, remainingOpenMs, attempt })) return;
    const forgotten = { breaker, from: state, to: 'closed', rule: 'forgotten', epoch: 0 } as const;
    this.#store?.append(transitionRow(forgotten, { ...WITHOUT_KEY, optionsHash }, env.wall()));
    dispatcher.emit('breaker.forgotten', { breaker, state });
  }

  #hear(type: EventType): void {
    this.#parts.dispatcher.on(type, (event) => {
      this.#memory.happened(type, payloadOf(event), event.wallMs);
      this.#store?.append(eventRow(event));
    });
  }

  async #read<T>(request: StoreRequest): Promise<T> {
    const { tree } = this.#parts;
    const reader = this.#reader!;
    if (!this.#hasReader && !tree.hasEnded) {
      this.#hasReader = true;
      const child = tree.add('store', {
        id: 'reader',
        start: (scope) => reader.start((error) => scope.fail(error)),
        stop: (link) => reader.stop(link as Link),
      });
      await child.ready.catch(() => {});
    }
    return reader.ask(request);
  }

  #restore({ breakers, kept, totals }: Restored): void {
    for (const each of breakers) {
      const made = this.#unread.get(each.breaker);
      if (made === undefined) this.#breakers.set(each.breaker, each);
      else this.#takeUp(each, made);
    }
    this.#unread.clear();
    for (const { kind, id, value } of kept) {
      const entries = this.#kept.get(kind) ?? new Map<string, object>();
      this.#kept.set(kind, entries.set(id, JSON.parse(value!) as object));
    }
    this.#onTotals(totals);
    if (this.#hasStarted) for (const takeUp of this.#late.splice(0)) takeUp();
  }

  #keep(kind: KeptKind, id: string, value: object | null): void {
    try {
      this.#store?.keep({ kind, id, value: value === null ? null : textOf(value) });
    } catch (error) {
      this.#parts.dispatcher.callbackFailed(`keep ${kind} "${id}"`, error);
    }
  }

  async #all(kind: KeptKind): Promise<ReadonlyMap<string, object>> {
    await this.#opened.promise;
    return this.#kept.get(kind) ?? new Map<string, object>();
  }
}

/** throws  for what JSON has no word for */
function textOf(value: object): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError('expected a value JSON has a word for');
  return text;
}

/** The same questions, with what is asked looked at first. */
function checked(history: RuntimeHistory): RuntimeHistory {
  return Object.freeze<RuntimeHistory>({
    trips: async (query = {}) => history.trips(parseOptions(tripsQuery, query, 'history.trips')),
    failovers: async (query = {}) =>
      history.failovers(parseOptions(tripsQuery.omit({ breaker: true }), query, 'history.failovers')),
    timeline: async (from, to) => {
      const span = parseOptions(historySpan, { from, to }, 'history.timeline');
      return history.timeline(span.from, span.to);
    },
    health: async (from, to) => {
      const span = parseOptions(historySpan, { from, to }, 'history.health');
      return history.health(span.from, span.to);
    },
    export: (span = {}) => history.export(parseOptions(historySpan, span, 'history.export')),
  });
}
