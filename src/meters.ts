/**
 * The runtime's metering: the ring and its drain, the ledger, a courier for each sink, and what the application may do
 * with them.
 *
 * Part of the composition root; `runtime.ts` is its only caller. Metering begins with its first use: a worker thread,
 * and a drain each second. Turned off, there is nothing: what the application calls says no and does nothing else.
 */
import type { Tree } from '../actors/root.ts';
import { describe } from './core/describe.ts';
import type { Dispatcher } from './core/dispatcher.ts';
import type { Env } from './core/env.ts';
import { invalidOptions } from './core/errors.ts';
import type { Intake } from './core/intake.ts';
import { nullRecord } from './core/null-record.ts';
import type { MeteringReading, Section, SinkReading, UsageReading } from './core/readings.ts';
import { parseOptions } from './core/schema.ts';
import { Courier } from './durable/metering/courier.ts';
import { meteringHooks } from './durable/metering/hooks.ts';
import type { Ledger } from './durable/metering/ledger.ts';
import { metered } from './durable/metering/metered.ts';
import { Metering } from './durable/metering/metering.ts';
import { type ResolvedMeteringOptions, usageQuestion } from './durable/metering/options.ts';
import type { UsageSink } from './durable/metering/usage-sink.ts';
import { usageRows } from './durable/metering/usage-rows.ts';
import type { SharedMemory } from './hotpath/memory.ts';
import type { UsageLine } from './hotpath/usage-line.ts';
import { callMeterOf } from './call-meter-of.ts';
import type { Engine } from './engine.ts';
import { METERING_OFF, METERING_OFF_READING } from './metering-off.ts';
import type { Pipelines } from './pipelines.ts';
import type { CallMeter, CallNames } from './policies/call-meter.ts';
import type { RuntimeMetering } from './runtime-faces.ts';
import { wayOut } from './way-out.ts';

const BATCH_LINES = 100;
const TIMEOUT_MS = 10_000;

export interface MetersParts {
  readonly name: string;
  readonly policyHash: string;
  readonly env: Env;
  readonly intake: Intake;
  readonly dispatcher: Dispatcher;
  readonly memory: SharedMemory;
  readonly engine: Engine;
  readonly tree: Tree;
  readonly pipelines: Pipelines;
  readonly ledger: Ledger;
  readonly options: ResolvedMeteringOptions;
  readonly isEnabled: boolean;
}

export class Meters {
  readonly #parts: MetersParts;
  readonly #metering: Metering | undefined;
  /** By the sink's name. */
  readonly #couriers = new Map<string, Courier>();
  readonly #face: RuntimeMetering;
  #hasBegun = false;
  #isAlone = false;

  /** throws  INVALID_OPTIONS for two sinks of one name */
  constructor(parts: MetersParts) {
    this.#parts = parts;
    this.#metering = parts.isEnabled ? this.#makeMetering() : undefined;
    this.#face = this.#metering === undefined ? METERING_OFF : this.#makeFace(this.#metering);
  }

