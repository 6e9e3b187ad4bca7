/**
 * One breaker's row in shared memory: asks the decisions, steps the chart, writes the word.
 *
 * `admit` and `settle` are the hot path: integers, no promise, no allocation, and a clock only where a rule needs one.
 * All writes of a transition come before anyone is told, so a listener that calls back in finds a consistent breaker.
 * Not public: `breaker.ts` is its face, `pipeline.ts` its other caller.
 */
import {
  BREAKER_EVENTS,
  BREAKER_STATES,
  type BreakerEvent,
  type BreakerState,
  type StepTable,
} from '../../core/breaker-state.ts';
import type { Env } from '../../core/env.ts';
import type { Vote } from '../../core/outcome.ts';
import { Histogram } from '../../hotpath/histogram.ts';
import { epochOf, nextWord, type Row, type Slots, stateOf } from '../../hotpath/slots.ts';
import { TimeWindow } from '../../hotpath/time-window.ts';
import { CLOSED, DISABLED, FREE, HALF_OPEN, METRICS_ONLY, OPEN, STATE_MASK } from '../../../wasm/layout.ts';
import { probesSay, trippedBy } from './decisions.ts';
import { type ResolvedBreakerOptions, tripRules, type TripRules } from './options.ts';

/** The verdict that is no permit: no slot that admits is ever FREE at epoch 0. */
export const REJECTED = FREE;

/** Who asked for a transition by hand, and why. */
export interface Manual {
  readonly by: string;
  readonly reason: string;
}

export interface Transition extends Partial<Manual> {
  readonly event: BreakerEvent;
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly rule: string;
  readonly epoch: number;
}

/** Told after the fact. Neither may throw. */
export interface SlotObserver {
  transitioned(transition: Transition): void;
  /** The first permit of a half-open epoch was taken; its result is due in so many milliseconds. */
  probing(dueInMs: number): void;
}

export interface SlotCounts {
  readonly total: number;
  readonly failed: number;
  readonly slow: number;
  /** 0…1; null before `minimumCalls`, or where no rule keeps a window. */
  readonly failureRate: number | null;
  readonly consecutiveFailures: number;
  readonly notPermitted: number;
}

export class BreakerSlot {
  /** Whether `settle` needs the time the call started at: read the clock before the call only then. */
  readonly timed: boolean;
  readonly #env: Env;
  readonly #slots: Slots;
  readonly #steps: StepTable;
  readonly #observer: SlotObserver;
  readonly #rules: TripRules;
  readonly #slowCallMs: number;
  readonly #openMs: number;
  readonly #permits: number;
  readonly #probeMs: number;
  readonly #row: Row;
  readonly #i32: Int32Array;
  readonly #word: number;
  readonly #window: TimeWindow | undefined;
  readonly #histogram: Histogram | undefined;
  #consecutive = 0;
  #notPermitted = 0;
  // of the half-open epoch: permits taken, results in, failures among them, and when the first is overdue
  #taken = 0;
  #settled = 0;
  #failed = 0;
  #probeDeadline = Infinity;

  constructor(env: Env, slots: Slots, steps: StepTable, options: ResolvedBreakerOptions, observer: SlotObserver) {
    this.#env = env;
    this.#slots = slots;
    this.#steps = steps;
    this.#observer = observer;
    this.#rules = tripRules(options);
    this.#slowCallMs = options.slowCallMs ?? Infinity;
    this.#openMs = options.openMs;
    this.#permits = options.halfOpen.permits;
    this.#probeMs = options.halfOpen.deadlineMs ?? Math.max(options.openMs, 1_000);
    this.#row = slots.take();
    this.#i32 = this.#row.i32;
    this.#word = this.#row.word;
    this.timed = this.#rules.failureRate !== undefined || options.slowCallMs !== undefined;
    if (!this.timed) return;
    const { ms, buckets } = options.window;
    const now = env.now();
    this.#window = new TimeWindow(this.#row, ms / buckets, buckets, this.#rules.minimumCalls, now);
    this.#histogram = new Histogram(this.#row, ms, now);
  }

