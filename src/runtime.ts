/**
 * The runtime: the composition root, and with `runtime-parts.ts` the only place that knows every room.
 *
 * Constructing one is pure memory; threads, timers and files begin with their first use. Surfaces (feed, demo …) are
 * hung in from outside and see only what is public here.
 */
import { breakerChild } from '../actors/breaker-child.ts';
import type { InspectionObserver } from '../actors/inspect-tree.ts';
import type { TreeNode } from '../actors/read-tree.ts';
import { type ChildHandle, startTree, type Tree } from '../actors/root.ts';
import { compileBreaker } from '../actors/step.ts';
import { breakerScore } from './control/health/score.ts';
import { Health } from './control/health/health.ts';
import { describe } from './core/describe.ts';
import { Dispatcher } from './core/dispatcher.ts';
import type { Env, Pool } from './core/env.ts';
import type { EventType, Listener } from './core/events.ts';
import { Intake } from './core/intake.ts';
import { nullRecord } from './core/null-record.ts';
import { realEnv } from './core/real-env.ts';
import type { BreakerReading, PipelineReading, Readings, Section } from './core/readings.ts';
import { parseOptions } from './core/schema.ts';
import { MemoryLedger } from './durable/metering/memory-ledger.ts';
import { Metering } from './durable/metering/metering.ts';
import { Compute } from './hotpath/compute.ts';
import type { ScoreSum } from './hotpath/kernel.ts';
import { Deadlines } from './hotpath/deadlines.ts';
import { allocateMemory } from './hotpath/memory.ts';
import { type WorkerAnswer, workerCore, workerEntry, type WorkerTask } from './hotpath/worker-core.ts';
import { Slots } from './hotpath/slots.ts';
import { Breaker } from './policies/breaker/breaker.ts';
import {
  type ResolvedSoloBreakerOptions,
  type SoloBreakerOptions,
  soloBreakerOptions,
} from './policies/breaker/options.ts';
import { BreakerSlot, type Transition } from './policies/breaker/slot.ts';
import { pipelineOptions, type PipelineOptions, type ResolvedPipelineOptions } from './policies/options.ts';
import { Pipeline } from './policies/pipeline.ts';
import { type Classify, voter } from './policies/voter.ts';
import { Registry } from './registry.ts';
import { policyHashOf, type RuntimeOptions, runtimeOptions } from './runtime-options.ts';
import { Timeline } from './timeline.ts';
import { type SupervisedHandle, type SupervisedPart, supervisedPart } from './supervised-part.ts';

type AnyEvent = Parameters<ChildHandle['send']>[0];

/** A named breaker and its row. */
interface Guard {
  readonly breaker: Breaker;
  readonly slot: BreakerSlot;
}

