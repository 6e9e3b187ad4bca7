/** A runtime's pipelines: made on first use from their options and the runtime's parts, and what they show. */
import type { Tree } from '../actors/root.ts';
import type { Breakers } from './breakers.ts';
import type { Dispatcher } from './core/dispatcher.ts';
import type { Env } from './core/env.ts';
import type { Intake } from './core/intake.ts';
import type { ByLevel } from './core/levels.ts';
import { nullRecord } from './core/null-record.ts';
import type { Level, PipelineReading, Section } from './core/readings.ts';
import { parseOptions } from './core/schema.ts';
import type { DeadlineList } from './hotpath/deadline-list.ts';
import type { Deadlines } from './hotpath/deadlines.ts';
import { Bulkhead } from './policies/bulkhead/bulkhead.ts';
import type { ResolvedBulkheadOptions } from './policies/bulkhead/options.ts';
import { ResourcePool } from './policies/bulkhead/pool.ts';
import { Corridor } from './policies/corridor.ts';
import { pipelineOptions, type PipelineOptions, type ResolvedPipelineOptions } from './policies/options.ts';
import { Pipeline } from './policies/pipeline.ts';
import { RateLimiter } from './policies/rate-limit/limiter.ts';
import { retryOf } from './policies/retry/retry.ts';
import { LeveledDeadlines } from './policies/timeout/leveled-deadlines.ts';
import { Registry } from './registry.ts';

export interface PipelinesParts {
  readonly env: Env;
  readonly intake: Intake;
  readonly dispatcher: Dispatcher;
  readonly deadlines: Deadlines;
  readonly breakers: Breakers;
  readonly tree: Tree;
  /** How many there may be. */
  readonly capacity: number;
  /** The level in force. Asked only for a pipeline whose times depend on it. */
  readonly level: () => Level;
}

export class Pipelines {
  readonly #parts: PipelinesParts;
  readonly #registry: Registry<Pipeline<unknown>, ResolvedPipelineOptions>;
  readonly #bulkheads: Bulkhead[] = [];
  /** Those whose time for an attempt depends on the level. */
  readonly #leveled: { readonly deadlines: LeveledDeadlines; readonly timeoutMs: ByLevel<number> }[] = [];

  constructor(parts: PipelinesParts) {
    this.#parts = parts;
    this.#registry = new Registry('pipeline', { option: 'capacity.pipelines', size: parts.capacity });
  }

  /** throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED · STOPPED */
  named<F>(name: string, options: PipelineOptions<F> | undefined): Pipeline<F> {
    const { intake } = this.#parts;
    if (!intake.isOpen) throw intake.stopped(`pipeline "${name}"`);
    const parse = (): ResolvedPipelineOptions =>
      parseOptions(pipelineOptions, options === undefined ? {} : options, `pipeline "${name}"`);
    const make = (resolved: ResolvedPipelineOptions): Pipeline<unknown> => this.#make(name, resolved);
    return this.#registry.getOrCreate(name, options !== undefined, parse, make) as Pipeline<F>;
  }

  reading(): Section<PipelineReading> {
    const section = nullRecord<PipelineReading>();
    for (const [name, pipeline] of this.#registry) section[name] = pipeline.reading();
    return section;
  }

  /** Calls that wait in bulkheads, all together. */
  get waiting(): number {
    return this.#bulkheads.reduce((sum, bulkhead) => sum + bulkhead.reading().queued, 0);
  }

  /** Attempts that begin from now on have the time of that level. */
  follow(level: Level): void {
    for (const { deadlines, timeoutMs } of this.#leveled)
      deadlines.current = this.#parts.deadlines.listFor(timeoutMs[level]);
  }

  #make(name: string, options: ResolvedPipelineOptions): Pipeline<unknown> {
    const { env, intake, dispatcher, deadlines, breakers } = this.#parts;
    const failed = (option: string, error: unknown): void =>
      dispatcher.callbackFailed(`pipeline "${name}" ${option}`, error);
    const listFor = (ms: number | undefined): DeadlineList | undefined =>
      ms === undefined ? undefined : deadlines.listFor(ms);
    const corridor = new Corridor(name, {
      env,
      ...breakers.forPipeline(name, options.breaker),
      deadlines:
        typeof options.timeoutMs === 'object' ? this.#leveledBy(options.timeoutMs) : listFor(options.timeoutMs),
      total: listFor(options.totalTimeoutMs),
      retry: options.retry && retryOf(options.retry, env, failed),
      limiter: options.rateLimit && new RateLimiter(options.rateLimit, env.now()),
      ...(options.bulkhead && this.#makeBulkhead(name, options.bulkhead, listFor, failed)),
      fallback: options.fallback,
      vote: breakers.voter(`pipeline "${name}"`, options.classify),
    });
    return new Pipeline(intake, corridor);
  }

  #leveledBy(timeoutMs: ByLevel<number>): LeveledDeadlines {
    const deadlines = new LeveledDeadlines(this.#parts.deadlines.listFor(timeoutMs[this.#parts.level()]));
    this.#leveled.push({ deadlines, timeoutMs });
    return deadlines;
  }

  /** A bulkhead whose timers, and a pool whose resources, end with the runtime. */
  #makeBulkhead(
    name: string,
    options: ResolvedBulkheadOptions,
    listFor: (ms: number | undefined) => DeadlineList | undefined,
    onCallbackFailed: (option: string, error: unknown) => void,
  ): { readonly bulkhead: Bulkhead; readonly pool: ResourcePool | undefined } {
    const { env, tree } = this.#parts;
    const bulkhead = new Bulkhead(options, { env, deadlines: listFor(options.maxWaitMs) });
    this.#bulkheads.push(bulkhead);
    const size = options.pool?.size ?? options.maxConcurrent;
    const pool = options.pool && new ResourcePool(options.pool, size, { name, env, onCallbackFailed });
    const stop = async (): Promise<void> => {
      bulkhead.close();
      await pool?.close();
    };
    const hasEnd = pool !== undefined || options.abandonAfterMs !== undefined;
    if (hasEnd && !tree.hasEnded) tree.add('control', { id: `bulkhead ${name}`, start: () => {}, stop });
    return { bulkhead, pool };
  }
}
