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

  /** throws  what kept the thread from starting */
  static async open(env: Env, shared: StoreShared, onLost: (cause: unknown) => void): Promise<Link> {
    const thread = env.thread({ entry: storeEntry, shared, core: storeCore, onLost });
    const late = Promise.withResolvers<never>();
    const giveUp = (): void => {
      late.reject(new Error(`expected a thread within ${BUDGET_MS} ms, received none`));
      void thread.then((tooLate) => tooLate.kill()).catch(() => {});
    };
    // Keeps the process alive: whoever starts a runtime waits for this.
    return new Link(env, await inTime(env, Promise.race([thread, late.promise]), giveUp, true));
  }

  /** throws  a StoreError, or what the thread died of */
  async ask<T>(request: StoreRequest): Promise<T> {
    const asked = this.#thread.ask(request) as Promise<StoreAnswer<T>>;
    const answer = await inTime(this.#env, asked, () => void this.kill(), false); // the thread keeps it alive
    if (answer.isOk) return answer.value;
    throw new StoreError(answer.failure);
  }

  /** At once. Resolves when the thread has ended; one in a blocking system call ends only after that. */
  kill(): Promise<void> {
    return this.#thread.kill();
  }
}

async function inTime<T>(env: Env, answer: Promise<T>, onOverdue: () => void, ref: boolean): Promise<T> {
  let isAnswered = false;
  // A turn after the timer: an answer that came while our own loop stood still is read first.
  const judge = (): void => {
    if (!isAnswered) onOverdue();
  };
  const overdue = env.setTimer(() => env.defer(judge), BUDGET_MS, ref);
  try {
    return await answer;
  } finally {
    isAnswered = true;
    env.clearTimer(overdue);
  }
}
