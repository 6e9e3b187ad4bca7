/**
 * How well the whole is: once a second the kernel scores every slot, the other sources are looked at, and what changed
 * is told.
 *
 * It never stands in a call's way: the score is of the last tick, and a tick that fails (a dead worker) leaves the one
 * before in force.
 */
import type { BreakerState } from '../../core/breaker-state.ts';
import type { Env, Timer } from '../../core/env.ts';
import { invalidOptions } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import type { Keep } from '../../core/keep.ts';
import { nullRecord } from '../../core/null-record.ts';
import type { CheckAnswer, ComponentReading, HealthReading, HealthSample, Section } from '../../core/readings.ts';
import type { ScoreSum } from '../../hotpath/kernel.ts';
import { BreakerComponents, type ScoredBreaker } from './breaker-components.ts';
import { Checks, type HealthCheckOptions } from './checks.ts';
import { type Component, keyOf, readComponent, type Source } from './component.ts';
import { type ForeignBreaker, type ForeignBreakerOptions, ForeignBreakers } from './foreign-breakers.ts';
import { KeptUptimes } from './kept-uptimes.ts';
import { Past } from './past.ts';
import type { HealthCheck } from './question.ts';
import { Restarts } from './restarts.ts';
import { systemScore, type Weighed } from './score.ts';
import { type SignalOptions, Signals } from './signals.ts';
import { type Bounds, boundsOf, nextStanding, type Standing, UNKNOWN } from './standing.ts';
import { Uptime } from './uptime.ts';

export interface HealthParts {
  readonly env: Env;
  readonly events: EventSink;
  readonly policyHash: string;
  readonly intervalMs: number;
  readonly hysteresis: number;
  /** Samples to remember. */
  readonly history: number;
  readonly algedonicFrom: number;
  /** Where there is a store. */
  readonly keep?: Keep | undefined;
  /** The named breakers; grows at its end. */
  readonly breakers: readonly ScoredBreaker[];
  /** Score all slots as of `nowMs`, on a worker where there is one. */
  readonly score: (nowMs: number) => Promise<Pick<ScoreSum, 'sum' | 'count'>>;
  /** A function of the application threw, was late or answered rubbish; `path` says which. Must not throw. */
  readonly onCallbackFailed: (path: string, error: unknown) => void;
  /** Told after each tick. Must not throw. */
  readonly onTick: (reading: HealthReading) => void;
}

export class Health {
  readonly #parts: HealthParts;
  readonly #startedAt: number;
  readonly #bounds: Bounds;
  readonly #breakers: BreakerComponents;
  readonly #foreign: ForeignBreakers;
  readonly #checks: Checks;
  readonly #signals: Signals;
  readonly #restarts: Restarts;
  readonly #kept: KeptUptimes | undefined;
  /** Those that weigh in beside the slots. */
  readonly #others: readonly Source[];
  readonly #past: Past;
  #standing: Standing = UNKNOWN;
  #score: number | null = null;
  #scoreToFollow: number | null = null;
  #hasTreeEnded = false;
  #min: number | null = null;
  #counted = 0;
  #lookedAt: number;
  #timer: Timer | undefined;
  /** The run that was started last: a turn of an earlier one, still waiting for its worker, does not go on. */
  #run = 0;

  constructor(parts: HealthParts) {
    const { env, events, hysteresis, history, breakers, onCallbackFailed: onFailed } = parts;
    this.#parts = parts;
    this.#startedAt = this.#lookedAt = env.now();
    this.#bounds = boundsOf(hysteresis);
    this.#past = new Past(history);
    const onBad = (error: unknown): void => onFailed('kept uptimes', error);
    this.#kept = parts.keep && new KeptUptimes({ env, keep: parts.keep, onBad });
    const uptimeOf = this.#kept?.take ?? ((): Uptime => new Uptime());
    this.#breakers = new BreakerComponents(breakers, uptimeOf);
    this.#foreign = new ForeignBreakers({ env, events, onFailed, uptimeOf });
    const onCheckFailed = (name: string, error: unknown): void => onFailed(`health check "${name}"`, error);
    this.#checks = new Checks({ env, events, onFailed: onCheckFailed, uptimeOf });
    this.#signals = new Signals({ ...parts, uptimeOf });
    this.#restarts = new Restarts(uptimeOf);
    this.#others = [this.#foreign, this.#checks, this.#signals, this.#restarts];
  }

  /** Take up what an earlier process kept. Once, before anything is registered. */
  async restore(): Promise<void> {
    await this.#kept?.read();
  }

  /** Let a check of the application's own count. throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED */
  register(name: string, check: HealthCheck, options?: HealthCheckOptions): () => void {
    return this.#checks.add(name, check, options);
  }

  /** Let a breaker of another library count. throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED */
  registerBreaker(name: string, breaker: ForeignBreaker, options?: ForeignBreakerOptions): () => void {
    return this.#foreign.add(name, breaker, options);
  }

