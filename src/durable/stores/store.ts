/**
 * The store as the rest of the runtime sees it: what happened goes in, and a thread of its own writes it.
 *
 * A resource of the supervision tree, as `start` and `stop`. When its thread dies or the file cannot be used, it has
 * failed: its supervisor starts it again after a while, and meanwhile everything waits in memory, bounded and counted.
 * Nothing here throws into a call's path. `storage.ts` is its caller.
 */
import { describe } from '../../core/describe.ts';
import type { Env, Timer } from '../../core/env.ts';
import type { EventSink } from '../../core/events.ts';
import type { StoreReading } from '../../core/readings.ts';
import type { Batch, Place } from '../metering/ledger.ts';
import { Link } from './link.ts';
import type {
  KeptEntry,
  Levels,
  MeteringRun,
  Opened,
  OpenRequest,
  Restored,
  Row,
  StoreRequest,
  Written,
} from './requests.ts';
import { StoreError, storeDown } from './store-error.ts';
import { type Position, WriteQueue } from './write-queue.ts';

/** How long history may wait to be written with more of it. */
const GATHER_MS = 100;
const TIDY_MS = 10_000;
/** What the file has to take the last of it: less than a part may take to stop. A thread that takes longer is ended. */
export const LAST_WRITE_MS = 4_000;
/** How long the end may wait for what is tried once more. */
const LAST_TRY_MS = 5_000;

export interface StoreParts {
  readonly env: Env;
  readonly events: EventSink;
  readonly path: string;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly name: string;
  readonly policyHash: string;
  /**
   * Told once, when the file is first open: what an earlier process left, but for what this one has kept already under
   * the same name. Must not throw.
   */
  readonly onRestored: (restored: Restored) => void;
}

interface Waiter {
  readonly end: Position;
  readonly afterWrite: number;
  readonly tell: () => void;
}

const NO_LEVELS: Levels = { bytes: 0, walBytes: 0, batches: 0, records: 0, damaged: 0, undelivered: 0 };

