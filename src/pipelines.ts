/** A runtime's pipelines: made on first use from their options and the runtime's parts, and what they show. */
import type { Tree } from '../actors/root.ts';
import type { Breakers } from './breakers.ts';
import { describe } from './core/describe.ts';
import type { Dispatcher } from './core/dispatcher.ts';
import type { Env } from './core/env.ts';
import type { Intake } from './core/intake.ts';
import type { ByLevel } from './core/levels.ts';
import { nullRecord } from './core/null-record.ts';
import { noOutcomes, type OutcomeCounts } from './core/outcome.ts';
import type { ProviderSeat } from './core/provider-seat.ts';
import type { Level, PipelineReading, Section } from './core/readings.ts';
import { parseOptions } from './core/schema.ts';
import type { Deadlines } from './hotpath/deadlines.ts';
import { Bulkhead } from './policies/bulkhead/bulkhead.ts';
import { ResourcePool } from './policies/bulkhead/pool.ts';
import type { CallCounts } from './policies/call-counts.ts';
import type { CallMeter, CallNames } from './policies/call-meter.ts';
import { Corridor } from './policies/corridor.ts';
import { LayeredCorridor } from './policies/layers/layered-corridor.ts';
import { type PipelineLayer, pipelineLayers, type ResolvedPipelineLayer } from './policies/layers/options.ts';
import { pipelineOptions, type PipelineOptions, type ResolvedPipelineOptions } from './policies/options.ts';
import { Pipeline } from './policies/pipeline.ts';
import type { CountingPolicies } from './policies/policies-reading.ts';
import { RateLimiter } from './policies/rate-limit/limiter.ts';
import { type Exhaustion, retryOf } from './policies/retry/retry.ts';
import { layersOf, type PolicyMaker } from './layers-of.ts';
import type { Classify } from './policies/voter.ts';
import { type AttemptDeadlines, LeveledDeadlines } from './policies/timeout/leveled-deadlines.ts';
import { Registry } from './registry.ts';

export interface PipelinesParts {
  readonly env: Env;
  readonly intake: Intake;
  readonly dispatcher: Dispatcher;
  readonly deadlines: Deadlines;
  readonly breakers: Breakers;
  readonly tree: Tree;
  /** What charges for the calls of a pipeline; undefined where metering is off. */
  readonly meterFor: (pipeline: string, names: CallNames) => CallMeter | undefined;
  /** Where a pipeline of that name reads its provider. */
  readonly seat: (name: string) => ProviderSeat;
  /** How many there may be. */
  readonly capacity: number;
  /** The level in force. Asked only for a pipeline whose times depend on it. */
  readonly level: () => Level;
}

/** What a pipeline is told by, whichever form it has. */
interface Tellers {
  readonly toVote: (classify: ResolvedPipelineOptions['classify']) => Classify;
  readonly toMeter: (names: ResolvedPipelineOptions['meter']) => CallMeter | undefined;
}

/** In the default order, or in an order of the user's own. */
type Resolved = ResolvedPipelineOptions | readonly ResolvedPipelineLayer[];

export class Pipelines {
  readonly #parts: PipelinesParts;
  readonly #registry: Registry<Pipeline<unknown>, Resolved>;
  readonly #bulkheads: Pick<Bulkhead, 'reading'>[] = [];
  /** What the application's count. */
  readonly #theirs: CallCounts[] = [];
  /** And what ended of it, by itself: the way through a thousand pipelines to it is half of its sum. */
  readonly #theirOutcomes: OutcomeCounts[] = [];
  readonly #ours = new Set<string>();
  #hasRateLimits = false;
  /** Those whose time for an attempt depends on the level. */
  readonly #leveled: { readonly deadlines: LeveledDeadlines; readonly timeoutMs: ByLevel<number> }[] = [];

