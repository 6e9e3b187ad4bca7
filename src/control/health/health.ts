/**
 * How well the whole is: once a second the kernel scores every slot, and what changed is told.
 *
 * It never stands in a call's way: the score is of the last tick, and a tick that fails (a dead worker) leaves the one
 * before in force.
 */
import type { Env, Timer } from '../../core/env.ts';
import type { EventSink } from '../../core/events.ts';
import type { HealthReading } from '../../core/readings.ts';
import { nextStanding, type Standing, UNKNOWN } from './standing.ts';
import { systemScore } from './score.ts';

const TICK_MS = 1_000;

/** What a tick adds up over the slots that count. */
export interface ScoreSum {
  readonly sum: number;
  readonly count: number;
}

export interface HealthParts {
  readonly env: Env;
  readonly events: EventSink;
  /** Score all slots as of `nowMs`, on a worker where there is one. */
  readonly score: (nowMs: number) => Promise<ScoreSum>;
  /** Told after each tick. Must not throw. */
  readonly onTick: (reading: HealthReading) => void;
}

export class Health {
  readonly #parts: HealthParts;
  #standing: Standing = UNKNOWN;
  #score: number | null = null;
  #min: number | null = null;
  #counted = 0;
  #timer: Timer | undefined;
  /** The run that was started last: a turn of an earlier one, still waiting for its worker, does not go on. */
  #run = 0;

  constructor(parts: HealthParts) {
    this.#parts = parts;
  }

  /** As of the last tick. */
  report(): HealthReading {
    return { status: this.#standing.status, score: this.#score, min: this.#min, counted: this.#counted };
  }

  start(): void {
    this.stop();
    this.#arm(this.#run);
  }

  stop(): void {
    this.#run++;
    if (this.#timer !== undefined) this.#parts.env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  /** Score now, out of turn. The timer does this once a second. */
  async tick(): Promise<void> {
    const { sum, count } = await this.#parts.score(this.#parts.env.now());
    const before = this.#standing.status;
    this.#counted = count;
    this.#score = systemScore(sum, count);
    this.#standing = nextStanding(this.#standing, this.#score);
    if (this.#score !== null) this.#min = Math.min(this.#min ?? 1, this.#score);
    const { status } = this.#standing;
    if (status !== before) this.#parts.events.emit('health.changed', { from: before, to: status, score: this.#score });
    this.#parts.onTick(this.report());
  }

  #arm(run: number): void {
    this.#timer = this.#parts.env.setTimer(() => void this.#turn(run), TICK_MS, false);
  }

  /** The next turn begins when this one has ended: a slow worker is not asked twice. */
  async #turn(run: number): Promise<void> {
    try {
      await this.tick();
    } catch {
      // the score of the tick before stays in force; what failed is announced by the pool
    }
    if (run === this.#run) this.#arm(run);
  }
}
