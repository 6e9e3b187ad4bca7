/**
 * The runtime: the composition root, and with `breakers.ts` the only place that knows every room.
 *
 * Constructing one is pure memory; threads, timers and files begin with their first use. Surfaces (feed, demo …) are
 * hung in from outside and see only what is public here.
 */
import { chartSection } from '../actors/charts.ts';
import type { InspectionObserver } from '../actors/inspect-tree.ts';
import { startTree, type Tree } from '../actors/root.ts';
import { compileBreaker } from '../actors/step.ts';
import { Breakers } from './breakers.ts';
import { Health } from './control/health/health.ts';
import { describe } from './core/describe.ts';
import { Dispatcher } from './core/dispatcher.ts';
import type { Env } from './core/env.ts';
import { Intake } from './core/intake.ts';
import { nullRecord } from './core/null-record.ts';
import type { BreakerReading, HealthReading, Readings, Section } from './core/readings.ts';
import { realEnv } from './core/real-env.ts';
import { parseOptions } from './core/schema.ts';
import { Metering } from './durable/metering/metering.ts';
import type { RuntimeHistory } from './durable/stores/history.ts';
import { Deadlines } from './hotpath/deadlines.ts';
import { allocateMemory } from './hotpath/memory.ts';
import { Slots } from './hotpath/slots.ts';
import type { Breaker } from './policies/breaker/breaker.ts';
import type { KeyedBreaker } from './policies/breaker/keyed.ts';
import { type KeyedBreakerOptions, manualSchema, type SoloBreakerOptions } from './policies/breaker/options.ts';
import type { Manual } from './policies/breaker/slot.ts';
import { Engine } from './engine.ts';
import { initializeBreakers, type NamedBreakerOptions } from './initialize-breakers.ts';
import type { PipelineOptions } from './policies/options.ts';
import type { Pipeline } from './policies/pipeline.ts';
import { Pipelines } from './pipelines.ts';
import { policyHashOf, type RuntimeOptions, runtimeOptions } from './runtime-options.ts';
import type { RuntimeEvents, RuntimeHealth, RuntimeMetering } from './runtime-faces.ts';
import { type SupervisedHandle, type SupervisedPart, supervisedPart } from './supervised-part.ts';
import { type SupervisorView, supervisorView } from './supervisor-view.ts';
import { Storage } from './storage.ts';
import { Timeline } from './timeline.ts';

