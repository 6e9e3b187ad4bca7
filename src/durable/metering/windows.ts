/**
 * Which window a record belongs to, without a clock being read for any of them: the clock is read when a record finds
 * the ring empty, and by a timer when the window ends, which notes how far the ring was written by then.
 *
 * A window is named by its start on the wall clock and ends by the monotonic one. A timer that is late, because the
 * loop stood still, leaves what was recorded meanwhile in the window that should have ended.
 */
import type { Env, Timer } from '../../core/env.ts';

export interface WindowClaim {
  readonly startWallMs: number;
  /** So many of the oldest records that wait are of this window. */
  readonly records: number;
}

export class Windows {
  readonly ms: number;
  readonly #env: Env;
  readonly #written: () => number;
  /** Windows that are over, and of which records wait; so there are no more of them than records. */
  readonly #ended: { readonly until: number; readonly startWallMs: number }[] = [];
  #released = 0;
  #startWallMs = 0;
  #endsAt = -Infinity;
  #timer: Timer | undefined;

  /** in  written   records written so far */
  constructor(env: Env, ms: number, written: () => number) {
    this.#env = env;
    this.ms = ms;
    this.#written = written;
  }

  /**
   * A record waits: from now on windows end in time. The timer is unref'd.
   *
   * in  until   the number of the first record that comes after the present window, should that be over
   */
  watch(until: number): void {
    const nowMs = this.#env.now();
    if (nowMs >= this.#endsAt) {
      this.#end(until);
      this.#begin(nowMs);
    }
    this.#timer ??= this.#env.setTimer(
      () => {
        this.#timer = undefined;
        this.watch(this.#written());
      },
      this.#endsAt - nowMs,
      false,
    );
  }

  /** No record waits, or nobody is there to flush it. */
  rest(): void {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  /** The window of the oldest record that waits. in  pending ≥ 1 */
  oldest(pending: number): WindowClaim {
    const [first] = this.#ended;
    if (first === undefined) return { startWallMs: this.#startWallMs, records: pending };
    return { startWallMs: first.startWallMs, records: Math.min(pending, first.until - this.#released) };
  }

  /** in  released   records that are done with, since the beginning */
  release(released: number): void {
    this.#released = released;
    while (this.#ended.length > 0 && this.#ended[0]!.until <= released) this.#ended.shift();
  }

  #end(until: number): void {
    const from = this.#ended.at(-1)?.until ?? this.#released;
    if (until > from) this.#ended.push({ until, startWallMs: this.#startWallMs });
  }

  #begin(nowMs: number): void {
    const wallMs = this.#env.wall();
    this.#startWallMs = Math.floor(wallMs / this.ms) * this.ms;
    this.#endsAt = nowMs + this.#startWallMs + this.ms - wallMs;
  }
}
