/**
 * The runtime: the composition root, and with `breakers.ts` the only place that knows every room. It is long because it
 * is their list: what is more than a part's own few lines has a file of its own.
 *
 * Constructing one is pure memory; threads, timers and files begin with their first use. Surfaces (feed, demo …) are
 * hung in from outside and see only what is public here.
 */
import { chartSection } from '../actors/charts.ts';
import type { InspectionObserver } from '../actors/inspect-tree.ts';
import { startTree, type Tree } from '../actors/root.ts';
import { compileBreaker } from '../actors/step.ts';
import { Alerting } from './alerting.ts';
import { Breakers } from './breakers.ts';
import type { Health } from './control/health/health.ts';
import { Dispatcher } from './core/dispatcher.ts';
import type { Protected } from './core/call.ts';
import type { Env } from './core/env.ts';
import { Intake } from './core/intake.ts';
import type { CircuitReading, HealthReading, Readings, Section } from './core/readings.ts';
import { realEnv } from './core/real-env.ts';
import { parseOptions } from './core/schema.ts';
import { sectionOfOne as self } from './core/section-of-one.ts';
import type { RuntimeHistory } from './durable/stores/history.ts';
import { Deadlines } from './hotpath/deadlines.ts';
import { allocateMemory } from './hotpath/memory.ts';
import { Slots } from './hotpath/slots.ts';
import type { Breaker } from './policies/breaker/breaker.ts';
import type { KeyedBreaker } from './policies/breaker/keyed.ts';
import { type KeyedBreakerOptions, manualSchema, type SoloBreakerOptions } from './policies/breaker/options.ts';
import type { Manual } from './policies/breaker/slot.ts';
import { drained } from './drained.ts';
import { Engine } from './engine.ts';
import { executeWithHealing, type HealingOptions } from './execute-with-healing.ts';
import { isMeteringEnabled } from './metering-enabled.ts';
import { Meters } from './meters.ts';
import { initializeBreakers, type NamedBreakerOptions } from './initialize-breakers.ts';
import type { PipelineLayer } from './policies/layers/options.ts';
import type { PipelineOptions } from './policies/options.ts';
import type { Pipeline } from './policies/pipeline.ts';
import { Pipelines } from './pipelines.ts';
import { Recoveries } from './recoveries.ts';
import type { RuntimeAlerts } from './runtime-alerts.ts';
import { runtimeHealth } from './runtime-health.ts';
import type { RuntimeDegradation } from './runtime-degradation.ts';
import { policyHashOf, recoveryAttempts, type RuntimeOptions, runtimeOptions } from './runtime-options.ts';
import type { RuntimeEvents, RuntimeHealth, RuntimeMetering, RuntimeRecovery } from './runtime-faces.ts';
import { Steering } from './steering.ts';
import {
  type SupervisedActor,
  type SupervisedActorHandle,
  supervisedChild,
  type SupervisedPart,
} from './supervised-part.ts';
import { type StopOptions, stopOptions } from './stop-options.ts';
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
  readonly recovery: RuntimeRecovery;
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
  readonly #meters: Meters;
  readonly #steering: Steering;
  readonly #alerting: Alerting;
  readonly #timeline: Timeline;
  readonly #storage: Storage;
  readonly #tree: Tree;
  #charts: Readings['charts'] | undefined;
  readonly #breakers: Breakers;
  readonly #pipelines: Pipelines;
  readonly #recoveries: Recoveries;
  #isDegraded = false;

  /** @internal Use `createRuntime`. */
  constructor(given: RuntimeOptions = {}) {
    const options = parseOptions(runtimeOptions, given, 'runtime');
    const env = options.env ?? realEnv();
    this.name = options.name;
    this.policyHash = policyHashOf(options);
    this.env = env;
    this.#startedWallMs = env.wall();
    const dispatcher = new Dispatcher(env, this.policyHash);
    this.#dispatcher = dispatcher;
    this.#startedAt = dispatcher.startedAt;
    this.#timeline = new Timeline(dispatcher);
    this.events = Object.freeze<RuntimeEvents>({ on: (type, listener) => dispatcher.on(type, listener) });
    const { breakers, pipelines, windowBytes, meteringRecords, meteringGroups } = options.capacity;
    const isMetering = isMeteringEnabled(options.metering);
    const memory = allocateMemory({
      slots: breakers,
      blockBytes: windowBytes,
      ringRecords: isMetering ? meteringRecords : 0,
      groups: isMetering ? meteringGroups : 0,
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
      onMoved: (breaker, to, rule) => this.#recoveries.breakerMoved(breaker, to, rule),
      storage: this.#storage,
    });
    this.#recoveries = new Recoveries({
      env,
      intake: this.#intake,
      dispatcher,
      tree,
      breakers: this.#breakers,
      policyHash: this.policyHash,
      options: options.recovery,
      maxAttempts: recoveryAttempts(),
      keep: this.#storage.keep,
      hasStore: this.#storage.hasFile,
      foreignState: (name) => this.#health.foreignState(name),
      components: () => this.#health.components(),
      checkOf: (name) => (this.#health.hasCheck(name) ? () => this.#health.probe(name) : undefined),
    });
    this.recovery = this.#recoveries.face;
    const engine = new Engine({ env, events: dispatcher, tree, threads: options.threads, memory });
    this.#engine = engine;
    this.#pipelines = new Pipelines({
      env,
      intake: this.#intake,
      dispatcher,
      deadlines: new Deadlines(env, (error) => dispatcher.callbackFailed('deadline', error)),
      breakers: this.#breakers,
      tree,
      meterFor: (pipeline, names) => this.#meters.forPipeline(pipeline, names),
      seat: (name) => this.#recoveries.seat(name),
      capacity: pipelines,
      level: () => this.degradation.level,
    });
    this.#steering = new Steering(options.degradation, {
      env,
      intake: this.#intake,
      dispatcher,
      tree,
      pipelines: this.#pipelines,
      keep: this.#storage.keep,
      breakerState: (name) => this.#breakers.stateOf(name),
      foreignState: (name) => this.#health.foreignState(name),
      score: () => this.#health.scoreToFollow,
      tickMs: () => this.#health.intervalMs,
      pains: () => this.#health.pains(),
      checkAnswer: (name) => this.#health.answerOf(name),
    });
    this.#meters = new Meters({
      name: this.name,
      policyHash: this.policyHash,
      env,
      intake: this.#intake,
      dispatcher,
      memory,
      engine,
      tree,
      pipelines: this.#pipelines,
      ledger: this.#storage.ledger,
      options: options.metering,
      isEnabled: isMetering,
    });
    const { health, face } = runtimeHealth({
      env,
      dispatcher,
      intake: this.#intake,
      policyHash: this.policyHash,
      options: options.health,
      keep: this.#storage.hasFile ? this.#storage.keep : undefined,
      breakers: this.#breakers.scored,
      score: async (nowMs) => this.#breakers.withoutOurs(await engine.score(this.#slots.used, nowMs), nowMs),
      onRegistered: (name) => this.#recoveries.probeGiven(name),
      onEnded: (kind, name) => this.#recoveries.sourceEnded(kind, name),
      onTick: (reading) => {
        this.#timeline.sample(env.now() - this.#startedAt, reading, this.#pipelines.outcomes);
        this.#storage.sampled(reading);
        this.#steering.scored();
      },
    });
    this.#health = health;
    this.health = face;
    this.#alerting = new Alerting(options.alerts, {
      name: this.name,
      policyHash: this.policyHash,
      env,
      intake: this.#intake,
      dispatcher,
      tree,
      pipelines: this.#pipelines,
      isOurs: (breaker) => this.#breakers.isOurs(breaker),
      startedAt: this.#startedAt,
      keep: this.#storage.keep,
      sources: {
        health: () => health.report(),
        components: () => health.components(),
        breakers: () => this.#breakers.glances(),
        pipelines: () => this.#pipelines.theirs(),
        sinks: () => this.#meters.sinks(),
        recoveries: () => this.#recoveries.reading.recoveries,
        pains: () => health.pains(),
        queueDepth: () => (this.#pipelines.hasBulkheads ? this.#pipelines.waiting : null),
        level: () => (this.#steering.hasBegun ? this.#steering.level : null),
        hasRateLimits: () => this.#pipelines.hasRateLimits,
      },
    });
  }

  /** @internal Open the store, if there is one. throws  what makes a start fail; nothing is left running then */
  async open(): Promise<void> {
    try {
      await this.#storage.open((totals) => this.#meters.restore(totals));
      await this.#health.restore();
      await this.#alerting.restore();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** @internal Begin what runs by itself: the health tick, and whoever carries usage to its sinks. */
  watch(): void {
    this.#meters.watch();
    const health = this.#health;
    this.#tree.add('control', { id: 'health', start: () => health.start(), stop: () => health.stop() });
    this.#steering.watch();
    if (this.#storage.hasFile) this.#recoveries.begin(); // what an earlier process was recovering goes on
    this.#alerting.watch();
  }

  /** How much of itself the application still does. The sensors are read from its first use on. */
  get degradation(): RuntimeDegradation {
    return this.#steering.face;
  }

  /** What people are told. The rules are looked at from its first use on, or from the start where it was given options. */
  get alerts(): RuntimeAlerts {
    return this.#alerting.face;
  }

  /** Metering begins with its first use: a worker thread, and a drain each second. After the stop it drops. */
  get metering(): RuntimeMetering {
    return this.#meters.face;
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
  circuitHealth(): { readonly health: HealthReading; readonly breakers: Section<CircuitReading> } {
    return { health: this.health.report(), breakers: this.#breakers.circuits() };
  }

  /**
   * The pipeline of that name, made on first use. Its breaker, if it has one, is `runtime.breaker(name)`.
   *
   * in      options   the policies in the default order; or an array of them, the outermost first
   * throws  as `breaker`
   */
  pipeline<F = never>(name: string, options?: PipelineOptions<F> | readonly PipelineLayer<F>[]): Pipeline<F> {
    return this.#pipelines.named(name, options);
  }

  /**
   * Call `fn` through the pipeline of the service's name, else its breaker; where it fails have the service recovered,
   * and where it may be repeated and the recovery succeeds in time, call it once more.
   *
   * throws  what `fn` threw first · INVALID_OPTIONS, also for a service nothing can be found out about · STOPPED
   */
  executeWithHealing<T>(service: string, fn: Protected<T>, options?: HealingOptions): Promise<T> {
    const { env } = this;
    const wayOf = (name: string): Breaker | Pipeline<unknown> | undefined =>
      this.#pipelines.find(name) ?? this.#breakers.find(name);
    return executeWithHealing(
      { env, intake: this.#intake, recovery: this.#recoveries.recovery, wayOf },
      service,
      fn,
      options,
    );
  }

  /**
   * Hang something of the application's own into the supervision tree: it is started now, restarted when it fails, and
   * stopped before everything it may lean on.
   *
   * throws  INVALID_OPTIONS · DUPLICATE_CHILD · STOPPED
   */
  supervise<R>(part: SupervisedPart<R> | SupervisedActor): SupervisedActorHandle {
    const spec = supervisedChild(part);
    if (!this.#intake.isOpen) throw this.#intake.stopped(`supervise "${spec.id}"`);
    const child = this.#tree.add('surfaces', spec);
    return { ready: child.ready, terminate: () => child.terminate(), send: (event) => child.send(event) };
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
      components: this.health.components(),
      ...this.#steering.readings(),
      metering: self('total', this.#meters.reading()),
      usage: this.#meters.usage(),
      children: this.#tree.reading(),
      charts: (this.#charts ??= chartSection()),
      engine: self('self', this.#engine.reading),
      ...this.#recoveries.reading,
      store: this.#storage.reading(),
      ...this.#alerting.readings(),
      transitions: this.#timeline.transitions,
      timeline: this.#timeline.happenings,
      samples: this.#timeline.samples,
    };
  }

  /**
   * Take no more work, stop everything in the reverse order of its start, flush what was metered. Bounded in time;
   * calling it twice is fine. Calls under way go on to their own end, and keep the process alive until their timeouts;
   * with `drainMs` those of pipelines are waited for so long at most, and metered.
   *
   * throws  INVALID_OPTIONS
   */
  async stop(options: StopOptions = {}): Promise<void> {
    const { drainMs } = parseOptions(stopOptions, options, 'runtime.stop');
    this.#intake.close();
    await drained(this.env, () => this.#pipelines.inFlight, drainMs);
    await this.#tree.stop();
    // Where the root had given up these went on alone.
    this.#recoveries.stop();
    this.#steering.stop();
    await this.#alerting.stop();
    await this.#meters.stop();
    this.#health.stop(); // of a tree that has ended, nobody else does
    await this.#storage.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** The root has given up. Calls go on being decided here; whoever would rather die says so. */
  #onFatal(consequence: 'emit' | 'throw', error: unknown): void {
    this.#isDegraded = true; // `supervisor.escalated` of `root` has been emitted
    this.#health.start(); // watched by nobody: a report that nobody makes any more would go on saying that all is well
    this.#meters.goOnAlone();
    this.#recoveries.goOnAlone();
    this.#steering.goOnAlone();
    this.#alerting.goOnAlone(); // people should hear of it
    if (consequence === 'emit') return;
    this.env.defer(() => {
      throw error;
    });
  }
}
