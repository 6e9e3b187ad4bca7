/**
 * One check of the application: when it is asked, and what it said last.
 *
 * It never overlaps itself within its time. Where its function is at work beyond it, each turn counts as a failure, and
 * it is asked again as `may-ask.ts` says. Made by `checks.ts`.
 */
import type { Env, Timer } from '../../core/env.ts';
import { HoldfastError } from '../../core/errors.ts';
import type { CheckAnswer } from '../../core/readings.ts';
import type { Component } from './component.ts';
import { isLost, mayAsk } from './may-ask.ts';
import { type HealthCheck, Question, stillLate, type Verdict } from './question.ts';
import type { Uptime } from './uptime.ts';

const SCORES: Readonly<Record<CheckAnswer, number>> = { healthy: 1, degraded: 0.5, unhealthy: 0 };

export interface RegisteredCheckParts {
  readonly env: Env;
  readonly name: string;
  readonly check: HealthCheck;
  /** Absent for one that is asked each tick. */
  readonly intervalMs: number | undefined;
  readonly timeoutMs: number;
  readonly weight: number;
  readonly critical: boolean;
  readonly uptime: Uptime;
  /** Heard after each verdict, which is in force by then; `before` is null for the first. Must not throw. */
  readonly onVerdict: (verdict: Verdict, before: CheckAnswer | null) => void;
}

export class RegisteredCheck implements Component {
  readonly kind = 'check';
  readonly name: string;
  readonly weight: number;
  readonly critical: boolean;
  readonly uptime: Uptime;
  readonly #parts: RegisteredCheckParts;
  #last: Verdict | undefined;
  #question: Question | undefined;
  /** Those before it that are still out, the oldest first. */
  #hung: readonly Question[] = [];
  /** Until it is asked again, if it has an interval of its own. */
  #turn: Timer | undefined;
  /** Who asked out of turn. */
  #waiting: PromiseWithResolvers<CheckAnswer> | undefined;

  constructor(parts: RegisteredCheckParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.weight = parts.weight;
    this.critical = parts.critical;
    this.uptime = parts.uptime;
  }

  /** What it said last. */
  get answer(): CheckAnswer | undefined {
    return this.#last?.answer;
  }
  /** Of its last answer; null before the first, which leaves it out. */
  get score(): number | null {
    return this.#last === undefined ? null : SCORES[this.#last.answer];
  }
  get reason(): string | null {
    return this.#last?.reason ?? null;
  }

  /** The tick: asks it, unless it has turns of its own, which begin with the first. */
  tick(): void {
    if (this.#turn !== undefined) return;
    this.#arm();
    this.#ask();
  }

  /**
   * Ask now, or wait for the answer that is already waited for. One that hangs, and may not be asked yet, is unhealthy.
   *
   * throws  STOPPED when it is no longer wanted
   */
  probe(): Promise<CheckAnswer> {
    if (this.#waiting !== undefined) return this.#waiting.promise;
    const waiting = Promise.withResolvers<CheckAnswer>();
    this.#waiting = waiting;
    this.#ask();
    return waiting.promise;
  }

  /** Wait for no more answers, and ask no more until the next tick. */
  stop(): void {
    if (this.#turn !== undefined) this.#parts.env.clearTimer(this.#turn);
    this.#turn = undefined;
    const stopped = new HoldfastError('STOPPED', `health check "${this.name}": expected an answer, received a stop`, {
      component: this.name,
    });
    this.#question?.withdraw(stopped);
    this.#waiting?.reject(stopped);
    this.#waiting = undefined;
  }

  #arm(): void {
    const { env, intervalMs } = this.#parts;
    if (intervalMs === undefined) return;
    this.#turn = env.setTimer(
      () => {
        this.#arm();
        this.#ask();
      },
      intervalMs,
      false,
    );
  }

  #ask(): void {
    const { env, timeoutMs, check } = this.#parts;
    if (this.#question !== undefined && this.#question.closedAtMs === undefined) return; // there is time left
    if (!this.#mayAsk(env.now())) return this.#judge(stillLate(timeoutMs));
    const question = new Question({ env, timeoutMs, onVerdict: (verdict) => this.#judge(verdict) });
    this.#question = question;
    question.ask(check);
  }

  #mayAsk(nowMs: number): boolean {
    if (this.#question?.isOut === true) this.#hung = [...this.#hung, this.#question];
    this.#question = undefined;
    if (this.#hung.length === 0) return true;
    this.#hung = this.#hung.filter(({ isOut, closedAtMs }) => isOut && !isLost(closedAtMs!, nowMs));
    return mayAsk(
      this.#hung.map(({ closedAtMs }) => closedAtMs!),
      nowMs,
    );
  }

  #judge(verdict: Verdict): void {
    const before = this.#last?.answer ?? null;
    const waiting = this.#waiting;
    this.#last = verdict;
    this.#waiting = undefined;
    this.#parts.onVerdict(verdict, before);
    waiting?.resolve(verdict.answer);
  }
}
