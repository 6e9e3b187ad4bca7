/**
 * Carries notices to one channel: in order, one at a time, behind a pipeline of the channel's own.
 *
 * It never blocks who raises an alert, and never holds up another channel. What waits is bounded by number
 * (`notice-queue.ts`) and by age: an alert of a quarter of an hour ago is no news, and a channel that is back should
 * begin with what is. Only what ends something the channel may have heard of waits for as long as it takes. What is
 * given up is counted.
 */
import type { Env, Timer } from '../../core/env.ts';
import { errorKind } from '../../core/error-kind.ts';
import type { EventSink } from '../../core/events.ts';
import type { ChannelReading } from '../../core/readings.ts';
import { pauseAfter } from '../../core/pause-after.ts';
import { ChannelError } from './channel-error.ts';
import { Allowance } from './allowance.ts';
import type { AlertNotice } from './notice.ts';
import { NoticeQueue, type Outgoing, Waiting } from './notice-queue.ts';

const TOO_OLD_MS = 900_000;
/** What is left of the way when it is stopped: less than a part may take to stop. */
const LAST_ROUND_MS = 2_000;

export interface ChannelCourierParts {
  readonly env: Pick<Env, 'now' | 'random' | 'setTimer' | 'clearTimer'>;
  readonly events: EventSink;
  readonly channel: string;
  /** Notices in a minute, at most. */
  readonly perMinute: number;
  /** Through the channel's pipeline. Settles, at the latest when the signal is aborted. */
  readonly deliver: (notice: AlertNotice, signal: AbortSignal) => Promise<void>;
}

export class ChannelCourier {
  readonly #parts: ChannelCourierParts;
  readonly #queue = new NoticeQueue();
  #isStarted = false;
  #round: Promise<void> | undefined;
  #controller = new AbortController();
  #pause: Timer | undefined;
  readonly #allowance: Allowance;
  #delivered = 0;
  #failures = 0;
  #failuresInRow = 0;
  #failedAt = 0;
  #lost = 0;
  #suppressed = 0;
  /** Of those, the ones the channel has not been told about. */
  #untold = 0;
  #error: string | null = null;

  constructor(parts: ChannelCourierParts) {
    this.#parts = parts;
    this.#allowance = new Allowance(parts.perMinute);
  }

  get reading(): ChannelReading {
    return {
      queued: this.#queue.length,
      delivered: this.#delivered,
      failures: this.#failures,
      lost: this.#lost,
      suppressed: this.#suppressed,
      error: this.#error,
    };
  }

  /**
   * Have a notice delivered, after those that wait. What is owed no limit keeps back.
   *
   * out  whether it waits now: then what becomes of it is told
   */
  send(outgoing: Outgoing): boolean {
    const nowMs = this.#parts.env.now();
    if (!outgoing.isOwed && !this.#allowance.hasPlace(outgoing.notice.severity, nowMs)) {
      if (!outgoing.isAgain) {
        this.#suppressed++;
        this.#untold++;
      }
      return false;
    }
    this.#allowance.take(nowMs);
    const suppressed = this.#untold;
    this.#untold = 0;
    const notice = suppressed === 0 ? outgoing.notice : { ...outgoing.notice, suppressed };
    this.#lose(this.#queue.add(new Waiting({ ...outgoing, notice }, nowMs)));
    this.#go();
    return true;
  }

  start(): void {
    this.#isStarted = true;
    this.#controller = new AbortController();
    this.#go();
  }

  /** Deliver what waits and can be delivered soon, and end. */
  async stop(): Promise<void> {
    const { env } = this.#parts;
    const controller = this.#controller; // who does not wait for the end may have it started again before
    this.#clearPause();
    this.#go();
    this.#isStarted = false;
    const timer = env.setTimer(() => controller.abort(new Error('the runtime stops')), LAST_ROUND_MS, false);
    await this.#round;
    env.clearTimer(timer);
  }

  /** Unless it is on its way, or waits out a failure. In a later microtask: who is delivered to may send. */
  #go(): void {
    if (!this.#isStarted || this.#pause !== undefined || this.#queue.length === 0) return;
    const { signal } = this.#controller;
    this.#round ??= Promise.resolve()
      .then(() => this.#goRound(signal))
      .finally(() => {
        this.#round = undefined;
        this.#go(); // what came while it ended
      });
  }

  async #goRound(signal: AbortSignal): Promise<void> {
    for (let { first } = this.#queue; first !== undefined; { first } = this.#queue) {
      const isOld = this.#parts.env.now() - first.sinceMs > TOO_OLD_MS;
      if (isOld && !first.outgoing.isOwed) this.#lose(this.#queue.drop(first));
      else if (!(await this.#carry(first, signal))) return;
    }
  }

  /** out  whether the next one may be tried at once */
  async #carry(waiting: Waiting, signal: AbortSignal): Promise<boolean> {
    try {
      signal.throwIfAborted();
      this.#queue.inHand = waiting;
      await this.#parts.deliver(waiting.outgoing.notice, signal);
    } catch (error) {
      const isRefused = error instanceof ChannelError && error.isFinal;
      if (!isRefused) waiting.wasTried = true;
      if (signal.aborted) return false; // cut short by the stop: no fault of the channel's
      this.#failed(error);
      if (isRefused) this.#lose(this.#queue.drop(waiting));
      else this.#wait(error);
      return isRefused;
    } finally {
      this.#queue.inHand = undefined;
    }
    this.#queue.remove(waiting);
    this.#delivered++;
    this.#succeeded();
    waiting.outgoing.settled(true);
    return true;
  }

  #lose(lost: readonly Waiting[]): void {
    this.#lost += lost.length;
    for (const { outgoing, wasTried } of lost) outgoing.settled(wasTried);
  }

  #succeeded(): void {
    const { env, events, channel } = this.#parts;
    if (this.#failuresInRow > 0) events.emit('channel.recovered', { channel, downMs: env.now() - this.#failedAt });
    this.#failuresInRow = 0;
    this.#error = null;
  }

  /** Shown is what we said ourselves, or the kind: messages of others carry addresses, and addresses keys. */
  #failed(error: unknown): void {
    const { env, events, channel } = this.#parts;
    const kind = error instanceof ChannelError ? error.message : errorKind(error);
    this.#failures++;
    if (this.#error === null || kind !== 'BREAKER_OPEN') this.#error = kind; // why it opened says more
    if (this.#failuresInRow++ > 0) return;
    this.#failedAt = env.now();
    events.emit('channel.failed', { channel, error: this.#error });
  }

  #wait(error: unknown): void {
    if (!this.#isStarted) return;
    const { env } = this.#parts;
    const pauseMs = pauseAfter(this.#failuresInRow, env.random(), error);
    const over = (): void => {
      this.#pause = undefined;
      this.#go();
    };
    this.#pause = env.setTimer(over, pauseMs, false);
  }

  #clearPause(): void {
    if (this.#pause !== undefined) this.#parts.env.clearTimer(this.#pause);
    this.#pause = undefined;
  }
}
