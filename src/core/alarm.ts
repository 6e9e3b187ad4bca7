/** One timer that goes off at a moment, which may be moved until then. It keeps no process alive. */
import type { Env, Timer } from './env.ts';

export class Alarm {
  readonly #env: Pick<Env, 'now' | 'setTimer' | 'clearTimer'>;
  readonly #onDue: () => void;
  #timer: Timer | undefined;

  constructor(env: Pick<Env, 'now' | 'setTimer' | 'clearTimer'>, onDue: () => void) {
    this.#env = env;
    this.#onDue = onDue;
  }

  /** in  atMs   by the Env's clock; one that has passed is as soon as may be;   Infinity for never */
  set(atMs: number): void {
    this.clear();
    if (atMs === Infinity) return;
    const due = (): void => {
      this.#timer = undefined;
      this.#onDue();
    };
    this.#timer = this.#env.setTimer(due, atMs - this.#env.now(), false);
  }

  clear(): void {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}