  /** Hang the couriers into the tree: what an earlier process left is delivered before anything is metered. */
  watch(): void {
    this.#parts.dispatcher.on('store.recovered', () => this.#wake());
    if (this.#couriers.size === 0) return;
    // One part for all of them: sinks that hang take their last two seconds side by side.
    const start = (): void => this.#startCouriers();
    this.#parts.tree.add('compute', { id: 'sinks', start, stop: () => this.#stopCouriers() });
  }

  /** The root has given up: what is used is metered and delivered all the same, in this thread, by nobody watched. */
  goOnAlone(): void {
    if (this.#hasBegun) this.#metering?.start();
    if (this.#isAlone) return;
    this.#isAlone = true;
    this.#startCouriers();
  }

  /** Of a tree that has ended nobody else does. */
  async stop(): Promise<void> {
    if (!this.#isAlone) return;
    await this.#metering?.stop().catch(() => {}); // it has been announced
    await this.#stopCouriers();
  }

  #startCouriers(): void {
    for (const courier of this.#couriers.values()) courier.start();
  }

  async #stopCouriers(): Promise<void> {
    await Promise.all(Array.from(this.#couriers.values(), (courier) => courier.stop()));
  }

  /** The ledger is open, and has what an earlier process committed. */
  restore(lines: readonly UsageLine[]): void {
    this.#metering?.restore(lines);
    this.#wake();
  }

  /** What the application may do. Asked for, metering begins. After the stop it drops. */
  get face(): RuntimeMetering {
    if (!this.#hasBegun) this.#begin();
    return this.#face;
  }

  reading(): MeteringReading {
    if (this.#metering === undefined) return METERING_OFF_READING;
    return { ...this.#metering.totals(), sinks: this.sinks() };
  }

  /** By the sink's name. */
  sinks(): Section<SinkReading> {
    const sinks = nullRecord<SinkReading>();
    for (const [sink, courier] of this.#couriers) sinks[sink] = courier.reading;
    return sinks;
  }

  /** By tenant, what is flushed. */
  usage(): Section<UsageReading> {
    return this.#metering?.usage() ?? nullRecord<UsageReading>();
  }

  /** What charges for the calls of a pipeline; undefined where metering is off. */
  forPipeline(pipeline: string, names: CallNames): CallMeter | undefined {
    const metering = this.#metering;
    if (metering === undefined) return undefined;
    if (!this.#hasBegun) this.#begin();
    return callMeterOf((record) => metering.record(record), pipeline, names);
  }

  #wake(): void {
    for (const courier of this.#couriers.values()) courier.wake();
  }

  #begin(): void {
    this.#hasBegun = true;
    const { intake, tree, engine } = this.#parts;
    const metering = this.#metering;
    if (metering === undefined) return;
    if (!intake.isOpen) return void metering.stop(); // nothing waits yet, and nothing will
    if (tree.hasEnded) return this.goOnAlone();
    engine.needPool();
    tree.add('compute', { id: 'metering', start: () => metering.start(), stop: () => metering.stop() });
  }

  #makeMetering(): Metering {
    const { policyHash, env, dispatcher, memory, engine, ledger, options } = this.#parts;
    for (const [index, given] of options.sinks.entries()) this.#addCourier(sinkOf(given, index));
    return new Metering({
      env,
      events: dispatcher,
      memory,
      ledger,
      windowMs: options.windowMs,
      sinks: [...this.#couriers.keys()],
      policyHash,
      drain: (from, to) => engine.drain(from, to),
      onFailure: (error) => dispatcher.emit('metering.failed', { error: describe(error) }),
      onCommitted: () => {
        for (const courier of this.#couriers.values()) courier.committed();
      },
    });
  }

  #addCourier({ sink, deliver }: { readonly sink: UsageSink; readonly deliver: UsageSink['deliver'] }): void {
    const { name: runtime, env, dispatcher, ledger, pipelines } = this.#parts;
    const { name, batchLines = BATCH_LINES, timeoutMs = TIMEOUT_MS } = sink;
    if (this.#couriers.has(name)) throw invalidOptions('runtime.metering.sinks', 'sinks of different names', name);
    const pipeline = wayOut(pipelines, `sink ${name}`, { timeoutMs });
    const courier = new Courier({
      env,
      events: dispatcher,
      ledger,
      sink: name,
      batchLines,
      runtime,
      deliver: async (batch, signal) =>
        void (await pipeline.execute(
          (call) => deliver(batch, { signal: call.signal, attempt: call.attempt, fetch: env.fetch }),
          { signal },
        )),
    });
    this.#couriers.set(name, courier);
  }

  #makeFace(metering: Metering): RuntimeMetering {
    const { env, policyHash, dispatcher, ledger } = this.#parts;
    const record: RuntimeMetering['record'] = (given) => metering.record(given);
    const onCallbackFailed = (callback: string, error: unknown): void => dispatcher.callbackFailed(callback, error);
    return Object.freeze<RuntimeMetering>({
      record,
      bind: (names) => metering.bind(names),
      hooks: meteringHooks(record),
      metered: (fn, by) => metered({ env, record, policyHash, onCallbackFailed }, fn, by),
      flush: () => metering.flush(),
      totals: () => this.reading(),
      usage: async (question = {}) => {
        const { tenant, from, to, groupBy } = parseOptions(usageQuestion, question, 'metering.usage');
        const query = {
          groupBy,
          ...(tenant !== undefined && { tenant }),
          ...(from !== undefined && { fromWallMs: from }),
          ...(to !== undefined && { toWallMs: to }),
        };
        return usageRows(await ledger.usage(query), groupBy);
      },
    });
  }
}

/** A function is a sink called as it is called. */
function sinkOf(
  given: ResolvedMeteringOptions['sinks'][number],
  index: number,
): { readonly sink: UsageSink; readonly deliver: UsageSink['deliver'] } {
  if (typeof given !== 'function') return { sink: given, deliver: (batch, context) => given.deliver(batch, context) };
  const own: unknown = given.name; // which anybody may have set to anything
  const isName = typeof own === 'string' && own.length > 0 && own.length <= 128;
  const name = isName ? own : `sink ${index + 1}`;
  return { sink: { name, deliver: given }, deliver: given };
}