  get state(): BreakerState {
    return BREAKER_STATES[stateOf(this.#i32[this.#word]!)]!;
  }
  get epoch(): number {
    return epochOf(this.#i32[this.#word]!);
  }

  /** out  a permit to hand to `settle` exactly once, or REJECTED. Moves an open breaker whose time is up to halfOpen. */
  admit(): number {
    const word = this.#i32[this.#word]!;
    return (word & STATE_MASK) === CLOSED ? word : this.#admitUnlessOpen(word);
  }

  /**
   * Report how an admitted call ended. A permit of an older epoch may not vote, add or free anything.
   *
   * in  startedAt   `Env.now()` before the call; any number unless `timed`
   */
  settle(permit: number, vote: Vote, startedAt: number): void {
    if (this.#i32[this.#word] !== permit) return;
    const state = permit & STATE_MASK;
    if (state === HALF_OPEN) return this.#settleProbe(vote);
    if (vote === 'ignored' || state === DISABLED) return;
    const failed = vote === 'failure';
    if (failed) this.#consecutive++;
    else this.#consecutive = 0;
    if (this.#window !== undefined) this.#record(this.#window, failed, startedAt);
    if (state === CLOSED && (failed || this.#row.i32[this.#row.failed] !== 0)) this.#evaluate();
  }

  /**
   * Follow an event of the chart.
   *
   * out  the transition's target, or undefined where the chart has no such edge and nothing was done
   */
  step(event: BreakerEvent, rule: string, manual?: Manual): BreakerState | undefined {
    const word = this.#i32[this.#word]!;
    const from = stateOf(word);
    const to = this.#steps[from * BREAKER_EVENTS.length + BREAKER_EVENTS.indexOf(event)]!;
    if (to < 0) return undefined;
    this.#enter(to);
    this.#i32[this.#word] = nextWord(word, to); // last: it publishes what was written before it
    const state = BREAKER_STATES[to]!;
    this.#observer.transitioned({ event, from: BREAKER_STATES[from]!, to: state, rule, epoch: this.epoch, ...manual });
    return state;
  }

  /** Open again if a probe's result is overdue. The clock decides, not the timer that calls. */
  expireProbes(): void {
    if (this.state === 'halfOpen' && this.#env.now() >= this.#probeDeadline) this.step('probeTimeout', 'probeTimeout');
  }

  /** Forget outcomes and statistics. */
  clear(): void {
    this.#window?.clear(this.#env.now());
    this.#histogram?.clear();
    this.#consecutive = this.#notPermitted = 0;
  }

  counts(): SlotCounts {
    this.#window?.advance(this.#env.now());
    const total = this.#window?.total ?? 0;
    const failed = this.#window?.failed ?? 0;
    const isKnown = this.#window !== undefined && total >= this.#rules.minimumCalls;
    return {
      total,
      failed,
      slow: this.#window?.slow ?? 0,
      failureRate: isKnown ? failed / total : null,
      consecutiveFailures: this.#consecutive,
      notPermitted: this.#notPermitted,
    };
  }

  /** The latency a share `q` of recent calls did not exceed; null when none was timed. */
  latencyMs(q: number): number | null {
    return this.#histogram?.quantile(q, this.#env.now()) ?? null;
  }

  /** When a rejected caller may try again: 0 once a probe would be let in; undefined when only a hand can open the way. */
  retryAfterMs(): number | undefined {
    const state = stateOf(this.#i32[this.#word]!);
    if (state === OPEN) return Math.max(0, this.#row.f64[this.#row.deadline]! - this.#env.now());
    if (state === HALF_OPEN) return Math.max(0, Math.min(this.#probeDeadline - this.#env.now(), this.#probeMs));
    return undefined;
  }

  /** Give the row back. Results that are still on their way are stale from here on. */
  release(): void {
    this.#window?.release();
    this.#histogram?.release();
    this.#slots.give(this.#row);
  }

  #admitUnlessOpen(word: number): number {
    switch (word & STATE_MASK) {
      case OPEN:
        if (this.#env.now() < this.#row.f64[this.#row.deadline]!) return this.#reject();
        this.step('probe', 'deadline');
        return this.admit();
      case HALF_OPEN:
        this.expireProbes();
        if (this.#i32[this.#word] !== word) return this.admit();
        return this.#taken < this.#permits ? this.#takePermit(word) : this.#reject();
      case DISABLED:
      case METRICS_ONLY:
        return word;
      default:
        return this.#reject();
    }
  }

  #reject(): number {
    this.#notPermitted++;
    return REJECTED;
  }

  #takePermit(word: number): number {
    this.#taken++;
    if (this.#probeDeadline === Infinity) {
      this.#probeDeadline = this.#env.now() + this.#probeMs;
      this.#observer.probing(this.#probeMs);
    }
    return word;
  }

  #settleProbe(vote: Vote): void {
    if (vote === 'ignored') {
      this.#taken--;
      return;
    }
    this.#settled++;
    if (vote === 'failure') this.#failed++;
    const event = probesSay(this.#permits, this.#settled, this.#failed, this.#rules.failureRate);
    if (event !== undefined) this.step(event, 'probes');
  }

  #record(window: TimeWindow, failed: boolean, startedAt: number): void {
    const now = this.#env.now();
    const latencyMs = now - startedAt;
    window.record(failed, latencyMs > this.#slowCallMs, now);
    this.#histogram!.record(latencyMs, now);
  }

  #evaluate(): void {
    const rule = trippedBy(
      this.#rules,
      this.#row.i32[this.#row.total]!,
      this.#row.i32[this.#row.failed]!,
      this.#consecutive,
    );
    if (rule !== undefined) this.step('trip', rule);
  }

  #enter(state: number): void {
    this.#row.f64[this.#row.deadline] = state === OPEN ? this.#env.now() + this.#openMs : Infinity;
    this.#taken = this.#settled = this.#failed = 0;
    this.#probeDeadline = Infinity;
    if (state !== CLOSED) return;
    this.#window?.clear(this.#env.now());
    this.#consecutive = 0;
  }
}
