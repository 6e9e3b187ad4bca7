/**
 * Where the kernel runs: on a worker thread while the pool is up, in this thread otherwise. The arithmetic is the same.
 *
 * A task whose thread died is run again. Three tasks in a row that could not be run are a pool gone wrong: its
 * supervisor is told and starts it anew; meanwhile tasks run here.
 */
import { describe } from '../core/describe.ts';
import type { Env, Pool, PoolOptions } from '../core/env.ts';
import type { EventSink } from '../core/events.ts';
import type { EngineReading } from '../core/readings.ts';

const MAX_FAILURES = 3;
/** How often one task may lose its thread before it counts as failed. */
const MAX_RUNS = 5;

export interface ComputeParts<Task, Result> {
  readonly env: Env;
  readonly events: EventSink;
  readonly threads: number;
  /** The worker's module, what it is given, and the function it is made of. */
  readonly entry: URL;
  readonly shared: unknown;
  readonly core: (shared: never) => (task: Task) => Result;
}

export interface Ran<Result> {
  readonly result: Result;
  readonly onWorker: boolean;
}

export class Compute<Task, Result> {
  readonly #parts: ComputeParts<Task, Result>;
  #inThread: ((task: Task) => Result) | undefined;
  #pool: Pool | undefined;
  #fail: ((error: unknown) => void) | undefined;
  #failures = 0;
  #threadsLost = 0;

  constructor(parts: ComputeParts<Task, Result>) {
    this.#parts = parts;
  }

  /** True while tasks go to a worker. */
  get isThreaded(): boolean {
    return this.#pool !== undefined;
  }

  get reading(): Pick<EngineReading, 'threads' | 'threadsLost'> {
    return { threads: this.#pool?.threads ?? 0, threadsLost: this.#threadsLost };
  }

  /** Open the pool. `fail` is called when it has gone wrong. */
  async start(fail: (error: unknown) => void): Promise<Pool> {
    const { env, threads, entry, shared, core } = this.#parts;
    const options = { threads, entry, shared, core: core as PoolOptions['core'], onThreadLost: this.#onThreadLost };
    const pool = await env.pool(options);
    this.#failures = 0;
    this.#fail = fail;
    this.#pool = pool;
    return pool;
  }

  async stop(pool: Pool): Promise<void> {
    if (this.#pool === pool) this.#pool = undefined;
    await pool.destroy();
  }

  /** throws  what the task threw, on whichever thread */
  async run(task: Task): Promise<Result> {
    return (await this.runSomewhere(task)).result;
  }

  /** As `run`, and says where it was in the end: a pool that is up may have failed under the task. */
  async runSomewhere(task: Task): Promise<Ran<Result>> {
    for (let run = 1; run <= MAX_RUNS && this.#pool !== undefined; run++) {
      const pool = this.#pool;
      try {
        const result = await pool.run(task);
        this.#failures = 0;
        return { result: result as Result, onWorker: true };
      } catch (error) {
        const isLost = pool.isThreadLoss(error);
        if (!isLost || run === MAX_RUNS) this.#failed(pool, error);
        if (!isLost) throw error;
      }
    }
    this.#inThread ??= this.#parts.core(this.#parts.shared as never);
    return { result: this.#inThread(task), onWorker: false };
  }

  /** Kill a thread at once, as a fault would. For tests. */
  async killThread(): Promise<void> {
    await this.#pool?.killThread();
  }

  #failed(pool: Pool, error: unknown): void {
    if (pool !== this.#pool || ++this.#failures < MAX_FAILURES) return;
    this.#pool = undefined;
    this.#fail?.(error);
  }

  readonly #onThreadLost = (cause: unknown): void => {
    this.#threadsLost++;
    this.#parts.events.emit('worker.lost', { pool: 'pool', error: describe(cause) });
  };
}
