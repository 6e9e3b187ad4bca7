/**
 * A pool without threads: the worker's pure core, run in this thread, one deferred turn after it was given its task.
 *
 * Tasks and answers are cloned as between threads. A thread killed under its task may or may not have done the work
 * already: the seed decides, as the scheduler would.
 */
import type { Pool, PoolOptions } from '../core/env.ts';
import { poolStopped, ThreadLoss } from '../core/thread-loss.ts';

export interface PoolWorld {
  readonly defer: (fn: () => void) => void;
  readonly random: () => number;
}

type Core = (task: unknown) => unknown;

interface Job {
  readonly task: unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly core: Core;
  job: Job | undefined;
}

export class VirtualPool implements Pool {
  readonly #options: PoolOptions;
  readonly #world: PoolWorld;
  readonly #waiting: Job[] = [];
  #threads: Thread[] = [];
  #destroyed = false;

  constructor(options: PoolOptions, world: PoolWorld) {
    this.#options = options;
    this.#world = world;
    for (let thread = 0; thread < options.threads; thread++) this.#threads.push(this.#spawn());
  }

  get threads(): number {
    return this.#threads.length;
  }

  async run(task: unknown): Promise<unknown> {
    if (this.#destroyed) throw poolStopped();
    const cloned: unknown = structuredClone(task);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task: cloned, resolve, reject });
      this.#assign();
    });
  }

  isThreadLoss(error: unknown): boolean {
    return error instanceof ThreadLoss;
  }

  async killThread(): Promise<void> {
    const victim = this.#threads.find((thread) => thread.job !== undefined) ?? this.#threads[0];
    if (victim === undefined) return;

    const cause = new Error('the thread was killed');
    this.#lose(victim, cause);
    this.#threads = this.#threads.map((thread) => (thread === victim ? this.#spawn() : thread));
    this.#options.onThreadLost(cause);
    this.#assign();
  }

  /** None: who is killed here is gone. */
  abandonDying(): readonly Promise<void>[] {
    return [];
  }

  async destroy(): Promise<void> {
    if (this.#destroyed) return;
    this.#destroyed = true;
    const cause = new Error('the pool was destroyed');
    for (const thread of this.#threads) this.#lose(thread, cause);
    for (const job of this.#waiting) job.reject(new ThreadLoss(cause));
    this.#waiting.length = 0;
    this.#threads = [];
  }

  #spawn(): Thread {
    // What the real entry does with its workerData: the core takes exactly what `shared` is.
    return { core: this.#options.core(this.#options.shared as never) as Core, job: undefined };
  }

  #assign(): void {
    for (const thread of this.#threads) {
      if (thread.job !== undefined) continue;
      const job = this.#waiting.shift();
      if (job === undefined) return;
      thread.job = job;
      this.#world.defer(() => this.#finish(thread, job));
    }
  }

  #finish(thread: Thread, job: Job): void {
    if (thread.job !== job) return; // the thread was lost
    thread.job = undefined;
    try {
      job.resolve(structuredClone(thread.core(job.task)));
    } catch (error) {
      job.reject(error);
    }
    this.#assign();
  }

  #lose(thread: Thread, cause: Error): void {
    const { job } = thread;
    if (job === undefined) return;
    thread.job = undefined;
    if (this.#world.random() < 0.5) attempt(thread.core, job.task);
    job.reject(new ThreadLoss(cause));
  }
}

/** The work was done, but its answer, or its error, died with the thread. */
function attempt(core: Core, task: unknown): void {
  try {
    core(task);
  } catch {}
}