export class Store {
  readonly #parts: StoreParts;
  readonly #runId: string;
  readonly #queue = new WriteQueue();
  #state: StoreReading['state'] = 'opening';
  #link: Link | undefined;
  #fail: (error: unknown) => void = () => {};
  #metering: MeteringRun | null = null;
  #isRestored = false;
  #isBroken = false;
  #isWriting = false;
  #gathering: Timer | undefined;
  #tidying: Timer | undefined;
  #downSince: number | undefined;
  #levels = NO_LEVELS;
  #written = 0;
  #errors = 0;
  #quarantined = 0;
  #lastError: string | null = null;
  /** Told when what waited at their time is written, or nothing can be done about it. */
  #waiters: Waiter[] = [];
  #writes = 0;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#runId = `${parts.env.wall().toString(36)}-${Math.floor(parts.env.random() * 2 ** 48).toString(36)}`;
  }

  /** Whether the file could be used once. */
  get isRestored(): boolean {
    return this.#isRestored;
  }

  get isReady(): boolean {
    return this.#link !== undefined;
  }

  get reading(): StoreReading {
    const { bytes, walBytes, batches, records, damaged, undelivered } = this.#levels;
    return {
      state: this.#state,
      queued: this.#queue.size,
      written: this.#written,
      dropped: this.#queue.dropped,
      errors: this.#errors,
      lastError: this.#lastError,
      unsaved: this.#queue.records,
      batches,
      records,
      bytes,
      walBytes,
      damaged,
      undelivered,
      quarantined: this.#quarantined,
    };
  }

  /** throws  a StoreError, or what the thread died of; it is tried again all the same */
  async start(fail: (error: unknown) => void): Promise<Link> {
    const { env, path, maxAgeMs, maxBytes } = this.#parts;
    this.#state = this.#downSince === undefined ? 'opening' : 'degraded';
    try {
      const link = await Link.open(env, { role: 'writer', path, maxAgeMs, maxBytes }, (cause) =>
        this.#failed(link, cause),
      );
      this.#fail = fail;
      await this.#openFile(link);
      return link;
    } catch (error) {
      this.#degrade(error);
      throw error;
    }
  }

  async #openFile(link: Link): Promise<void> {
    const { env, name, policyHash } = this.#parts;
    const about = { runId: this.#runId, name, policyHash, metering: this.#metering, isBroken: this.#isBroken };
    const request: OpenRequest = { kind: 'open', ...about, wallMs: env.wall() };
    try {
      this.#opened(link, await link.ask<Opened>(request));
    } catch (error) {
      void link.kill();
      throw error;
    }
  }

  /** Write what waits, if it can be written, close the file, and end the thread. */
  async stop(link: Link): Promise<void> {
    const { env } = this.#parts;
    // Keeps the process alive: someone is waiting for this stop.
    const overdue = env.setTimer(() => void link.kill(), LAST_WRITE_MS, true);
    try {
      if (this.#link === link) await this.settled();
      if (this.#link === link) await this.#close(link);
    } finally {
      env.clearTimer(overdue);
      await link.kill();
    }
  }

  /**
   * Nobody starts it any more. What must not be lost and waits, because it was between two lives just then, is tried
   * once more; what the end of the parts below it left of history is not.
   */
  async end(): Promise<void> {
    if (this.#link !== undefined || !this.#isRestored || !this.#queue.isOwed) return;
    const { env } = this.#parts;
    const isOver = Promise.withResolvers<void>();
    const timer = env.setTimer(isOver.resolve, LAST_TRY_MS, true); // somebody waits for this stop
    const tried = this.start(() => {}).then((link) => this.stop(link));
    await Promise.race([tried.catch(() => {}), isOver.promise]); // what went wrong is in the reading
    env.clearTimer(timer);
  }

  /** Remember what happened. */
  append(row: Row): void {
    this.#queue.addRow(row);
    this.#wake();
  }

  /** Remember what is. */
  keep(entry: KeptEntry): void {
    this.#queue.keep(entry);
    this.#wake();
  }

  /** A run of metering begins. */
  async begin(runId: string, sinks: readonly string[]): Promise<void> {
    const metering = { runId, sinks, cursor: 0 };
    this.#metering = metering;
    if (this.#link !== undefined)
      await this.ask({ kind: 'begin', metering, wallMs: this.#parts.env.wall() }).catch(() => {}); // with the next start
  }

  /**
   * out     true when the file has it, or while the file cannot be used, when memory has it for the file
   * throws  STORE_UNAVAILABLE when memory has no room for more
   */
  async commit(batch: Batch, place: Place): Promise<boolean> {
    const answer = this.#queue.addCommit(batch, place);
    if (answer === undefined) throw storeDown();
    if (this.#link === undefined) this.#queue.release();
    else this.#wake();
    return answer;
  }

  /** throws  STORE_UNAVAILABLE */
  async ask<T>(request: StoreRequest): Promise<T> {
    const link = this.#link;
    if (link === undefined) throw storeDown();
    try {
      return await link.ask<T>(request);
    } catch (error) {
      this.#failed(link, error);
      throw storeDown();
    }
  }

  /** Resolves when all that waits now is written, or cannot be for now. What comes later is not waited for. */
  async settled(): Promise<void> {
    if (this.#link === undefined || this.#queue.size === 0) return;
    const settled = Promise.withResolvers<void>();
    const afterWrite = this.#writes + (this.#isWriting ? 2 : 1);
    this.#waiters.push({ end: this.#queue.end, afterWrite, tell: settled.resolve });
    this.#write();
    await settled.promise;
  }

  /** The reader met a page that makes no sense. */
  foundBroken(error: unknown): void {
    if (this.#link !== undefined) this.#failed(this.#link, error);
  }

  #opened(link: Link, { restored, cursor, quarantined, levels }: Opened): void {
    const { env, events, path, onRestored } = this.#parts;
    this.#link = link;
    this.#isBroken = false;
    this.#isWriting = false;
    this.#levels = levels;
    if (this.#metering !== null) this.#metering = { ...this.#metering, cursor };
    if (quarantined !== null) {
      this.#quarantined++;
      events.emit('store.quarantined', { path, ...quarantined });
    }
    if (!this.#isRestored)
      onRestored({ ...restored, kept: restored.kept.filter((entry) => !this.#queue.hasKept(entry)) });
    this.#isRestored = true;
    this.#tidying = env.setTimer(() => void this.#tidy(), TIDY_MS, false);
    if (this.#queue.size > 0) this.#write();
    else this.#recover();
  }

  async #close(link: Link): Promise<void> {
    this.#link = undefined;
    this.#clearTimers();
    this.#state = 'closed';
    this.#queue.release(); // what came meanwhile waits for the next start, and nobody for it
    this.#tellWaiters(() => true);
    await link.ask({ kind: 'close', wallMs: this.#parts.env.wall() });
  }

  #wake(): void {
    if (this.#link === undefined || this.#isWriting) return;
    if (this.#queue.isUrgent) this.#write();
    else this.#gathering ??= this.#parts.env.setTimer(() => this.#write(), GATHER_MS, false);
  }

  /** One piece at a time, until nothing waits. */
  #write(): void {
    const link = this.#link;
    if (link === undefined || this.#isWriting) return;
    if (this.#gathering !== undefined) this.#parts.env.clearTimer(this.#gathering);
    this.#gathering = undefined;
    const request = this.#queue.next(this.#parts.env.wall());
    if (request === undefined) return this.#tellWaiters(() => true);
    this.#isWriting = true;
    link.ask<Written>(request).then(
      (written) => {
        if (this.#link !== link) return; // what it was is written again, and known
        this.#isWriting = false;
        this.#levels = written.levels ?? this.#levels;
        this.#written += request.rows.length;
        this.#writes++;
        for (const { batch, place } of this.#queue.written(request, written)) this.#stored(batch, place);
        this.#recover();
        this.#tellWaiters(({ end, afterWrite }) => this.#writes >= afterWrite && this.#queue.hasReached(end));
        if (this.#waiters.length > 0 || this.#queue.isUrgent) this.#write();
        else this.#wake();
      },
      (error: unknown) => this.#failed(link, error),
    );
  }

  #stored(batch: Batch, place: Place): void {
    if (this.#metering?.runId === place.runId)
      this.#metering = { ...this.#metering, cursor: place.cursor + batch.records };
    this.#parts.events.emit('store.committed', { batch: batch.id, records: batch.records });
  }

  async #tidy(): Promise<void> {
    const link = this.#link;
    if (link === undefined) return;
    try {
      this.#levels = await this.ask<Levels>({ kind: 'tidy', wallMs: this.#parts.env.wall() });
    } catch {
      return; // it has failed, and is started again
    }
    if (this.#link === link) this.#tidying = this.#parts.env.setTimer(() => void this.#tidy(), TIDY_MS, false);
  }

  #failed(link: Link, error: unknown): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#isWriting = false;
    this.#clearTimers();
    this.#degrade(error);
    this.#fail(error);
  }

  #degrade(error: unknown): void {
    const { env, events } = this.#parts;
    if (error instanceof StoreError && error.kind === 'corrupt') this.#isBroken = true;
    this.#errors++;
    this.#lastError = describe(error);
    this.#state = 'degraded';
    this.#queue.release();
    this.#tellWaiters(() => true);
    if (this.#downSince !== undefined) return; // it has been said
    this.#downSince = env.now();
    events.emit('store.degraded', { error: this.#lastError });
  }

  /** The file is open; it is well again when it has every batch that waited, for the couriers look then. */
  #recover(): void {
    const { env, events } = this.#parts;
    if (this.#downSince !== undefined && this.#queue.records > 0) return;
    this.#state = 'ready';
    if (this.#downSince === undefined) return;
    const downMs = env.now() - this.#downSince;
    this.#downSince = undefined;
    events.emit('store.recovered', { downMs });
  }

  #clearTimers(): void {
    for (const timer of [this.#gathering, this.#tidying]) if (timer !== undefined) this.#parts.env.clearTimer(timer);
    this.#gathering = this.#tidying = undefined;
  }

  #tellWaiters(isDone: (waiter: Waiter) => boolean): void {
    const done = this.#waiters.filter(isDone);
    this.#waiters = this.#waiters.filter((waiter) => !done.includes(waiter));
    for (const { tell } of done) tell();
  }
}
