/**
 * One deadline list for each distinct duration. Held by the runtime; a pipeline asks for its list once.
 *
 * A program has a few durations. One that computes them would have a list and a timer for each, so the lists that are
 * shared are bounded; beyond that a caller gets a list of its own, which is a timer for that call alone.
 */
import { DeadlineList, type DeadlineEnv } from './deadline-list.ts';

const MAX_SHARED_LISTS = 1_024;

export class Deadlines {
  readonly #env: DeadlineEnv;
  readonly #onError: (error: unknown) => void;
  readonly #shared = new Map<number, DeadlineList>();

  /** in  onError  hears what an `onDeadline` threw; must not throw */
  constructor(env: DeadlineEnv, onError: (error: unknown) => void) {
    this.#env = env;
    this.#onError = onError;
  }

  /** in  durationMs  finite, above 0 */
  listFor(durationMs: number): DeadlineList {
    const known = this.#shared.get(durationMs);
    if (known !== undefined) return known;

    const list = new DeadlineList(durationMs, this.#env, this.#onError);
    if (this.#hasRoom()) this.#shared.set(durationMs, list);
    return list;
  }

  /** Make room by forgetting a list where nothing waits. Who holds it may go on using it. */
  #hasRoom(): boolean {
    if (this.#shared.size < MAX_SHARED_LISTS) return true;
    for (const [durationMs, list] of this.#shared) if (list.isIdle) return this.#shared.delete(durationMs);
    return false;
  }
}
