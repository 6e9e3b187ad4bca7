/**
 * Time that moves only when it is told to: timers, deferred functions, and the way from one instant to the next.
 *
 * It goes as Node's loop does: a timer at a time, in the order they are due; then, before the next instant, what was
 * deferred. `advance` is synchronous and cannot let promises run; `advanceAsync` lets them run after every callback.
 */
import { setImmediate as nextMacrotask } from 'node:timers/promises';
import { invalidOptions } from '../core/errors.ts';
import { TimerHeap, type VirtualTimer } from './timer-heap.ts';

/** More callbacks than this at one instant is a loop that never lets time move. */
const MAX_CALLBACKS_AT_ONE_INSTANT = 1_000_000;

export class VirtualClock {
  readonly #timers = new TimerHeap();
  #deferred: (() => void)[] = [];
  #nowMs = 0;
  #timersMade = 0;
  #moving = false;

  now(): number {
    return this.#nowMs;
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** True while a real process with the same timers would go on. */
  get keepsAlive(): boolean {
    return this.#deferred.length > 0 || this.#timers.some((timer) => timer.ref);
  }

  setTimer(fn: () => void, ms: number, ref: boolean): VirtualTimer {
    const dueAt = this.#nowMs + Math.max(0, finite('setTimer.ms', ms));
    const timer: VirtualTimer = { fn, dueAt, order: ++this.#timersMade, ref, place: -1 };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(timer: VirtualTimer): void {
    this.#timers.remove(timer);
  }

  defer(fn: () => void): void {
    this.#deferred.push(fn);
  }

  /** Run what is deferred now; what it defers in turn waits for the next turn. Time stands still. */
  turn(): void {
    using journey = this.#depart();
    for (const fn of this.#takeDeferred()) journey.call(fn);
    journey.arrive();
  }

  advanceTo(atMs: number): void {
    using journey = this.#depart();
    for (const fn of this.#callbacksUntil(finite('advanceTo.atMs', atMs))) journey.call(fn);
    journey.arrive();
  }

  async advanceToAsync(atMs: number): Promise<void> {
    using journey = this.#depart();
    await nextMacrotask();
    for (const fn of this.#callbacksUntil(finite('advanceTo.atMs', atMs))) {
      journey.call(fn);
      await nextMacrotask(); // one turn of the real loop: every promise job has run
    }
    journey.arrive();
  }

  /** Each callback that is due until then, with `now()` at its own instant when it is handed out. */
  *#callbacksUntil(untilMs: number): Generator<() => void> {
    let atThisInstant = 0;
    for (;;) {
      const timer = this.#timers.first;
      if (timer !== undefined && timer.dueAt <= this.#nowMs) {
        this.#timers.remove(timer);
        yield timer.fn;
      } else if (this.#deferred.length > 0) {
        yield* this.#takeDeferred();
      } else if (timer !== undefined && timer.dueAt <= untilMs) {
        this.#nowMs = timer.dueAt;
        atThisInstant = 0;
      } else {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return;
      }
      if (++atThisInstant > MAX_CALLBACKS_AT_ONE_INSTANT) throw new Error(this.#stuck());
    }
  }

  #takeDeferred(): readonly (() => void)[] {
    const taken = this.#deferred;
    this.#deferred = [];
    return taken;
  }

  #depart(): Journey {
    if (this.#moving) throw new Error('virtual clock: expected one advance at a time, received another from inside it');
    this.#moving = true;
    return new Journey(() => (this.#moving = false));
  }

  #stuck(): string {
    return `virtual clock: expected time to move on, received ${MAX_CALLBACKS_AT_ONE_INSTANT} callbacks at ${this.#nowMs} ms`;
  }
}

/** One advance. Keeps what callbacks throw until the others have had their turn. */
class Journey {
  readonly #onEnd: () => void;
  readonly #errors: unknown[] = [];

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  call(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      this.#errors.push(error);
    }
  }

  /** throws  what the callbacks threw */
  arrive(): void {
    if (this.#errors.length === 1) throw this.#errors[0];
    if (this.#errors.length > 1) throw new AggregateError(this.#errors, `${this.#errors.length} callbacks threw`);
  }

  [Symbol.dispose](): void {
    this.#onEnd();
  }
}

function finite(path: string, ms: number): number {
  if (Number.isFinite(ms)) return ms;
  throw invalidOptions(path, 'a finite number of milliseconds', ms);
}