/**
 * Start a runtime.
 *
 * throws  INVALID_OPTIONS naming the path · CAPACITY_EXHAUSTED when the capacities come to more than 256 MiB
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const runtime = new Runtime(options);
  runtime.watch();
  return runtime;
}

export class Runtime implements AsyncDisposable {
  readonly name: string;
  /** The deployment's governance fingerprint: carried by every event and reading. */
  readonly policyHash: string;
  readonly env: Env;
  /** What the runtime says of itself: `on('breaker.transitioned', …)`, or `on('*', …)` for all of it. */
  readonly events: { on<T extends EventType>(type: T | '*', listener: Listener<T>): () => void };
  readonly health: Health;
  /** `tree()` is the supervision tree as it stands: state, restarts and uptime of everything that can die. */
  readonly supervisor: { tree(): TreeNode };

  readonly #startedAt: number;
  readonly #startedWallMs: number;
  readonly #intake = new Intake();
  readonly #dispatcher: Dispatcher;
  readonly #slots: Slots;
  readonly #steps = compileBreaker();
  readonly #deadlines: Deadlines;
  readonly #compute: Compute<WorkerTask, WorkerAnswer>;
  readonly #metering: Metering;
  readonly #timeline = new Timeline();
  readonly #tree: Tree;
  readonly #guards = new Registry<Guard, ResolvedSoloBreakerOptions>('breaker');
  readonly #pipelines = new Registry<Pipeline<unknown>, ResolvedPipelineOptions>('pipeline');
  #isDegraded = false;
  #isMetering = false;
  #ticks = 0;
  #workerTicks = 0;

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
    this.events = { on: (type, listener) => dispatcher.on(type, listener) };
    const { breakers, windowBytes, meteringRecords, meteringGroups } = options.capacity;
    const memory = allocateMemory({
      slots: breakers,
      blockBytes: windowBytes,
      ringRecords: meteringRecords,
      groups: meteringGroups,
    });
    this.#slots = new Slots(memory);
    this.#deadlines = new Deadlines(env, (error) => dispatcher.callbackFailed('deadline', error));
    const tree = startTree({ env, events: dispatcher, onFatal: (error) => this.#onFatal(options.onFatal, error) });
    this.#tree = tree;
    this.supervisor = { tree: () => tree.tree() };
    this.#compute = new Compute({
      env,
      events: dispatcher,
      threads: options.threads,
      entry: workerEntry,
      shared: memory,
      core: workerCore,
    });
    this.#metering = new Metering({
      env,
      events: dispatcher,
      memory,
      ledger: new MemoryLedger(),
      drain: async (from, to) => (await this.#compute.run({ kind: 'drain', from, to })) as number,
      onFailure: (error) => dispatcher.emit('metering.failed', { error: describe(error) }),
    });
    this.health = new Health({
      env,
      events: dispatcher,
      score: (nowMs) => this.#score(nowMs),
      onTick: (reading) => this.#timeline.sample(env.now() - this.#startedAt, reading, this.#pipelineReadings()),
    });
  }

  /** @internal Begin what runs by itself: the health tick. */
  watch(): void {
    const { health } = this;
    this.#tree.add('control', { id: 'health', start: () => health.start(), stop: () => health.stop() });
  }

  /** Metering begins with its first use: a worker thread, and a drain each second. */
  get metering(): Metering {
    const metering = this.#metering;
    if (!this.#isMetering) {
      this.#isMetering = true;
      const compute = this.#compute;
      this.#hang('compute', {
        id: 'pool',
        start: (scope) => compute.start((error) => scope.fail(error)),
        stop: (pool) => compute.stop(pool as Pool),
      });
      this.#hang('compute', { id: 'metering', start: () => metering.start(), stop: () => metering.stop() });
    }
    return metering;
  }

  /**
   * The breaker of that name, made on first use.
   *
   * throws  INVALID_OPTIONS for bad options, or for others than those it was made with · CAPACITY_EXHAUSTED · STOPPED
   */
  breaker(name: string, options?: SoloBreakerOptions): Breaker {
    return this.#guard(name, options).breaker;
  }

  /**
   * The pipeline of that name, made on first use. Its breaker, if it has one, is `runtime.breaker(name)`.
   *
   * throws  as `breaker`
   */
  pipeline<F = never>(name: string, options?: PipelineOptions<F>): Pipeline<F> {
    if (!this.#intake.isOpen) throw this.#intake.stopped(`pipeline "${name}"`);
    const parse = (): ResolvedPipelineOptions => parseOptions(pipelineOptions, options ?? {}, `pipeline "${name}"`);
    const make = (resolved: ResolvedPipelineOptions): Pipeline<unknown> => this.#makePipeline(name, resolved);
    return this.#pipelines.getOrCreate(name, options !== undefined, parse, make) as Pipeline<F>;
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
      }),
      breakers: sectionOf(this.#guards, ({ slot }) => breakerReading(slot)),
      pipelines: sectionOf(this.#pipelines, (pipeline) => pipeline.reading()),
      health: self('system', this.health.report()),
      metering: self('total', this.#metering.totals()),
      usage: this.#metering.usage(),
      children: this.#tree.reading(),
      engine: self('self', {
        kind: 'wasm',
        ...this.#compute.reading,
        ticks: this.#ticks,
        workerTicks: this.#workerTicks,
      }),
      transitions: this.#timeline.transitions,
      samples: this.#timeline.samples,
    };
  }

  /**
   * Take no more work, stop everything in the reverse order of its start, flush what was metered. Bounded in time;
   * calling it twice is fine.
   */
  async stop(): Promise<void> {
    this.#intake.close();
    await this.#tree.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Into the tree while there is one: should its root have given up, calls are decided and metered all the same. */
  #hang(...child: Parameters<Tree['add']>): ChildHandle | undefined {
    return this.#tree.hasEnded ? undefined : this.#tree.add(...child);
  }

  /** The root has given up. Calls go on being decided here; whoever would rather die says so. */
  #onFatal(consequence: 'emit' | 'throw', error: unknown): void {
    this.#isDegraded = true; // `supervisor.escalated` of `root` has been emitted
    if (consequence === 'emit') return;
    this.env.defer(() => {
      throw error;
    });
  }

  async #score(nowMs: number): Promise<ScoreSum> {
    this.#ticks++;
    if (this.#compute.isThreaded) this.#workerTicks++;
    return (await this.#compute.run({ kind: 'score', used: this.#slots.used, nowMs })) as ScoreSum;
  }

  #guard(name: string, given: SoloBreakerOptions | undefined): Guard {
    if (!this.#intake.isOpen) throw this.#intake.stopped(`breaker "${name}"`);
    const parse = (): ResolvedSoloBreakerOptions => parseOptions(soloBreakerOptions, given ?? {}, `breaker "${name}"`);
    return this.#guards.getOrCreate(name, given !== undefined, parse, (options) => this.#makeGuard(name, options));
  }

  #makeGuard(name: string, options: ResolvedSoloBreakerOptions): Guard {
    let actor: ChildHandle | undefined;
    const slot = new BreakerSlot(
      {
        env: this.env,
        slots: this.#slots,
        steps: this.#steps,
        keepsLatencies: true,
        observer: {
          transitioned: (transition) => {
            actor?.send({ type: transition.event });
            if (options.autoHalfOpen && transition.to === 'open')
              actor?.send({ type: 'waiting', dueInMs: slot.retryAfterMs() } as AnyEvent);
            this.#transitioned(name, transition);
          },
          probing: (dueInMs) => actor?.send({ type: 'probing', dueInMs } as AnyEvent),
          crossed: (rule) => this.#dispatcher.emit('breaker.crossed', { breaker: name, rule }),
          callbackFailed: (option, error) => this.#dispatcher.callbackFailed(`breaker "${name}" ${option}`, error),
        },
      },
      options,
    );
    actor = this.#hang('core', breakerChild(name, slot));
    const breaker = new Breaker(name, slot, {
      env: this.env,
      intake: this.#intake,
      vote: this.#voter(`breaker "${name}" classify`, options.classify),
      onTransition: (own, listener) =>
        this.#dispatcher.on('breaker.transitioned', (event) => {
          if (event.breaker === own) return listener(event);
        }),
    });
    return { breaker, slot };
  }

  #makePipeline(name: string, options: ResolvedPipelineOptions): Pipeline<unknown> {
    return new Pipeline(name, {
      env: this.env,
      intake: this.#intake,
      slot: options.breaker && this.#guard(name, options.breaker).slot,
      deadlines: options.timeoutMs === undefined ? undefined : this.#deadlines.listFor(options.timeoutMs),
      fallback: options.fallback,
      vote: this.#voter(`pipeline "${name}" classify`, options.classify),
    });
  }

  #voter(callback: string, classify: Classify | undefined): Classify {
    return voter(classify, (error) => this.#dispatcher.callbackFailed(callback, error));
  }

  #transitioned(breaker: string, transition: Transition): void {
    const { from, to, rule, epoch, by, reason } = transition;
    this.#timeline.transitioned({ breaker, from, to, rule, atMs: this.env.now() - this.#startedAt });
    const manual = by !== undefined && reason !== undefined ? { by, reason } : {};
    this.#dispatcher.emit('breaker.transitioned', { breaker, from, to, rule, epoch, ...manual });
  }

  *#pipelineReadings(): Generator<PipelineReading> {
    for (const [, pipeline] of this.#pipelines) yield pipeline.reading();
  }
}

function breakerReading(slot: BreakerSlot): BreakerReading {
  const { total, failed, slow, failureRate, notPermitted } = slot.counts();
  const { state, epoch } = slot;
  const retryAfterMs = state === 'open' ? (slot.retryAfterMs() ?? null) : null;
  return {
    state,
    epoch,
    score: breakerScore(state, failureRate, retryAfterMs === 0),
    failureRate,
    total,
    failed,
    slow,
    notPermitted,
    p50Ms: slot.latencyMs(0.5),
    p99Ms: slot.latencyMs(0.99),
    retryAfterMs,
  };
}

function sectionOf<T, R>(named: Iterable<[string, T]>, read: (item: T) => R): Section<R> {
  const section = nullRecord<R>();
  for (const [name, item] of named) section[name] = read(item);
  return section;
}
