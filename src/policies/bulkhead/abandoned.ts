/**
 * The place of a function nobody waits for any more: held until it settles, or until it has had long enough.
 *
 * The timer is not `ref`: a function that hangs must not keep a process alive.
 */
import type { Env, Timer } from '../../core/env.ts';

type AbandonedEnv = Pick<Env, 'setTimer' | 'clearTimer'>;

export class Abandoned {
  readonly #env: AbandonedEnv;
  readonly #onSettled: (abandoned: Abandoned) => void;
  #timer: Timer | undefined;
  #isTakenBack = false;
  #isSettled = false;

  /** in  afterMs  undefined to wait for ever */
  constructor(
    env: AbandonedEnv,
    afterMs: number | undefined,
    onTakenBack: () => void,
    onSettled: (abandoned: Abandoned) => void,
  ) {
    this.#env = env;
    this.#onSettled = onSettled;
    if (afterMs === undefined) return;
    const takeBack = (): void => {
      this.#timer = undefined;
      this.#isTakenBack = true;
      onTakenBack();
    };
    this.#timer = env.setTimer(takeBack, afterMs, false);
  }

  /** True when the place is another's by now: the function is a zombie. */
  get isTakenBack(): boolean {
    return this.#isTakenBack;
  }

  /** The function settled after all. Calling it again is fine. */
  settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.forget();
    this.#onSettled(this);
  }

  /** Let no time run for it any more. */
  forget(): void {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}
