/**
 * Worker threads by Piscina, the one door to it. Loaded by the real Env on first use.
 *
 * Piscina replaces a lost thread itself; what it does not say is whether a task threw or its thread died under it.
 * So the entry runs inside `pool-worker.ts`, which answers a throw with a value: here, a rejected task is a lost one.
 */
import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Pool, PoolOptions } from './env.ts';
import type { Reply } from './pool-worker.ts';
import { threadHeap } from './thread-heap.ts';
import { poolStopped, ThreadLoss } from './thread-loss.ts';

const WORKER = new URL(import.meta.url.endsWith('.ts') ? './pool-worker.ts' : './pool-worker.js', import.meta.url);

export function openPool(options: PoolOptions): Pool {
  return new RealPool(options);
}

/** What it computes on is shared memory, which doesn't count. */
const MAX_HEAP_MB = 64;

interface ThreadUsage {
  readonly id: number;
  /** Tasks it has now. */
  readonly currentUsage: number;
}

class RealPool implements Pool {
  readonly #options: PoolOptions;
  readonly #watched = new WeakSet<Worker>();
  readonly #alive = new Set<Worker>();
  /** Told to die, but not yet gone: two kills at a time are two threads. */
  readonly #dying = new Set<Worker>();
  /** By thread id; a thread that is still starting is not in it. */
  readonly #usage = new Map<number, ThreadUsage>();
  #piscina: Piscina<unknown, Reply>;
  #destroyed: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#piscina = this.#open();
    this.#watch();
  }

  get threads(): number {
    return this.#piscina.threads.length;
  }

  async run(task: unknown): Promise<unknown> {
    if (this.#destroyed !== undefined) throw poolStopped();
    if (this.threads === 0) this.#piscina = this.#open();
    const answer = this.#piscina.run(task);
    this.#watch(); // Piscina starts the threads it is short of when a task comes

    let reply: Reply | null;
    try {
      reply = await answer;
    } catch (error) {
      if (error instanceof DOMException && error.name === 'DataCloneError') throw error; // it never left this thread
      // Piscina rejects the tasks of a destroyed pool before their threads have ended; a thread that still runs would
      // write beside the task's next run.
      await this.#end();
      throw new ThreadLoss(error);
    }
    if (reply === null) throw new ThreadLoss(null); // a thread that died of `throw null`: Piscina takes it for no error
    if (reply.threw) throw reply.error;
    return reply.value;
  }

  isThreadLoss(error: unknown): boolean {
    return error instanceof ThreadLoss;
  }

  /** Takes a thread that is at work if there is one, then one that is ready, and only then one that is starting. */
  async killThread(): Promise<void> {
    const usage = (thread: Worker): number => this.#usage.get(thread.threadId)?.currentUsage ?? -1;
    const living = this.#piscina.threads.filter((thread) => !this.#dying.has(thread));
    const [victim] = living.toSorted((a, b) => usage(b) - usage(a));
    if (victim === undefined) return;
    this.#dying.add(victim);
    await victim.terminate();
  }

  /**
   * Node has no way to end a thread from outside that is in a blocking call. Piscina is told what it will hear in the
   * end: it lets the thread go and starts the next one.
   */
  abandonDying(): readonly Promise<void>[] {
    return [...this.#dying].map((thread) => {
      this.#forget(thread);
      thread.emit('error', new Error('the thread was killed and did not end'));
      thread.emit('exit', 1);
      thread.unref(); // terminate() has ref'd it: it must not keep the process alive
      return new Promise((resolve) => void thread.once('exit', () => resolve()));
    });
  }

  destroy(): Promise<void> {
    if (this.#destroyed !== undefined) return this.#destroyed;
    for (const thread of this.#alive) this.#dying.add(thread);
    return (this.#destroyed = this.#piscina.destroy());
  }

  /** The end of a pool that is being destroyed; at once otherwise. */
  async #end(): Promise<void> {
    await this.#destroyed;
  }

  #open(): Piscina<unknown, Reply> {
    const { threads, shared, entry } = this.#options;
    const piscina = new Piscina<unknown, Reply>({
      filename: WORKER.href,
      argv: [entry.href],
      workerData: shared,
      minThreads: threads,
      maxThreads: threads,
      resourceLimits: threadHeap(MAX_HEAP_MB),
      atomics: 'sync', // an idle thread sleeps in Atomics.wait: no spinning, and its port is unref'd
      recordTiming: false,
    });
    piscina.on('error', () => {}); // an idle thread's error; `#watch` reports it
    piscina.on('workerCreate', (thread: ThreadUsage) => this.#usage.set(thread.id, thread));
    return piscina;
  }

  /** Listen to the threads not yet listened to. Piscina's own listeners came first: it has already replaced the dead. */
  #watch(): void {
    for (const thread of this.#piscina.threads) {
      if (this.#watched.has(thread)) continue;
      this.#watched.add(thread);
      this.#alive.add(thread);
      const id = thread.threadId;
      // An error is followed by an exit; the first of them tells, so that a loss is counted before its task rejects.
      let lost = false;
      const lose = (cause: unknown): void => {
        if (!lost) this.#lose(id, cause);
        lost = true;
      };
      thread.once('error', lose);
      thread.once('exit', (code) => {
        this.#forget(thread);
        lose(new Error(`the thread exited with code ${code}`));
      });
    }
  }

  #forget(thread: Worker): void {
    this.#alive.delete(thread);
    this.#dying.delete(thread);
  }

  #lose(id: number, cause: unknown): void {
    this.#usage.delete(id);
    if (this.#destroyed !== undefined) return;
    this.#watch();
    // A thread that dies before it was ready is not replaced, and tasks queued for it would wait for ever.
    if (this.threads === 0) void this.#piscina.destroy();
    this.#options.onThreadLost(cause);
  }
}
