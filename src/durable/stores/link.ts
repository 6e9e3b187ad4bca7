/** One thread of the store's, and what it answers: a failure is thrown, and one that does not answer is ended. */
import type { Env, Thread } from '../../core/env.ts';
import type { StoreAnswer, StoreRequest, StoreShared } from './requests.ts';
import { storeCore, storeEntry } from './store-core.ts';
import { StoreError } from './store-error.ts';

/** Longer than the waits within: for a lock, for a slow disk, for the check of a whole file. */
const BUDGET_MS = 30_000;

export class Link {
  readonly #env: Env;
  readonly #thread: Thread;

  private constructor(env: Env, thread: Thread) {
    this.#env = env;
    this.#thread = thread;
  }

  static async open(env: Env, shared: StoreShared, onLost: (cause: unknown) => void): Promise<Link> {
    return new Link(env, await env.thread({ entry: storeEntry, shared, core: storeCore, onLost }));
  }

  /** throws  a StoreError, or what the thread died of */
  async ask<T>(request: StoreRequest): Promise<T> {
    let isAnswered = false;
    // A turn after the timer: an answer that came while our own loop stood still is read first.
    const judge = (): void => {
      if (!isAnswered) void this.kill();
    };
    const overdue = this.#env.setTimer(() => this.#env.defer(judge), BUDGET_MS, false);
    try {
      const answer = (await this.#thread.ask(request)) as StoreAnswer<T>;
      if (answer.isOk) return answer.value;
      throw new StoreError(answer.failure);
    } finally {
      isAnswered = true;
      this.#env.clearTimer(overdue);
    }
  }

  /** At once. Resolves when the thread has ended; one in a blocking system call ends only after that. */
  kill(): Promise<void> {
    return this.#thread.kill();
  }
}
