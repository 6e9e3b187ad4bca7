/**
 * The runtime's arithmetic: the kernel, on worker threads once there is a reason for them, else in this thread.
 *
 * The pool is hung into the tree when somebody first needs it. Its first start takes a while: until it is up, tasks
 * run here.
 */
import type { Tree } from '../actors/root.ts';
import type { Env, Pool } from './core/env.ts';
import type { EventSink } from './core/events.ts';
import type { EngineReading } from './core/readings.ts';
import { Compute } from './hotpath/compute.ts';
import type { ScoreSum } from './hotpath/kernel.ts';
import type { SharedMemory } from './hotpath/memory.ts';
import { type WorkerAnswer, workerCore, workerEntry, type WorkerTask } from './hotpath/worker-core.ts';

/** From so many slots on, a tick takes longer than a call should wait for: the pool is started for it. See DESIGN. */
const POOL_FROM_SLOTS = 8_192;

export interface EngineParts {
  readonly env: Env;
  readonly events: EventSink;
  readonly tree: Tree;
  readonly threads: number;
  readonly memory: SharedMemory;
}

export class Engine {
  readonly #tree: Tree;
  readonly #compute: Compute<WorkerTask, WorkerAnswer>;
  #hasPool = false;
  #ticks = 0;
  #workerTicks = 0;

  constructor({ env, events, tree, threads, memory }: EngineParts) {
    this.#tree = tree;
    this.#compute = new Compute({ env, events, threads, entry: workerEntry, shared: memory, core: workerCore });
  }

  get reading(): EngineReading {
    return { kind: 'wasm', ...this.#compute.reading, ticks: this.#ticks, workerTicks: this.#workerTicks };
  }

  /** Score the first `used` slots as of `nowMs`. */
  async score(used: number, nowMs: number): Promise<ScoreSum> {
    if (used >= POOL_FROM_SLOTS && !this.#tree.hasEnded) this.needPool();
    this.#ticks++;
    const { result, onWorker } = await this.#compute.runSomewhere({ kind: 'score', used, nowMs });
    if (onWorker) this.#workerTicks++;
    return result as ScoreSum;
  }

  /** Aggregate the ring's records [from, to) into the scratch; out: the groups touched. */
  async drain(from: number, to: number): Promise<number> {
    return (await this.#compute.run({ kind: 'drain', from, to })) as number;
  }

  /** Have worker threads from now on. */
  needPool(): void {
    if (this.#hasPool) return;
    this.#hasPool = true;
    const compute = this.#compute;
    this.#tree.add('compute', {
      id: 'pool',
      start: (scope) => compute.start((error) => scope.fail(error)),
      stop: (pool) => compute.stop(pool as Pool),
    });
  }
}
