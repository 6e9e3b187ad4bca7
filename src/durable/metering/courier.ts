/**
 * Carries committed batches from the ledger to one sink: in order, one at a time, again and again until the sink has
 * taken it. So every batch is delivered at least once, with the same id each time.
 *
 * A sink that does not take what it is given is left alone for a while, longer each time; its batches wait in the
 * ledger's outbox. It never holds up the drain or another sink: each has a courier of its own.
 */
import { describe } from '../../core/describe.ts';
import type { Env, Timer } from '../../core/env.ts';
import { isHoldfastError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import type { SinkReading } from '../../core/readings.ts';
import { pauseAfter } from '../../core/pause-after.ts';
import type { Batch, Ledger } from './ledger.ts';
import { partsOf, type UsageBatch } from './usage-batch.ts';

/** Batches asked for at once. */
const HANDFUL = 16;
/** What is left of the way when it is stopped: less than a part may take to stop. */
const LAST_ROUND_MS = 2_000;

export interface CourierParts {
  readonly env: Env;
  readonly events: EventSink;
  readonly ledger: Pick<Ledger, 'waiting' | 'delivered'>;
  readonly sink: string;
  /** Lines of one delivery, at most. */
  readonly batchLines: number;
  /** The runtime's name. */
  readonly runtime: string;
  /** Settles, at the latest when the signal is aborted; rejects when the sink did not take it. */
  readonly deliver: (batch: UsageBatch, signal: AbortSignal) => Promise<void>;
}

export class Courier {
  readonly #parts: CourierParts;
  #isStarted = false;
  #round: Promise<void> | undefined;
  /** Something was committed while a round was under way. */
  #isWanted = false;
  #controller = new AbortController();
  #pause: Timer | undefined;
  /** Parts of the batch in hand that the sink has already. */
  #taken = { batch: '', parts: 0 };
  #backlog = 0;
  #delivered = 0;
  #failures = 0;
  #failuresInRow = 0;
  #failedAt = 0;
  #error: string | null = null;

  constructor(parts: CourierParts) {
    this.#parts = parts;
  }

  get reading(): SinkReading {
    return { backlog: this.#backlog, delivered: this.#delivered, failures: this.#failures, error: this.#error };
  }

  /** Begin with what waits, of an earlier run too. */
  start(): void {
    this.#isStarted = true;
    this.#controller = new AbortController();
    this.#go();
  }

  /** A batch was committed. */
  committed(): void {
    this.#backlog++;
    this.#go();
  }

  /** The ledger may have more than it said before: it is back, or it is open only now. */
  wake(): void {
    this.#go();
  }

  /** Deliver what waits and can be delivered soon, and end. What cannot goes on waiting. */
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

  /** Unless it is on its way, or waits out a failure. */
  #go(): void {
    if (!this.#isStarted || this.#pause !== undefined) return;
    this.#isWanted = true;
    const { signal } = this.#controller;
    this.#round ??= this.#goRound(signal).finally(() => {
      this.#round = undefined;
      if (this.#isWanted) this.#go(); // wanted while it ended, or by a later life
    });
  }

  async #goRound(signal: AbortSignal): Promise<void> {
    try {
      while (this.#isWanted && !signal.aborted) {
        this.#isWanted = false;
        await this.#carryAll(signal);
      }
    } catch (error) {
      if (!signal.aborted) this.#failed(error); // cut short by the stop: no fault of the sink's
    }
  }

  async #carryAll(signal: AbortSignal): Promise<void> {
    const { ledger, sink } = this.#parts;
    for (;;) {
      const batches = await ledger.waiting(sink, HANDFUL);
      if (batches.length < HANDFUL) this.#backlog = batches.length;
      if (batches.length === 0) return;
      for (const batch of batches) await this.#carry(batch, signal);
    }
  }

  async #carry(batch: Batch, signal: AbortSignal): Promise<void> {
    const { ledger, sink, batchLines, runtime, deliver } = this.#parts;
    if (this.#taken.batch !== batch.id) this.#taken = { batch: batch.id, parts: 0 };
    for (const part of partsOf(batch, batchLines, runtime).slice(this.#taken.parts)) {
      signal.throwIfAborted();
      await deliver(part, signal);
      this.#taken.parts++;
      this.#succeeded();
    }
    await ledger.delivered(sink, [batch.id]);
    this.#delivered++;
    this.#backlog = Math.max(0, this.#backlog - 1);
  }

  #succeeded(): void {
    const { env, events, sink } = this.#parts;
    if (this.#failuresInRow > 0) events.emit('sink.recovered', { sink, downMs: env.now() - this.#failedAt });
    this.#failuresInRow = 0;
    this.#error = null;
  }

  #failed(error: unknown): void {
    const { env, events, sink } = this.#parts;
    this.#failures++;
    if (this.#error === null || !isHoldfastError(error) || error.code !== 'BREAKER_OPEN') this.#error = describe(error); // why it opened says more
    if (this.#failuresInRow++ === 0) {
      this.#failedAt = env.now();
      events.emit('sink.failed', { sink, batch: this.#taken.batch, error: this.#error });
    }
    if (!this.#isStarted) return;
    const pauseMs = pauseAfter(this.#failuresInRow, env.random(), error);
    this.#pause = env.setTimer(
      () => {
        this.#pause = undefined;
        this.#go();
      },
      pauseMs,
      false,
    );
  }

  #clearPause(): void {
    if (this.#pause !== undefined) this.#parts.env.clearTimer(this.#pause);
    this.#pause = undefined;
  }
}
