/** Those who wait for the state to be some way. Each is asked after every frame, and let go once. */
import type { Readings } from '../../index.ts';

export class Waiters {
  readonly #waiting = new Set<{
    holds: (state: Readings) => boolean;
    release: () => void;
    fail: (cause: unknown) => void;
  }>();

  /** Settles when `holds` first says true; rejects when it throws. */
  add(holds: (state: Readings) => boolean): Promise<void> {
    return new Promise((release, fail) => this.#waiting.add({ holds, release, fail }));
  }

  ask(state: Readings): void {
    for (const waiter of this.#waiting) {
      try {
        if (!waiter.holds(state)) continue;
        waiter.release();
      } catch (cause) {
        waiter.fail(cause);
      }
      this.#waiting.delete(waiter);
    }
  }

  failAll(cause: unknown): void {
    for (const waiter of this.#waiting) waiter.fail(cause);
    this.#waiting.clear();
  }
}
