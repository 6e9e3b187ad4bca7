/**
 * Where the kernel runs: on a worker thread while the pool is up, in this thread otherwise. The arithmetic is the same.
 *
 * A task whose thread died is run again. Three tasks in a row that could not be run are a pool gone wrong: its
 * supervisor is told and starts it anew; meanwhile tasks run here.
 *
 * A task has a budget of time. When it is over, its thread is killed; a task that was overdue twice is given up, and
 * never run here: it would take the whole process along. A thread that was killed and is still there a budget later is
 * a zombie, blocked in a call of the system: it is left behind, counted, and has a successor.
 */
import { describe } from '../core/describe.ts';
import type { Env, Pool, PoolOptions, Timer } from '../core/env.ts';
import type { EventSink } from '../core/events.ts';
import { HoldfastError } from '../core/errors.ts';
import type { EngineReading } from '../core/readings.ts';

const MAX_FAILURES = 3;
/** How often one task may lose its thread before it counts as failed. */
const MAX_RUNS = 5;
/**
 * A task takes less than a millisecond, the start of its thread a hundred on a busy machine. Twice this is less than a
 * part may take to stop, so that a last drain still ends when its worker loops.
 */
export const TASK_BUDGET_MS = 2_000;
const MAX_OVERDUE = 2;
/** So many threads that do not die are a sick machine: no task is given another until one of them has ended. */
const MAX_ZOMBIES = 4;

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
  #overdue = 0;
  #zombies = 0;

  constructor(parts: ComputeParts<Task, Result>) {
    this.#parts = parts;
  }

  get reading(): Pick<EngineReading, 'threads' | 'threadsLost' | 'overdue' | 'zombies'> {
    const threads = this.#pool?.threads ?? 0;
    return { threads, threadsLost: this.#threadsLost, overdue: this.#overdue, zombies: this.#zombies };
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
    const { env } = this.#parts;
    // Keeps the process alive: someone is waiting for this stop.
    const timer = env.setTimer(() => this.#abandon(pool), TASK_BUDGET_MS, true);
    await pool.destroy();
    env.clearTimer(timer);
  }

  /** throws  what the task threw, on whichever thread; TIMEOUT when it was overdue twice */
  async run(task: Task): Promise<Result> {
    return (await this.runSomewhere(task)).result;
  }

  /** As `run`, and says where it was in the end: a pool that is up may have failed under the task. */
  async runSomewhere(task: Task): Promise<Ran<Result>> {
    let overdue = 0;
    if (this.#pool !== undefined && this.#zombies >= MAX_ZOMBIES) throw tooManyZombies();
    for (let run = 1; run <= MAX_RUNS && this.#pool !== undefined; run++) {
      const pool = this.#pool;
      const watch = this.#watch(pool);
      try {
        const result = await pool.run(task);
        this.#failures = 0;
        return { result: result as Result, onWorker: true };
      } catch (error) {
        const isLost = pool.isThreadLoss(error);
        if (isLost && watch.isOverdue && ++overdue === MAX_OVERDUE) throw tooLong(error); // the pool is none the worse
        if (!isLost || run === MAX_RUNS) this.#failed(pool, error);
        if (!isLost) throw error;
      } finally {
        watch.end();
      }
    }
    this.#inThread ??= this.#parts.core(this.#parts.shared as never);
    return { result: this.#inThread(task), onWorker: false };
  }

  /**
   * Kill a thread whenever the budget is over, until `end`: with several at work the first kill may miss the culprit. One
   * that was killed a budget ago and has not ended is left behind instead.
   */
  #watch(pool: Pool): { readonly isOverdue: boolean; end(): void } {
    const { env } = this.#parts;
    let isOverdue = false;
    let hasEnded = false;
    let hasKilled = false;
    const arm = (): Timer => env.setTimer(() => env.defer(judge), TASK_BUDGET_MS, false);
    // A turn after the timer: an answer that came while our own loop stood still is read first.
    const judge = (): void => {
      if (hasEnded) return;
      isOverdue = true;
      this.#overdue++;
      if (!hasKilled || !this.#abandon(pool)) void pool.killThread();
      hasKilled = true;
      timer = arm();
    };
    let timer = arm();
    return {
      get isOverdue() {
        return isOverdue;
      },
      end: () => {
        hasEnded = true;
        env.clearTimer(timer);
      },
    };
  }

  /** out  whether there were threads that do not die */
  #abandon(pool: Pool): boolean {
    const undead = pool.abandonDying();
    this.#zombies += undead.length;
    for (const ended of undead) void ended.then(() => this.#zombies--);
    return undead.length > 0;
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

function tooManyZombies(): HoldfastError {
  const message = `compute: expected fewer than ${MAX_ZOMBIES} threads that were killed and did not end, received ${MAX_ZOMBIES}`;
  return new HoldfastError('TIMEOUT', message, { component: 'compute' });
}

function tooLong(cause: unknown): HoldfastError {
  const message = `compute: expected an answer within ${TASK_BUDGET_MS} ms, received none from ${MAX_OVERDUE} threads`;
  return new HoldfastError('TIMEOUT', message, { component: 'compute', cause });
}
