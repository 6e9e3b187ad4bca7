/**
 * One comparison an interval for all who watch: the readings are asked for once, serialized once, sent to each.
 *
 * With nobody watching there is no timer, no `readings()` and no JSON. It knows no socket library; the server joins
 * wires to it and tells it when they are gone.
 */
import type { Env, Readings, Timer } from '../../index.ts';
import type { FeedCounts } from './counts.ts';
import { Journal } from './journal.ts';
import type { FeedLimits } from './limits.ts';
import { Subscriber, type Wire } from './subscriber.ts';

export interface BroadcastOptions {
  readonly env: Env;
  readonly readings: () => Readings;
  readonly intervalMs: number;
  readonly limits: FeedLimits;
  readonly counts: FeedCounts;
  /** The readings could not be had; this broadcast is over. Told once. */
  readonly fail: (cause: unknown) => void;
}

export class Broadcast {
  readonly #options: BroadcastOptions;
  readonly #journal: Journal;
  readonly #subscribers = new Set<Subscriber>();
  #timer: Timer | null = null;
  #over = false;

  constructor(options: BroadcastOptions) {
    this.#options = options;
    // No secret: the Env's chance will do, and a simulation can replay it.
    this.#journal = new Journal(Math.floor(options.env.random() * 2 ** 48).toString(36));
  }

  get size(): number {
    return this.#subscribers.size;
  }

  /**
   * Send a snapshot, and from then on every delta.
   *
   * out     null when this broadcast is over
   */
  join(wire: Wire): Subscriber | null {
    const { env, limits, counts } = this.#options;
    // While others watch, the newcomer takes the state they have; else the state is as old as the last who left.
    if (this.#subscribers.size === 0) this.#advance(env.now());
    if (this.#over) return null;
    const subscriber = new Subscriber(wire, limits, counts, this.#journal.snapshot(), env.now());
    this.#subscribers.add(subscriber);
    if (this.#timer === null) this.#arm();
    return subscriber;
  }

  /** Its socket is gone. */
  leave(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    if (this.#subscribers.size === 0) this.#disarm();
  }

  /** Say goodbye to all. Who is told is forgotten only when its socket is gone. */
  stop(): void {
    this.#over = true;
    this.#disarm();
    for (const subscriber of this.#subscribers) subscriber.close(1001, 'the feed is stopping');
  }

  #tick(): void {
    this.#timer = null;
    const nowMs = this.#options.env.now();
    const delta = this.#advance(nowMs);
    if (this.#over) return;
    const snapshot = (): Buffer => this.#journal.snapshot();
    for (const subscriber of this.#subscribers) {
      if (delta !== null) subscriber.offer(delta, nowMs);
      subscriber.attend(snapshot, nowMs);
    }
    this.#arm();
  }

  /** A journal that threw may be half way between two states: only a new life, in a new epoch, can go on. */
  #advance(nowMs: number): Buffer | null {
    if (this.#over) return null;
    try {
      return this.#journal.advance(this.#options.readings(), nowMs);
    } catch (cause) {
      this.#over = true;
      this.#options.fail(cause);
      return null;
    }
  }

  #arm(): void {
    this.#timer = this.#options.env.setTimer(() => this.#tick(), this.#options.intervalMs, false);
  }

  #disarm(): void {
    if (this.#timer !== null) this.#options.env.clearTimer(this.#timer);
    this.#timer = null;
  }
}