/**
 * Start a runtime.
 *
 * throws  INVALID_OPTIONS naming the path · CAPACITY_EXHAUSTED when the capacities come to more than 256 MiB · of a
 *         store STORE_LOCKED, STORE_NEWER, and STORE_UNAVAILABLE for a path that can never be its file
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const runtime = new Runtime(options);
  await runtime.open();
  runtime.watch();
  return runtime;
}

export class Runtime implements AsyncDisposable {
  readonly name: string;
  /** The deployment's governance fingerprint: carried by every event and reading. */
  readonly policyHash: string;
  readonly env: Env;
  /** What the runtime says of itself: `on('breaker.transitioned', …)`, or `on('*', …)` for all of it. */
  readonly events: RuntimeEvents;
  readonly health: RuntimeHealth;
  /** What happened: from the store, also in earlier processes; without one, lately in this one. */
  readonly history: RuntimeHistory;
  /** The supervision tree: `tree()` shows it, `kill(path, { by, reason })` tries it. */
  readonly supervisor: SupervisorView;

  readonly #startedAt: number;
  readonly #startedWallMs: number;
  readonly #intake = new Intake();
  readonly #dispatcher: Dispatcher;
  readonly #slots: Slots;
  readonly #steps = compileBreaker();
  readonly #engine: Engine;
  readonly #health: Health;
  readonly #metering: Metering;
  readonly #meter: RuntimeMetering;
  readonly #timeline = new Timeline();
  readonly #storage: Storage;
  readonly #tree: Tree;
  #charts: Readings['charts'] | undefined;
  readonly #breakers: Breakers;
  readonly #pipelines: Pipelines;
  #isDegraded = false;
  #isMetering = false;

  /** @internal Use `createRuntime`. */
  constructor(given: RuntimeOptions = {}) {
    const options = parseOptions(runtimeOptions, given, 'runtime');
    const env = options.env ?? realEnv();
    this.name = options.name;
    this.policyHash = policyHashOf(options);
    this.env = env;
    this.#startedAt = env.now();
    this.#startedWallMs = env.wall();
    const dispatcher = new Dispatcher(env, this.policyHash);
    this.#dispatcher = dispatcher;
    this.events = Object.freeze<RuntimeEvents>({ on: (type, listener) => dispatcher.on(type, listener) });
    const { breakers, pipelines, windowBytes, meteringRecords, meteringGroups } = options.capacity;
    const memory = allocateMemory({
      slots: breakers,
      blockBytes: windowBytes,
      ringRecords: meteringRecords,
      groups: meteringGroups,
    });
    this.#slots = new Slots(memory);
    const tree = startTree({ env, events: dispatcher, onFatal: (error) => this.#onFatal(options.onFatal, error) });
    this.#tree = tree;
    this.supervisor = supervisorView(tree);
    const { name, policyHash } = this;
    this.#storage = new Storage({ env, dispatcher, tree, name, policyHash, options: options.store });
    this.history = this.#storage.history;
    this.#breakers = new Breakers({
      env,
      intake: this.#intake,
      slots: this.#slots,
      steps: this.#steps,
      tree,
      dispatcher,
      timeline: this.#timeline,
      storage: this.#storage,
    });
    const engine = new Engine({ env, events: dispatcher, tree, threads: options.threads, memory });
    this.#engine = engine;
    this.#pipelines = new Pipelines({
      env,
      intake: this.#intake,
      dispatcher,
      deadlines: new Deadlines(env, (error) => dispatcher.callbackFailed('deadline', error)),
      breakers: this.#breakers,
      tree,
      capacity: pipelines,
    });
    const metering = new Metering({
      env,
      events: dispatcher,
      memory,
      ledger: this.#storage.ledger,
      windowMs: 60_000,
      sinks: [],
      drain: (from, to) => engine.drain(from, to),
      onFailure: (error) => dispatcher.emit('metering.failed', { error: describe(error) }),
    });
    this.#metering = metering;
    this.#meter = Object.freeze<RuntimeMetering>({
      record: (record) => metering.record(record),
      bind: (names) => metering.bind(names),
      flush: () => metering.flush(),
      totals: () => metering.totals(),
      usage: () => metering.usage(),
    });
    const health = new Health({
      env,
      events: dispatcher,
      policyHash: this.policyHash,
      score: (nowMs) => engine.score(this.#slots.used, nowMs),
      onCheckFailed: (check, error) => dispatcher.callbackFailed(`health check "${check}"`, error),
      onTick: (reading) => {
        this.#timeline.sample(env.now() - this.#startedAt, reading, Object.values(this.#pipelines.reading()));
        this.#storage.sampled(reading);
      },
    });
    this.#health = health;
    this.health = Object.freeze<RuntimeHealth>({
      report: () => health.report(),
      register: (name, check, options) => health.register(name, check, options),
    });
  }

  /** @internal Open the store, if there is one. throws  what makes a start fail; nothing is left running then */
  async open(): Promise<void> {
    try {
      await this.#storage.open((totals) => this.#metering.restore(totals));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** @internal Begin what runs by itself: the health tick. */
  watch(): void {
    const health = this.#health;
    this.#tree.add('control', { id: 'health', start: () => health.start(), stop: () => health.stop() });
  }

  /** Metering begins with its first use: a worker thread, and a drain each second. After the stop it drops. */
  get metering(): RuntimeMetering {
    if (!this.#isMetering) this.#beginMetering();
    return this.#meter;
  }

  /**
   * The breaker of that name, made on first use.
   *
   * throws  INVALID_OPTIONS for bad options, or for others than those it was made with · CAPACITY_EXHAUSTED · STOPPED
   */
  breaker(name: string, options?: SoloBreakerOptions): Breaker {
    return this.#breakers.named(name, options).breaker;
  }

  /**
   * One breaker for each key behind one name: `runtime.keyedBreaker('tenants').for('acme')`.
   *
   * throws  as `breaker`
   */
  keyedBreaker(name: string, options?: KeyedBreakerOptions): KeyedBreaker {
    return this.#breakers.keyed(name, options).breaker;
  }

  /**
   * Make the breakers of known services at start: all of them, or none when one of them cannot be made.
   *
   * throws  as `breaker`
   */
  initializeBreakers(services: readonly NamedBreakerOptions[]): readonly Breaker[] {
    const { env } = this;
    return initializeBreakers({ env, slots: this.#slots, steps: this.#steps, breakers: this.#breakers }, services);
  }

  /**
   * Close every breaker by hand, keyed ones included, with windows and statistics forgotten.
   *
   * throws  INVALID_OPTIONS unless it is said who and why
   */
  resetAll(manual: Manual): void {
    this.#breakers.resetAll(parseOptions(manualSchema, manual, 'resetAll'));
  }

  /** All named breakers in one call, and the health they come to. */
  circuitHealth(): { readonly health: HealthReading; readonly breakers: Section<BreakerReading> } {
    return { health: this.health.report(), breakers: this.#breakers.reading() };
  }

  /**
   * The pipeline of that name, made on first use. Its breaker, if it has one, is `runtime.breaker(name)`.
   *
   * throws  as `breaker`
   */
  pipeline<F = never>(name: string, options?: PipelineOptions<F>): Pipeline<F> {
    return this.#pipelines.named(name, options);
  }

  /**
   * Hang something of the application's own into the supervision tree: it is started now, restarted when it fails, and
   * stopped before everything it may lean on.
   *
   * throws  INVALID_OPTIONS · DUPLICATE_CHILD · STOPPED
   */
  supervise<R>(part: SupervisedPart<R>): SupervisedHandle {
    const { id } = parseOptions(supervisedPart, part, 'supervise');
    if (!this.#intake.isOpen) throw this.#intake.stopped(`supervise "${id}"`);
    const child = this.#tree.add('surfaces', {
      id,
      start: (scope) => part.start((cause) => scope.fail(cause)),
      stop: (given) => part.stop(given as R),
    });
    return { ready: child.ready, terminate: () => child.terminate() };
  }

  /**
   * Watch every actor of the supervision tree: XState's inspection events, beginning with a replay of what lives now.
   * Takes a function, or the `inspect` of `@statelyai/inspect`. An observer that throws is announced as
   * `callback.failed`, and hurts nobody. Returns the function that ends it.
   */
  inspect(observer: InspectionObserver): () => void {
    return this.#tree.inspect(observer);
  }

  /** Everything there is to show, now. */
  readings(): Readings {
    const self = <T>(key: string, value: T): Section<T> => Object.assign(nullRecord<T>(), { [key]: value });
    return {
      runtime: self('self', {
        name: this.name,
        policyHash: this.policyHash,
        startedWallMs: this.#startedWallMs,
        degraded: this.#isDegraded,
        callbackFailures: this.#dispatcher.callbackFailures,
        droppedEvents: this.#dispatcher.droppedEvents,
      }),
      breakers: this.#breakers.reading(),
      pipelines: this.#pipelines.reading(),
      health: self('system', this.health.report()),
      metering: self('total', this.#metering.totals()),
      usage: this.#metering.usage(),
      children: this.#tree.reading(),
      charts: (this.#charts ??= chartSection()),
      engine: self('self', this.#engine.reading),
      store: this.#storage.reading(),
      transitions: this.#timeline.transitions,
      samples: this.#timeline.samples,
    };
  }

  /**
   * Take no more work, stop everything in the reverse order of its start, flush what was metered. Bounded in time;
   * calling it twice is fine. Calls under way go on to their own end, and keep the process alive until their timeouts.
   */
  async stop(): Promise<void> {
    this.#intake.close();
    await this.#tree.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** The root has given up. Calls go on being decided here; whoever would rather die says so. */
  #onFatal(consequence: 'emit' | 'throw', error: unknown): void {
    this.#isDegraded = true; // `supervisor.escalated` of `root` has been emitted
    if (consequence === 'emit') return;
    this.env.defer(() => {
      throw error;
    });
  }

  #beginMetering(): void {
    this.#isMetering = true;
    const metering = this.#metering;
    if (!this.#intake.isOpen) return void metering.stop(); // nothing waits yet, and nothing will
    if (this.#tree.hasEnded) return metering.start(); // the root gave up: drained in this thread, by nobody watched
    this.#engine.needPool();
    this.#tree.add('compute', { id: 'metering', start: () => metering.start(), stop: () => metering.stop() });
  }
}
