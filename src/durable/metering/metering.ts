/**
 * Metering: records go into the ring; once a second, or when half of it is taken, the kernel aggregates what waits and
 * the ledger gets it.
 *
 * One drain at a time. What the ring holds is released only when the ledger has it, so whatever dies on the way, a
 * worker or the ledger, the same records are taken again, and the ledger knows a batch it has seen. A record nobody
 * could flush keeps waiting; when there is no more room, new ones are dropped, and counted.
 */
import { describe } from '../../core/describe.ts';
import type { Env, Timer } from '../../core/env.ts';
import type { EventSink } from '../../core/events.ts';
import type { MeteringReading, Section, UsageReading } from '../../core/readings.ts';
import type { SharedMemory } from '../../hotpath/memory.ts';
import { type BoundMeter, type MeteredNames, type MeteredRecord, MeteringRing } from '../../hotpath/metering-ring.ts';
import { OTHER } from '../../hotpath/metering-groups.ts';
import { readScratch, type UsageLine } from '../../hotpath/usage-line.ts';
import type { Batch, Ledger } from './ledger.ts';
import { Notes } from './notes.ts';
import { TenantUsage } from './tenant-usage.ts';
import { Windows } from './windows.ts';

const TICK_MS = 1_000;
/** Records one drain takes at most, so that a drain in this thread stays below a millisecond. */
const MAX_DRAIN = 65_536;

export interface MeteringParts {
  readonly env: Env;
  readonly events: EventSink;
  readonly memory: SharedMemory;
  readonly ledger: Ledger;
  /** How long a window is; a batch is of one. */
  readonly windowMs: number;
  /** Who is owed every batch, by name. Without any, metadata is not looked at. */
  readonly sinks: readonly string[];
  /** The governance fingerprint every record is held to. */
  readonly policyHash: string;
  /**
   * Run the kernel's drain, on a worker where there is one; out: the groups it touched.
   *
   * When it settles, and be it by a rejection, nobody works on that drain any more: the next one uses the same scratch.
   */
  readonly drain: (from: number, to: number) => Promise<number>;
  /** Told of each drain that failed. It is tried again a second later. Must not throw. */
  readonly onFailure: (error: unknown) => void;
  /** Told of each batch that is committed. Must not throw. */
  readonly onCommitted?: () => void;
  /** The number of the ring's first record, modulo 2³². Tests begin just below a wrap. */
  readonly startAt?: number;
}

/** Records on their way to the ledger. They stay the same until they have arrived, however often it takes. */
interface Claim {
  readonly records: number;
  readonly windowStartWallMs: number;
  /** When they were taken: what waits behind them is no older. */
  readonly atMs: number;
  batch: Batch | undefined;
}

export class Metering {
  readonly #parts: MeteringParts;
  readonly #ring: MeteringRing;
  readonly #windows: Windows;
  readonly #usage = new TenantUsage();
  readonly #notes = new Notes();
  readonly #runId: string;
  #hasBegun = false;
  #batches = 0;
  #overflow = 0;
  #isMismatchTold = false;
  #waitingSince = 0;
  #claim: Claim | undefined;
  #draining: Promise<void> | undefined;
  #isStarted = false;
  #timer: Timer | undefined;
  #isDeferred = false;