  /** throws  INVALID_OPTIONS */
  signal(name: string, severity: number, options?: SignalOptions): void {
    this.#signals.raise(name, severity, options);
  }

  /** The algedonic signals that are live, with how much each hurts. */
  pains(): ReadonlyMap<string, number> {
    return this.#signals.pains(this.#parts.env.now());
  }

  /** Of another library's breaker, now; null where it cannot be known, undefined where there is none of that name. */
  foreignState(name: string): BreakerState | null | undefined {
    return this.#foreign.stateOf(name);
  }

  hasCheck(name: string): boolean {
    return this.#checks.has(name);
  }

  /** What a check said last; undefined before its first answer, and where there is none of that name. */
  answerOf(name: string): CheckAnswer | undefined {
    return this.#checks.answerOf(name);
  }

  /** From one tick to the next. */
  get intervalMs(): number {
    return this.#parts.intervalMs;
  }

  /** Ask one check now. throws  INVALID_OPTIONS for a name no check has · STOPPED */
  probe(name: string): Promise<CheckAnswer> {
    return this.#checks.probe(name);
  }

  /** A supervised child ended in an error. */
  childFailed(): void {
    this.#restarts.failed(this.#parts.env.now());
  }

  /** The supervision tree has ended for good. */
  treeGaveUp(): void {
    this.#hasTreeEnded = true;
    this.#restarts.gaveUp();
  }

  /**
   * The score of the last tick, for whoever does less when it is low: but for a root that has given up, which is at 0
   * for good and would let nothing improve again.
   */
  get scoreToFollow(): number | null {
    return this.#scoreToFollow;
  }

  /** As of the last tick. */
  report(): HealthReading {
    return {
      status: this.#standing.status,
      score: this.#score,
      percent: this.#score === null ? null : Math.round(this.#score * 1_000) / 10,
      min: this.#min,
      trend: this.#past.trend,
      counted: this.#counted,
      unkeptSignals: this.#signals.unkept,
      policyHash: this.#parts.policyHash,
    };
  }

  /** As of the last tick, by kind and name. */
  components(): Section<ComponentReading> {
    const section = nullRecord<ComponentReading>();
    for (const component of this.#components()) section[keyOf(component)] = readComponent(component, this.#lookedAt);
    return section;
  }

  /** The ticks of the last `windowMs`, the oldest first. throws  INVALID_OPTIONS */
  history(windowMs = Infinity): readonly HealthSample[] {
    if (typeof windowMs !== 'number' || !(windowMs >= 0))
      throw invalidOptions('health history', 'milliseconds, a number of at least 0', windowMs);
    return this.#past.since(this.#parts.env.now() - this.#startedAt - windowMs);
  }

  start(): void {
    this.stop();
    this.#arm(this.#run);
  }

  stop(): void {
    this.#run++;
    this.#checks.stop();
    if (this.#timer === undefined) return;
    this.#parts.env.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#kept?.flush(this.#components(), this.#parts.env.now());
  }

  /** Score now, out of turn. The timer does this once an interval. */
  async tick(): Promise<void> {
    this.#checks.look();
    const atMs = this.#parts.env.now();
    const slots = await this.#parts.score(atMs);
    const before = this.#standing.status;
    this.#counted = slots.count;
    const weighed = this.#look();
    this.#score = systemScore(slots, weighed);
    this.#scoreToFollow = this.#hasTreeEnded
      ? systemScore(
          slots,
          weighed.filter(({ kind }) => kind !== 'supervisor'),
        )
      : this.#score;
    this.#standing = nextStanding(this.#standing, this.#score, this.#bounds);
    if (this.#score !== null) this.#min = Math.min(this.#min ?? 1, this.#score);
    const { status } = this.#standing;
    this.#kept?.look(this.#components(), this.#lookedAt);
    this.#past.add({ atMs: atMs - this.#startedAt, wallMs: this.#parts.env.wall(), score: this.#score, status });
    if (status !== before) this.#parts.events.emit('health.changed', { from: before, to: status, score: this.#score });
    this.#parts.onTick(this.report());
  }

  /** Look at all there is. out  what weighs in beside the slots */
  #look(): readonly (Weighed & Pick<Component, 'kind'>)[] {
    const nowMs = this.#parts.env.now();
    const weighed: (Weighed & Pick<Component, 'kind'>)[] = [];
    this.#lookedAt = nowMs;
    this.#breakers.look(nowMs);
    for (const source of [this.#foreign, this.#signals, this.#restarts]) source.look(nowMs);
    for (const source of this.#others)
      for (const { kind, score, weight, critical, uptime } of source.components()) {
        uptime.observe(kind === 'supervisor' ? (score ?? 1) : score, nowMs); // nothing to say is not unknown there
        if (score !== null) weighed.push({ kind, score, weight, critical });
      }
    return weighed;
  }

  *#components(): Generator<Component> {
    for (const source of [this.#breakers, ...this.#others]) yield* source.components();
  }

  #arm(run: number): void {
    this.#timer = this.#parts.env.setTimer(() => void this.#turn(run), this.#parts.intervalMs, false);
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