  constructor(parts: PipelinesParts) {
    this.#parts = parts;
    this.#registry = new Registry('pipeline', { option: 'capacity.pipelines', size: parts.capacity });
  }

  /**
   * in      intake   another than the runtime's for a pipeline of its own, which goes on while the runtime stops
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED · STOPPED
   */
  named<F>(
    name: string,
    options: PipelineOptions<F> | readonly PipelineLayer<F>[] | undefined,
    intake = this.#parts.intake,
  ): Pipeline<F> {
    if (!intake.isOpen) throw intake.stopped(`pipeline ${describe(name)}`);
    const schema = Array.isArray(options) ? pipelineLayers : pipelineOptions;
    const parse = (): Resolved => parseOptions(schema, options === undefined ? {} : options, `pipeline "${name}"`);
    const make = (resolved: Resolved): Pipeline<unknown> => this.#make(name, resolved, intake);
    return this.#registry.getOrCreate(name, options !== undefined, parse, make) as Pipeline<F>;
  }

  /** The one there is. Makes none. */
  find(name: string): Pipeline<unknown> | undefined {
    return this.#registry.get(name);
  }

  reading(): Section<PipelineReading> {
    return this.#section(() => true);
  }

  /** The application's alone: without our own ways out. */
  theirs(): Section<PipelineReading> {
    return this.#section((name) => !this.#ours.has(name));
  }

  #section(isShown: (name: string) => boolean): Section<PipelineReading> {
    const section = nullRecord<PipelineReading>();
    for (const [name, pipeline] of this.#registry) if (isShown(name)) section[name] = pipeline.reading();
    return section;
  }

  /** Calls under way in the application's pipelines, all together. */
  get inFlight(): number {
    return this.#theirs.reduce((sum, counts) => sum + counts.inFlight, 0);
  }

  /** Calls that ended so far in the application's pipelines, all together. */
  get outcomes(): OutcomeCounts {
    const sum = noOutcomes();
    for (const { success, failure, ignored, timeout, aborted, rejected, fallback } of this.#theirOutcomes) {
      sum.success += success;
      sum.failure += failure;
      sum.ignored += ignored;
      sum.timeout += timeout;
      sum.aborted += aborted;
      sum.rejected += rejected;
      sum.fallback += fallback;
    }
    return sum;
  }

  /** Calls that wait in bulkheads, all together. */
  get waiting(): number {
    return this.#bulkheads.reduce((sum, bulkhead) => sum + bulkhead.reading().queued, 0);
  }

  get hasBulkheads(): boolean {
    return this.#bulkheads.length > 0;
  }

  get hasRateLimits(): boolean {
    return this.#hasRateLimits;
  }

  /** Attempts that begin from now on have the time of that level. */
  follow(level: Level): void {
    for (const { deadlines, timeoutMs } of this.#leveled)
      deadlines.current = this.#parts.deadlines.listFor(timeoutMs[level]);
  }

  #make(name: string, options: Resolved, intake: Intake): Pipeline<unknown> {
    const { env, breakers, tree, meterFor, seat } = this.#parts;
    const ends: (() => Promise<void>)[] = [];
    const policies: CountingPolicies = { retries: [], limiters: [], bulkheads: [], pools: [] };
    const maker = this.#maker(name, ends, policies);
    const toVote = (classify: ResolvedPipelineOptions['classify']): Classify =>
      breakers.voter(`pipeline "${name}"`, classify);
    const toMeter = (names: ResolvedPipelineOptions['meter']): CallMeter | undefined => names && meterFor(name, names);
    const corridor = isLayered(options)
      ? new LayeredCorridor(name, {
          env,
          seat: seat(name),
          layers: layersOf(options, maker),
          meter: toMeter(options.find(({ meter }) => meter)?.meter),
          toVote: toVote(options.find(({ classify }) => classify)?.classify),
        })
      : this.#frame(name, options, maker, { toVote, toMeter });
    if (intake === this.#parts.intake) {
      this.#theirs.push(corridor.counts);
      this.#theirOutcomes.push(corridor.counts.outcomes);
    } else {
      this.#ours.add(name);
      breakers.leaveOut(name);
    }
    const stop = async (): Promise<void> => void (await Promise.all(ends.map((end) => end())));
    if (ends.length > 0 && !tree.hasEnded) tree.add('control', { id: `bulkhead ${name}`, start: () => {}, stop });
    this.#bulkheads.push(...policies.bulkheads);
    return new Pipeline(intake, corridor, policies);
  }

