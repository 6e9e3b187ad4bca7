/**
 * How well the whole is: once a second the kernel scores every slot, the application's checks are asked, and what
 * changed is told.
 *
 * It never stands in a call's way: the score is of the last tick, and a tick that fails (a dead worker) leaves the one
 * before in force.
 */
import type { Env, Timer } from '../../core/env.ts';
import type { EventSink } from '../../core/events.ts';
import type { HealthReading } from '../../core/readings.ts';
import type { ScoreSum } from '../../hotpath/kernel.ts';
import { Checks, type HealthCheck, type HealthCheckOptions } from './checks.ts';
import { systemScore } from './score.ts';
import { nextStanding, type Standing, UNKNOWN } from './standing.ts';
import { type ScoreAt, TREND_SAMPLES, trendOf } from './trend.ts';

const TICK_MS = 1_000;

export interface HealthParts {
  readonly env: Env;
  readonly events: EventSink;
  readonly policyHash: string;
  /** Score all slots as of `nowMs`, on a worker where there is one. */
  readonly score: (nowMs: number) => Promise<Pick<ScoreSum, 'sum' | 'count'>>;
  /** A check of the application threw, was late or answered rubbish. Must not throw. */
  readonly onCheckFailed: (name: string, error: unknown) => void;
  /** Told after each tick. Must not throw. */
  readonly onTick: (reading: HealthReading) => void;
}

export class Health {
  readonly #parts: HealthParts;
  readonly #checks: Checks;
  #standing: Standing = UNKNOWN;
  #score: number | null = null;
  #min: number | null = null;
  #counted = 0;
  readonly #samples: ScoreAt[] = [];
  #timer: Timer | undefined;
  /** The run that was started last: a turn of an earlier one, still waiting for its worker, does not go on. */
  #run = 0;

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#checks = new Checks({ env: parts.env, budgetMs: TICK_MS, onFailed: parts.onCheckFailed });
  }

  /**
   * Let a check of the application's own count, once a second. Returns the function that ends it; calling it twice is
   * fine.
   *
   *   const end = runtime.health.register('disk', () => (isFull() ? 'degraded' : 'healthy'), { weight: 2 });
   *
   * in      check   what throws, takes longer than a second or answers anything else is unhealthy
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED beyond 1,024 checks
   */
  register(name: string, check: HealthCheck, options?: HealthCheckOptions): () => void {
    return this.#checks.add(name, check, options);
  }

  /** As of the last tick. */
  report(): HealthReading {
    return {
      status: this.#standing.status,
      score: this.#score,
      min: this.#min,
      trend: trendOf(this.#samples),
      counted: this.#counted,
      policyHash: this.#parts.policyHash,
    };
  }

  start(): void {
    this.stop();
    this.#arm(this.#run);
  }

  stop(): void {
    this.#run++;
    this.#checks.stop();
    if (this.#timer !== undefined) this.#parts.env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  /** Score now, out of turn. The timer does this once a second. */
  async tick(): Promise<void> {
    this.#checks.askAll();
    const atMs = this.#parts.env.now();
    const slots = await this.#parts.score(atMs);
    const before = this.#standing.status;
    this.#counted = slots.count;
    this.#score = systemScore(slots, this.#checks.scores());
    this.#remember(atMs, this.#score);
    this.#standing = nextStanding(this.#standing, this.#score);
    if (this.#score !== null) this.#min = Math.min(this.#min ?? 1, this.#score);
    const { status } = this.#standing;
    if (status !== before) this.#parts.events.emit('health.changed', { from: before, to: status, score: this.#score });
    this.#parts.onTick(this.report());
  }

  /** A time without a score is the end of what was before it. */
  #remember(atMs: number, score: number | null): void {
    if (score === null) this.#samples.length = 0;
    else if (this.#samples.push({ atMs, score }) > TREND_SAMPLES) this.#samples.shift();
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
