/**
 * A thread without a thread: its core, run in this one, some deferred turns after it was asked; how many the seed
 * decides, the order never.
 *
 * Requests and answers are cloned as between threads. A thread that is killed loses what it was asked and has not
 * begun; the request whose turn it was may or may not have been done already, the seed decides. Its databases close as
 * a dead thread's do: in the middle of a transaction nothing of it is left. What it still waited for never comes.
 */
import type { Database, Env, Thread, ThreadOptions } from '../core/env.ts';
import { threadGone } from '../core/thread-loss.ts';

/** Longest way to the thread, in deferred turns. */
const MAX_TURNS = 3;

export interface ThreadWorld {
  readonly defer: (fn: () => void) => void;
  readonly random: () => number;
  /** What the core gets its databases, files and time from. */
  readonly env: Env;
}

type Core = (request: unknown) => unknown;

interface Asked {
  readonly request: unknown;
  readonly answer: PromiseWithResolvers<unknown>;
}

export class VirtualThread implements Thread {
  readonly #world: ThreadWorld;
  readonly #core: Core;
  readonly #databases: Database[] = [];
  readonly #asked: Asked[] = [];
  #isBusy = false;
  #hasBegun = false;
  #end: { readonly cause: unknown } | undefined;

  constructor(options: ThreadOptions, world: ThreadWorld) {
    this.#world = world;
    this.#core = options.core(structuredClone(options.shared) as never, this.#envOfThread()) as Core;
  }

  async ask(request: unknown): Promise<unknown> {
    if (this.#end !== undefined) throw threadGone(this.#end.cause);
    const asked = { request: structuredClone(request), answer: Promise.withResolvers<unknown>() };
    this.#asked.push(asked);
    if (!this.#isBusy) this.#next();
    return asked.answer.promise;
  }

  async kill(): Promise<void> {
    if (this.#end !== undefined) return;
    const cause = new Error('the thread was killed');
    const [first] = this.#asked;
    if (first !== undefined && !this.#hasBegun && this.#world.random() < 0.5) void this.#attempt(first.request);
    this.#end = { cause };
    for (const database of this.#databases) database.close();
    for (const { answer } of this.#asked) answer.reject(threadGone(cause));
    this.#asked.length = 0;
  }

  #next(): void {
    const [asked] = this.#asked;
    this.#isBusy = asked !== undefined;
    if (asked === undefined) return;
    let turns = 1 + Math.floor(this.#world.random() * MAX_TURNS);
    const turn = (): void => {
      if (this.#end !== undefined) return;
      if (--turns > 0) this.#world.defer(turn);
      else void this.#answer(asked);
    };
    this.#world.defer(turn);
  }

  async #answer({ request, answer }: Asked): Promise<void> {
    this.#hasBegun = true;
    const reply = await this.#attempt(request);
    this.#hasBegun = false;
    if (this.#end !== undefined) return;
    this.#asked.shift();
    if ('error' in reply) answer.reject(reply.error);
    else answer.resolve(structuredClone(reply.value));
    this.#next();
  }

  async #attempt(request: unknown): Promise<{ readonly value: unknown } | { readonly error: unknown }> {
    try {
      return { value: await this.#core(request) };
    } catch (error) {
      return { error };
    }
  }

  /** A dead thread goes on nowhere: what it still awaits never settles. */
  #envOfThread(): Env {
    const { env } = this.#world;
    const untilDeath = async <T>(promise: Promise<T>): Promise<T> => {
      const value = await promise.catch((error: unknown) => {
        if (this.#end === undefined) throw error;
      });
      return this.#end === undefined ? (value as T) : new Promise<T>(() => {});
    };
    const { files } = env;
    return {
      ...env,
      database: async (path, options) => {
        const database = await env.database(path, options);
        this.#databases.push(database);
        if (this.#end !== undefined) database.close();
        return untilDeath(Promise.resolve(database));
      },
      files: {
        readText: (path) => untilDeath(files.readText(path)),
        writeText: (path, text, mode) => untilDeath(files.writeText(path, text, mode)),
        remove: (path) => untilDeath(files.remove(path)),
        freeShare: (path) => untilDeath(files.freeShare(path)),
        rename: (from, to) => untilDeath(files.rename(from, to)),
        size: (path) => untilDeath(files.size(path)),
      },
    };
  }
}