  #frame(name: string, options: ResolvedPipelineOptions, maker: PolicyMaker, { toVote, toMeter }: Tellers): Corridor {
    const { env, breakers, seat } = this.#parts;
    const { totalTimeoutMs } = options;
    return new Corridor(name, {
      env,
      ...breakers.forPipeline(name, options.breaker),
      deadlines: this.#attemptDeadlines(options.timeoutMs),
      total: totalTimeoutMs === undefined ? undefined : maker.deadlines(totalTimeoutMs),
      retry: options.retry && maker.retry(options.retry),
      limiter: options.rateLimit && maker.limiter(options.rateLimit),
      ...(options.bulkhead && maker.bulkhead(options.bulkhead)),
      fallback: options.fallback,
      seat: seat(name),
      meter: toMeter(options.meter),
      vote: toVote(options.classify),
    });
  }

  #attemptDeadlines(timeoutMs: ResolvedPipelineOptions['timeoutMs']): AttemptDeadlines | undefined {
    if (timeoutMs === undefined) return undefined;
    const { deadlines: lists, level } = this.#parts;
    if (typeof timeoutMs === 'number') return lists.listFor(timeoutMs);
    const deadlines = new LeveledDeadlines(lists.listFor(timeoutMs[level()]));
    this.#leveled.push({ deadlines, timeoutMs });
    return deadlines;
  }

  /**
   * in  ends       takes what must end with the runtime: a bulkhead's timers, a pool's resources
   *     policies   takes each that counts
   */
  #maker(name: string, ends: (() => Promise<void>)[], policies: CountingPolicies): PolicyMaker {
    const { env, dispatcher, deadlines, breakers, level } = this.#parts;
    const onCallbackFailed = (option: string, error: unknown): void =>
      dispatcher.callbackFailed(`pipeline "${name}" ${option}`, error);
    return {
      env,
      breaker: (options) => breakers.forPipeline(name, options),
      deadlines: (ms) => deadlines.listFor(ms),
      level,
      retry(options) {
        const onExhausted = (exhaustion: Exhaustion): void =>
          dispatcher.emit('retry.exhausted', { pipeline: name, ...exhaustion });
        return kept(policies.retries, retryOf(options, env, onCallbackFailed, onExhausted));
      },
      limiter: (options) => {
        this.#hasRateLimits = true;
        return kept(policies.limiters, new RateLimiter(options, env.now()));
      },
      bulkhead(options) {
        const { maxWaitMs, maxConcurrent, abandonAfterMs, pool: pooled } = options;
        const list = maxWaitMs === undefined ? undefined : deadlines.listFor(maxWaitMs);
        const bulkhead = kept(policies.bulkheads, new Bulkhead(options, { env, deadlines: list }));
        const poolParts = { name, env, onCallbackFailed };
        const pool = pooled && kept(policies.pools, new ResourcePool(pooled, pooled.size ?? maxConcurrent, poolParts));
        if (pool !== undefined || abandonAfterMs !== undefined)
          ends.push(async () => {
            bulkhead.close();
            await pool?.close();
          });
        return { bulkhead, pool };
      },
    };
  }
}

function kept<T>(among: unknown[], made: T): T {
  among.push(made);
  return made;
}

function isLayered(options: Resolved): options is readonly ResolvedPipelineLayer[] {
  return Array.isArray(options);
}
