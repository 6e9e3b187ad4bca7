/**
 * So many functions run at the same time, so many calls wait, the rest hear at once that there is no room.
 *
 * `tryEnter` and `leave` are the fast path: two comparisons and a count. Where `tryEnter` says no, `wait` in the same
 * turn. A place that is left goes to the next who waits before `leave` returns, so nobody who comes later slips in
 * between. The pipeline is the only caller, and counts on nothing here but synchronous answers.
 */
import type { Env } from '../../core/env.ts';
import { parseOptions } from '../../core/schema.ts';
import type { DeadlineList } from '../../hotpath/deadline-list.ts';
import { Abandoned } from './abandoned.ts';
import { places, type ResolvedBulkheadOptions } from './options.ts';
import { WaitQueue } from './wait-queue.ts';
import { Waiter, type WaitingCall } from './waiter.ts';

export interface BulkheadParts {
  readonly env: Pick<Env, 'now' | 'setTimer' | 'clearTimer'>;
  /** The list for `maxWaitMs`; none where calls may wait for ever. */
  readonly deadlines: DeadlineList | undefined;
}

export interface BulkheadReading {
  /** Places taken: functions that run, but for zombies. Above the limit only after it was lowered. */
  readonly active: number;
  readonly queued: number;
  readonly limit: number;
  /** Functions that still run although their place was taken back. */
  readonly zombies: number;
  /** Calls for which there was no room, at once or in time. */
  readonly rejected: number;
}

export class Bulkhead {
  readonly #options: ResolvedBulkheadOptions;
  readonly #env: BulkheadParts['env'];
  readonly #deadlines: DeadlineList | undefined;
  readonly #queue: WaitQueue;
  /** Those whose place may still be taken back: never more than places. */
  readonly #abandoned = new Set<Abandoned>();
  #limit: number;
  #active = 0;
  #zombies = 0;
  #rejected = 0;
  #isHandingOver = false;

  constructor(options: ResolvedBulkheadOptions, { env, deadlines }: BulkheadParts) {
    this.#options = options;
    this.#env = env;
    this.#deadlines = deadlines;
    this.#limit = options.maxConcurrent;
    const weights = new Map(Object.entries(options.weights ?? {}));
    this.#queue = new WaitQueue(options.keyed, (tenant) => (tenant === undefined ? 1 : (weights.get(tenant) ?? 1)));
  }

  /** Take a place, if one is free and nobody waits for it. out  true when it was taken: `leave` it exactly once */
  tryEnter(): boolean {
    if (this.#active >= this.#limit || this.#queue.size > 0) return false;
    this.#active++;
    return true;
  }

  /** Join the queue, when `tryEnter` has just said no. out  undefined when the queue is full: the call is rejected */
  wait(call: WaitingCall): Waiter | undefined {
    if (this.#queue.size >= this.#options.maxQueued) {
      this.#rejected++;
      return undefined;
    }
    const nowMs = this.#env.now();
    const waiter = new Waiter(call, nowMs, this.#options.agingMs, this.#expired);
    this.#queue.push(waiter);
    this.#deadlines?.add(waiter, nowMs);
    return waiter;
  }

  /**
   * The caller left.
   *
   * out  true when it was still waiting: it will never be admitted, and has nothing to leave;   false when it was
   *      admitted before, and its place is still to be left, or when it was too late already
   */
  cancel(waiter: Waiter): boolean {
    if (!waiter.isWaiting) return false;
    this.#queue.remove(waiter);
    this.#stopWaiting(waiter);
    return true;
  }

  /** Give the place back, after the resource: the next who waits has it when this returns. Exactly once for each place. */
  leave(): void {
    this.#active--;
    this.#handOver();
  }

  /**
   * The caller of a function that runs was released; from here on its place is left by `settle` alone.
   *
   * in   onTakenBack  its place goes to another although it still runs: called before the next is admitted
   * out  to `settle` when the function settles, however late
   */
  abandon(onTakenBack: () => void): Abandoned {
    const takeBack = (): void => {
      this.#abandoned.delete(abandoned);
      this.#zombies++;
      onTakenBack();
      this.leave();
    };
    const abandoned = new Abandoned(this.#env, this.#options.abandonAfterMs, takeBack, this.#settled);
    this.#abandoned.add(abandoned);
    return abandoned;
  }

  /**
   * Another number of places. More of them go to who waits before this returns; fewer end nothing: places are lost as
   * they are left.
   *
   * throws  INVALID_OPTIONS
   */
  resize(maxConcurrent: number): void {
    this.#limit = parseOptions(places, maxConcurrent, 'bulkhead.maxConcurrent');
    this.#handOver();
  }

  /** Take no place back any more, as the runtime stops: no timer is left. */
  close(): void {
    for (const abandoned of this.#abandoned) abandoned.forget();
    this.#abandoned.clear();
  }

  reading(): BulkheadReading {
    return {
      active: this.#active,
      queued: this.#queue.size,
      limit: this.#limit,
      zombies: this.#zombies,
      rejected: this.#rejected,
    };
  }

  /** A loop, not a recursion: a call that fails at once leaves from inside `onAdmitted`, and so may thousands in a row. */
  #handOver(): void {
    if (this.#isHandingOver) return;
    this.#isHandingOver = true;
    while (this.#active < this.#limit) {
      const waiter = this.#queue.take();
      if (waiter === undefined) break;
      this.#active++;
      this.#stopWaiting(waiter);
      waiter.call.onAdmitted();
    }
    this.#isHandingOver = false;
  }

  #stopWaiting(waiter: Waiter): void {
    waiter.isWaiting = false;
    this.#deadlines?.remove(waiter);
  }

  readonly #expired = (waiter: Waiter): void => {
    this.#queue.remove(waiter);
    this.#stopWaiting(waiter);
    this.#rejected++;
    waiter.call.onWaitedInVain();
  };

  readonly #settled = (abandoned: Abandoned): void => {
    this.#abandoned.delete(abandoned);
    if (abandoned.isTakenBack) this.#zombies--;
    else this.leave();
  };
}