  constructor(parts: MeteringParts) {
    const { env, memory, windowMs, sinks, policyHash, startAt = 0 } = parts;
    this.#parts = parts;
    this.#windows = new Windows(env, windowMs, () => this.#ring.released + this.#ring.pending);
    this.#ring = new MeteringRing(memory, {
      onWaiting: (isHalfFull) => this.#onWaiting(isHalfFull),
      policyHash,
      onMismatch: (given) => this.#onMismatch(given),
      onMetadata: sinks.length === 0 ? undefined : (metadata, about) => this.#notes.add(metadata, about),
      startAt,
    });
    this.#runId = `${env.wall().toString(36)}-${Math.floor(env.random() * 2 ** 48).toString(36)}`;
  }

  /**
   * Meter one use.
   *
   * out     true when it will be flushed; false when it was refused (an amount that is none, or another policy hash) or
   *         dropped (no room)
   * throws  nothing, whatever it is given
   */
  record(record: MeteredRecord): boolean {
    return this.#ring.record(record);
  }

  /**
   * Meter for the same names again and again: they are looked up once.
   *
   * throws  POLICY_HASH_MISMATCH
   */
  bind(names: MeteredNames): BoundMeter {
    return this.#ring.bind(names);
  }

  /** recorded = flushed + pending + dropped, at every instant; refused and mismatched are apart. */
  totals(): Omit<MeteringReading, 'sinks'> {
    const ring = this.#ring.reading();
    return {
      enabled: true,
      ...ring,
      overflow: this.#overflow,
      metadataCut: this.#notes.cut,
      lagMs: ring.pending === 0 ? 0 : this.#parts.env.now() - this.#waitingSince,
      undelivered: this.#parts.ledger.overflow ?? 0,
    };
  }

  /** By tenant, what is flushed. */
  usage(): Section<UsageReading> {
    return this.#usage.reading();
  }

  /** Count what an earlier process has committed to what was used. */
  restore(lines: readonly UsageLine[]): void {
    this.#usage.add(lines);
  }

  /** Begin, or begin again after `stop`. There is a timer only while a record waits. */
  start(): void {
    this.#isStarted = true;
    this.#ring.open();
    if (this.#ring.pending === 0) return;
    this.#windows.watch(this.#ring.released + this.#ring.pending);
    this.#arm();
  }

  /**
   * Take no more records, flush those that wait.
   *
   * throws  what `flush` throws; what could not be flushed goes on waiting for another `start`
   */
  async stop(): Promise<void> {
    this.#isStarted = false;
    this.#ring.close();
    this.#disarm();
    this.#windows.rest();
    await this.flush();
  }

  /**
   * Flush everything recorded until now.
   *
   * throws  what the drain or the ledger failed with; the records go on waiting
   */
  async flush(): Promise<void> {
    const goal = this.#ring.released + this.#ring.pending;
    while (this.#ring.released < goal) await this.#drain();
  }

  #onWaiting(isHalfFull: boolean): void {
    if (!isHalfFull) {
      this.#waitingSince = this.#parts.env.now(); // it is the first
      this.#windows.watch(this.#ring.released);
    }
    if (!this.#isStarted) return;
    if (isHalfFull) this.#soon();
    else this.#arm();
  }

  #onMismatch(given: unknown): void {
    if (this.#isMismatchTold) return; // a flood of records must not be one of events
    this.#isMismatchTold = true;
    this.#parts.events.emit('metering.mismatched', { expected: this.#parts.policyHash, given: describe(given) });
  }

  /** Asked for with every record of the second half: once is enough. */
  #soon(): void {
    if (this.#isDeferred || this.#draining !== undefined) return;
    this.#isDeferred = true;
    this.#parts.env.defer(() => {
      this.#isDeferred = false;
      void this.#turn();
    });
  }

  #arm(): void {
    this.#timer ??= this.#parts.env.setTimer(
      () => {
        this.#timer = undefined;
        void this.#turn();
      },
      TICK_MS,
      false,
    );
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#parts.env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  async #turn(): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      this.#parts.onFailure(error);
    }
    if (this.#isStarted && this.#ring.pending > 0) this.#arm();
  }

  /** One drain, the one under way if there is one. */
  #drain(): Promise<void> {
    this.#draining ??= this.#drainOnce().finally(() => (this.#draining = undefined));
    return this.#draining;
  }

  async #drainOnce(): Promise<void> {
    const { ledger, events, sinks } = this.#parts;
    if (!this.#hasBegun) await ledger.begin(this.#runId, sinks);
    this.#hasBegun = true;

    const claim = (this.#claim ??= this.#takeOldest());
    const batch = (claim.batch ??= await this.#aggregate(claim));
    const answer = ledger.commit(batch, { runId: this.#runId, cursor: this.#ring.released });
    const isStored = typeof answer === 'boolean' ? answer : await answer; // no turn between a commit on the heap and us

    const flushed = isStored ? batch.lines.reduce((sum, { count }) => sum + count, 0) : 0;
    this.#claim = undefined;
    this.#ring.release(claim.records, flushed);
    this.#windows.release(this.#ring.released);
    this.#waitingSince = claim.atMs;
    if (this.#ring.pending === 0) this.#windows.rest();
    if (!isStored) return;
    this.#usage.add(batch.lines);
    this.#overflow += batch.lines.filter(isRest).reduce((sum, { count }) => sum + count, 0);
    events.emit('metering.committed', { batch: batch.id, records: flushed, groups: batch.lines.length });
    this.#parts.onCommitted?.();
  }

  /** What the next batch is of: as much of the oldest window as one drain may take. */
  #takeOldest(): Claim {
    const { startWallMs, records } = this.#windows.oldest(this.#ring.pending);
    const atMs = this.#parts.env.now();
    return { records: Math.min(records, MAX_DRAIN), windowStartWallMs: startWallMs, atMs, batch: undefined };
  }

  async #aggregate({ records, windowStartWallMs }: Claim): Promise<Batch> {
    const from = this.#ring.head;
    const touched = await this.#parts.drain(from, (from + records) | 0);
    const lines = readScratch(this.#parts.memory, touched, this.#ring.groups);
    const id = `${this.#runId}-${++this.#batches}`;
    const notes = this.#notes.take(this.#ring.released + records);
    const { policyHash } = this.#parts;
    const windowMs = this.#windows.ms;
    return { id, records, windowStartWallMs, windowMs, policyHash, lines, ...(notes.length > 0 && { notes }) };
  }
}

/** What is charged for names that were none, or too many. */
function isRest({ group }: UsageLine): boolean {
  return group.operation === OTHER;
}
