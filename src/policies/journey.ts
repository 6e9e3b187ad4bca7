/**
 * What a call has beside its first attempt: which attempt is under way, the wait for the next, and the deadline of the
 * whole. Only calls of a pipeline with a retry or a total timeout have one.
 */
import type { Env, Timer } from '../core/env.ts';
import type { DeadlineList, DeadlineNode } from '../hotpath/deadline-list.ts';

/** in  C   what an attempt is */
export class Journey<C> implements DeadlineNode {
  deadlineAt = Infinity;
  previous: DeadlineNode | null = null;
  next: DeadlineNode | null = null;

  /** The attempt that was started last. */
  current: C;
  /** The last wait between two attempts. */
  delayMs = 0;
  /** True once the fallback was asked: nothing comes after it. */
  isFallingBack = false;
  readonly #onOverdue: (journey: Journey<C>) => void;
  #timer: Timer | undefined = undefined;

  constructor(call: C, onOverdue: (journey: Journey<C>) => void) {
    this.current = call;
    this.#onOverdue = onOverdue;
  }

  /** Wait, then go on, unless somebody ends the journey before. The process waits with it. */
  wait(env: Env, delayMs: number, goOn: () => void): void {
    this.delayMs = delayMs;
    this.#timer = env.setTimer(
      () => {
        this.#timer = undefined;
        goOn();
      },
      delayMs,
      true,
    );
  }

  /** Nothing comes any more. */
  end(env: Env, total: DeadlineList | undefined): void {
    if (this.#timer !== undefined) env.clearTimer(this.#timer);
    this.#timer = undefined;
    total?.remove(this);
  }

  onDeadline(): void {
    this.#onOverdue(this);
  }
}
