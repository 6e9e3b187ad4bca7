/**
 * One breaker's row in shared memory: asks the decisions, steps the chart, writes the word. Long, because all that may
 * touch a row is here; what it decides is in `decisions.ts`, `opening.ts` and `probes.ts`.
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
import { disown } from '../../core/disown.ts';
import type { Env } from '../../core/env.ts';
import type { Vote } from '../../core/outcome.ts';
import { CountWindow } from '../../hotpath/count-window.ts';
import { Histogram } from '../../hotpath/histogram.ts';
import { ABOVE, FAILED, type OutcomeWindow, SLOW } from '../../hotpath/outcome-window.ts';
import { epochOf, nextWord, type Row, type Slots, stateOf } from '../../hotpath/slots.ts';
import { TimeWindow } from '../../hotpath/time-window.ts';
import { CLOSED, DISABLED, FREE, HALF_OPEN, METRICS_ONLY, OPEN, STATE_MASK } from '../../../wasm/layout.ts';
import { trippedBy } from './decisions.ts';
import { Openings } from './opening.ts';
import type { SlotOptions, TripCounts } from './options.ts';
import { Probes } from './probes.ts';
import { haveSameWindow, needWindow, type TripRules, tripRules } from './rules.ts';

/** The verdict that is no permit: no slot that admits is ever FREE at epoch 0. */
export const REJECTED = FREE;

/** How long latencies are remembered, at least, where no time window says so. */
const LATENCY_TURN_MS = 10_000;

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

/** Told after the fact. None may throw. */
export interface SlotObserver {
  transitioned(transition: Transition): void;
  /** A permit was taken while no probe was under way; its result is due in so many milliseconds. */
  probing(dueInMs: number): void;
  /** A breaker that is only observed crossed a rule; told once until it has been below again. */
  crossed(rule: string): void;
  /** A function of the application threw, or gave nothing to go by. */
  callbackFailed(option: string, error: unknown): void;
}

export interface SlotParts {
  readonly env: Env;
  readonly slots: Slots;
  readonly steps: StepTable;
  readonly observer: SlotObserver;
  /** Whether latencies are kept for the quantiles of the statistics: 2,816 bytes. */
  readonly keepsLatencies: boolean;
}

export interface SlotCounts extends TripCounts {
  /** Since the breaker was made, or reset. */
  readonly calls: { readonly success: number; readonly failure: number; readonly ignored: number };
  readonly notPermitted: number;
  /** Milliseconds since the last failure that counted; null when there was none. */
  readonly sinceLastFailureMs: number | null;
  /** What kind of error that was, e.g. `ECONNREFUSED` or `TypeError`; null when there was none, or none was told. */
  readonly lastFailure: string | null;
  readonly inStateMs: number;
}

/** Of a key nobody has called with. */
export const NO_COUNTS: SlotCounts = {
  total: 0,
  failed: 0,
  slow: 0,
  consecutiveFailures: 0,
  failureRate: null,
  slowCallRate: null,
  calls: { success: 0, failure: 0, ignored: 0 },
  notPermitted: 0,
  sinceLastFailureMs: null,
  lastFailure: null,
  inStateMs: 0,
};

/** What new options make begin anew. */
export type Cleared = 'window' | 'probes';

/** What is worth keeping over a restart. Plain data. */
export interface SlotSnapshot {
  readonly v: 1;
  readonly state: BreakerState;
  /** How much longer an open breaker rejects. */
  readonly remainingOpenMs: number;
  /** Openings in a row. */
  readonly attempt: number;
}

export class BreakerSlot {
  readonly #env: Env;
  readonly #slots: Slots;
  readonly #steps: StepTable;
  readonly #observer: SlotObserver;
  readonly #keepsLatencies: boolean;
  #options: SlotOptions;
  #rules: TripRules;
  readonly #openings: Openings;
  #probes: Probes;
  #slowCallMs: number;
  #aboveMs: number;
  readonly #row: Row;
  readonly #i32: Int32Array;
  readonly #word: number;
  #window: OutcomeWindow | undefined;
  #histogram: Histogram | undefined;
  #isTimed: boolean;
  /** Calls that began before it have no time they started at. */
  #timedSince = -Infinity;
  #consecutive = 0;
  #successes = 0;
  #failures = 0;
  #ignored = 0;
  #notPermitted = 0;
  #rejectedForMs: number | undefined = undefined;
  #lastFailureAt = -Infinity;
  #lastFailure: string | null = null;
  #stateSince: number;
  #isAboveRule = false;
  /** True while the application's `openMs` runs: what it does to this breaker must not recurse. */
  #isStepping = false;
  #isReleased = false;
  /** Until then a closed breaker lets only a growing share of calls through. */
  #rampUntil = -Infinity;

  constructor({ env, slots, steps, observer, keepsLatencies }: SlotParts, options: SlotOptions) {
    this.#env = env;
    this.#slots = slots;
    this.#steps = steps;
    this.#observer = observer;
    this.#keepsLatencies = keepsLatencies;
    this.#options = options;
    this.#rules = tripRules(options);
    this.#openings = new Openings(options);
    this.#probes = new Probes(options.halfOpen.permits, this.#rules);
    this.#slowCallMs = options.slowCallMs ?? Infinity;
    this.#aboveMs = this.#rules.latency?.aboveMs ?? Infinity;
    this.#row = slots.take();
    this.#i32 = this.#row.i32;
    this.#word = this.#row.word;
    this.#stateSince = env.now();
    this.#isTimed = isTimed(options);
    try {
      this.#window = this.#makeWindow(options, this.#stateSince);
      this.#histogram = this.#makeHistogram(options, this.#stateSince);
    } catch (error) {
      this.release(); // no room: nothing is left half made
      throw error;
    }
  }

  get state(): BreakerState {
    return BREAKER_STATES[stateOf(this.#i32[this.#word]!)]!;
  }
  get epoch(): number {
    return epochOf(this.#i32[this.#word]!);
  }

  /** Whether `settle` needs the time the call started at: read the clock before the call only then. */
  get timed(): boolean {
    return this.#isTimed;
  }

  /** When it came into its state, by `Env.now()`. */
  get stateSince(): number {
    return this.#stateSince;
  }
  /** The last failure that counted, by `Env.now()`; −Infinity when there was none. */
  get lastFailureAt(): number {
    return this.#lastFailureAt;
  }

  /** What the last rejected caller was told: as `retryAfterMs()` at that moment, without another reading of the clock. */
  get rejectedForMs(): number | undefined {
    return this.#rejectedForMs;
  }

  /** Whether nothing is lost with this breaker: it is closed, remembers no failure, and is not on its way back. */
  get isForgettable(): boolean {
    const now = this.#env.now();
    this.#window?.advance(now);
    const isClean = this.#consecutive === 0 && (this.#window === undefined || !hasMarks(this.#window));
    const isBack = now >= this.#rampUntil && this.#openings.isQuiet(now - this.#stateSince);
    return this.state === 'closed' && isClean && isBack;
  }

  /** Whether it is closed without a failure in its window, which is to say well. Two loads: asked each tick. */
  get isSpotless(): boolean {
    return (this.#i32[this.#word]! & STATE_MASK) === CLOSED && this.#i32[this.#row.failed] === 0;
  }

  /** Failures of the window, 0…1; null below the minimum of calls. */
  failureRateAt(nowMs: number): number | null {
    if (this.#window === undefined) return null;
    this.#window.advance(nowMs);
    const { total, failed } = this.#window;
    return total >= this.#rules.minimumCalls ? failed / total : null;
  }

  /** Whether it is open, and its opening is over: the next call would be a probe. */
  mayProbeAt(nowMs: number): boolean {
    return (this.#i32[this.#word]! & STATE_MASK) === OPEN && nowMs >= this.#row.f64[this.#row.deadline]!;
  }

  /** out  a permit to hand to `settle` exactly once, or REJECTED. Moves an open breaker whose time is up to halfOpen. */
  admit(): number {
    const word = this.#i32[this.#word]!;
    return (word & STATE_MASK) === CLOSED && this.#rampUntil === -Infinity ? word : this.#admitUnlessOpen(word);
  }

  /**
   * Whether a permit still lets its call begin: one that waited in between must not run after the breaker opened, nor be
   * one probe too many. Where all are admitted, so is this one, though it may not vote; and so it is where a key made
   * place meanwhile: it was closed, and the row is another's now.
   */
  stillAdmits(permit: number): boolean {
    const word = this.#i32[this.#word]!;
    return word === permit || this.#isReleased || ADMITS_ALL.has(stateOf(word));
  }

  /**
   * Report how an admitted call ended. A permit of an older epoch may not vote, add or free anything.
   *
   * in  startedAt      `Env.now()` before the call; any number unless `timed`
   *     retryAfterMs   what the upstream asked for, 0 for nothing: lengthens the opening, should this trip it
   *     failure        what kind of error it was (`error-kind.ts`), where there is one
   */
  settle(permit: number, vote: Vote, startedAt: number, retryAfterMs = 0, failure: string | null = null): void {
    if (this.#i32[this.#word] !== permit) return;
    const state = permit & STATE_MASK;
    if (state === DISABLED) return;
    if (vote === 'ignored') return this.#ignore(state);
    let marks = 0;
    let now = 0;
    if (vote === 'failure') {
      marks = FAILED;
      this.#failures++;
      this.#consecutive++;
      this.#lastFailureAt = now = this.#env.now();
      this.#lastFailure = failure;
    } else {
      this.#successes++;
      this.#consecutive = 0;
    }
    if (this.#isTimed) {
      if (now === 0) now = this.#env.now();
      if (startedAt >= this.#timedSince) marks |= this.#measure(now - startedAt, now);
    }
    if (state === HALF_OPEN) return this.#settleProbe(marks, retryAfterMs);
    this.#window?.record(marks, now);
    this.#evaluate(permit, retryAfterMs);
  }

  /**
   * Follow an event of the chart.
   *
   * out  the transition's target, or undefined where the chart has no such edge and nothing was done
   */
  step(event: BreakerEvent, rule: string, manual?: Manual, retryAfterMs = 0): BreakerState | undefined {
    if (this.#isStepping || this.#isReleased) return undefined;
    const to = this.#target(event);
    if (to < 0) return undefined;
    const openMs = to === OPEN ? this.#nextOpening(retryAfterMs) : 0;
    return this.#move(event, to, openMs, rule, manual);
  }

  /** Let probes in if the opening is over. The clock decides, not the timer that calls. */
  expireOpening(): void {
    if (this.state === 'open' && this.#env.now() >= this.#row.f64[this.#row.deadline]!) this.step('probe', 'deadline');
  }

  /** Open again if a probe's result is overdue. The clock decides, not the timer that calls. */
  expireProbes(): void {
    if (this.state === 'halfOpen' && this.#env.now() >= this.#probes.dueAt) this.step('probeTimeout', 'probeTimeout');
  }

  /** When the first probe's result is overdue; undefined while none is under way. */
  probeDueInMs(): number | undefined {
    return this.state === 'halfOpen' && this.#probes.dueAt !== Infinity
      ? Math.max(0, this.#probes.dueAt - this.#env.now())
      : undefined;
  }

  /** Forget outcomes and statistics. */
  clear(): void {
    if (this.#isReleased) return; // the memory is another's
    this.#window?.clear(this.#env.now());
    this.#histogram?.clear();
    this.#openings.forget();
    this.#consecutive = this.#successes = this.#failures = this.#ignored = this.#notPermitted = 0;
    this.#lastFailureAt = -Infinity;
    this.#lastFailure = null;
    this.#rampUntil = -Infinity;
  }

  counts(): SlotCounts {
    const now = this.#env.now();
    this.#window?.advance(now);
    return {
      ...this.#tripCounts(),
      calls: { success: this.#successes, failure: this.#failures, ignored: this.#ignored },
      notPermitted: this.#notPermitted,
      sinceLastFailureMs: this.#lastFailureAt === -Infinity ? null : now - this.#lastFailureAt,
      lastFailure: this.#lastFailure,
      inStateMs: now - this.#stateSince,
    };
  }

  /** What became of its calls since it was made, or reset; without a look at the clock. */
  get tally(): { readonly success: number; readonly failure: number; readonly notPermitted: number } {
    return { success: this.#successes, failure: this.#failures, notPermitted: this.#notPermitted };
  }

  /** The latencies that shares `qs` (ascending) of recent calls did not exceed; undefined when none was kept. */
  latenciesMs(qs: readonly number[]): readonly number[] | undefined {
    return this.#histogram?.quantiles(qs, this.#env.now());
  }

  /** When a rejected caller may try again: 0 once a probe would be let in; undefined when only a hand can open the way. */
  retryAfterMs(): number | undefined {
    return this.#waitMs(this.#env.now());
  }

  snapshot(): SlotSnapshot {
    const remainingOpenMs = this.state === 'open' ? this.retryAfterMs()! : 0;
    return { v: 1, state: this.state, remainingOpenMs, attempt: this.#openings.attempt };
  }

  /**
   * Take up a snapshot's state: half-open as open, the remaining time clamped to what an opening lasts.
   *
   * out  false when this breaker has already left its first epoch: nothing was done
   */
  restore({ state, remainingOpenMs, attempt }: SlotSnapshot): boolean {
    if (
      this.#isStepping ||
      this.state !== 'closed' ||
      this.#successes + this.#failures > 0 ||
      this.#openings.attempt > 0
    )
      return false;
    const event = RESTORED_BY[state];
    if (event === undefined) return true;
    const to = this.#target(event);
    const openMs = to === OPEN ? this.#resumedOpening(attempt, remainingOpenMs) : 0;
    this.#move(event, to, openMs, 'restored');
    return true;
  }

  /**
   * Go by other options from here on. Outcomes are kept, unless the window is another; an opening under way lasts as it
   * was told; probes begin anew. What is begun anew is another epoch: results that are on their way may not vote.
   *
   * out     what was begun anew;   undefined from inside its own `openMs`, where nothing was done
   * throws  CAPACITY_EXHAUSTED, and nothing was done
   */
  configure(options: SlotOptions): readonly Cleared[] | undefined {
    if (this.#isStepping) return undefined;
    const now = this.#env.now();
    const isOtherWindow = !haveSameWindow(this.#options, options);
    this.#replaceMemory(options, isOtherWindow, now);
    this.#options = options;
    this.#rules = tripRules(options);
    this.#openings.configure(options);
    this.#probes = new Probes(options.halfOpen.permits, this.#rules);
    this.#slowCallMs = options.slowCallMs ?? Infinity;
    this.#aboveMs = this.#rules.latency?.aboveMs ?? Infinity;
    if (isTimed(options) && !this.#isTimed) this.#timedSince = now;
    this.#isTimed = isTimed(options);
    this.#i32[this.#row.minimum] = this.#window === undefined ? 0 : this.#rules.minimumCalls;
    this.#rampUntil = options.rampUp === undefined ? -Infinity : Math.min(this.#rampUntil, now + options.rampUp.overMs);
    const word = this.#i32[this.#word]!;
    const isProbing = stateOf(word) === HALF_OPEN;
    if (isOtherWindow || isProbing) this.#i32[this.#word] = nextWord(word, stateOf(word));
    return [...(isOtherWindow ? (['window'] as const) : []), ...(isProbing ? (['probes'] as const) : [])];
  }

  /** Give the row back. Results that are still on their way are stale from here on. */
  release(): void {
    this.#isReleased = true;
    this.#window?.release();
    this.#histogram?.release();
    this.#slots.give(this.#row);
  }

  get #probeMs(): number {
    return this.#options.halfOpen.deadlineMs ?? Math.max(this.#openings.lastMs, 1_000);
  }

  #waitMs(now: number): number | undefined {
    switch (stateOf(this.#i32[this.#word]!)) {
      case OPEN:
        return Math.max(0, this.#row.f64[this.#row.deadline]! - now);
      case HALF_OPEN:
        return Math.max(0, Math.min(this.#probes.dueAt - now, this.#probeMs));
      case CLOSED:
        return Math.max(0, this.#rampUntil - now);
      default:
        return undefined;
    }
  }

  #makeWindow(options: SlotOptions, now: number): OutcomeWindow | undefined {
    const rules = tripRules(options);
    if (!needWindow(rules)) return undefined;
    const { ms, buckets, calls } = options.window;
    if (calls !== undefined) return new CountWindow(this.#row, calls, rules.minimumCalls);
    return new TimeWindow(this.#row, ms / buckets, buckets, rules.minimumCalls, now);
  }

  #makeHistogram(options: SlotOptions, now: number): Histogram | undefined {
    if (!this.#keepsLatencies || !isTimed(options)) return undefined;
    return new Histogram(this.#row, options.window.ms ?? LATENCY_TURN_MS, now);
  }

  /** The new memory is taken before the old is given back: should there be none, all is as it was. */
  #replaceMemory(options: SlotOptions, isOtherWindow: boolean, now: number): void {
    const turnsAlike = options.window.ms === this.#options.window.ms && isTimed(options) === this.#isTimed;
    const [oldHistogram, oldWindow] = [this.#histogram, this.#window];
    const histogram = turnsAlike ? oldHistogram : this.#makeHistogram(options, now);
    try {
      if (isOtherWindow) this.#window = this.#makeWindow(options, now);
    } catch (error) {
      if (histogram !== oldHistogram) histogram?.release();
      throw error;
    }
    this.#histogram = histogram;
    if (histogram !== oldHistogram) oldHistogram?.release();
    if (!isOtherWindow) return;
    oldWindow?.release();
    this.#i32[this.#row.total] = this.#i32[this.#row.failed] = this.#i32[this.#row.slow] = 0;
  }

  /** out  the marks of a call that took so long */
  #measure(latencyMs: number, now: number): number {
    this.#histogram?.record(latencyMs, now);
    return (latencyMs > this.#slowCallMs ? SLOW : 0) | (latencyMs > this.#aboveMs ? ABOVE : 0);
  }

  #admitUnlessOpen(word: number): number {
    const now = this.#env.now();
    switch (word & STATE_MASK) {
      case CLOSED:
        return this.#isRampedUp(now) ? word : this.#reject(now);
      case OPEN:
        if (now < this.#row.f64[this.#row.deadline]!) return this.#reject(now);
        return this.step('probe', 'deadline') === undefined ? this.#reject(now) : this.admit();
      case HALF_OPEN:
        this.expireProbes();
        if (this.#i32[this.#word] !== word) return this.admit();
        return this.#probes.hasPermit ? this.#takePermit(word, now) : this.#reject(now);
      case DISABLED:
      case METRICS_ONLY:
        return word;
      default:
        return this.#reject(now);
    }
  }

  /** Draw for one call while the share grows from 0 to 1 over the ramp. */
  #isRampedUp(now: number): boolean {
    const leftMs = this.#rampUntil - now;
    if (leftMs > 0) return this.#env.random() >= leftMs / this.#options.rampUp!.overMs;
    this.#rampUntil = -Infinity;
    return true;
  }

  #reject(now: number): number {
    this.#notPermitted++;
    this.#rejectedForMs = this.#waitMs(now);
    return REJECTED;
  }

  #takePermit(word: number, now: number): number {
    const dueInMs = this.#probeMs;
    if (this.#probes.take(now + dueInMs)) this.#observer.probing(dueInMs);
    return word;
  }

  /** Counts for nothing, and gives a probe's permit back. */
  #ignore(state: number): void {
    this.#ignored++;
    if (state === HALF_OPEN) this.#probes.giveBack();
  }

  #settleProbe(marks: number, retryAfterMs: number): void {
    const event = this.#probes.settle((marks & FAILED) !== 0, (marks & SLOW) !== 0);
    if (event !== undefined) this.step(event, 'probes', undefined, retryAfterMs);
  }

  /** Ask the rules, after any outcome: a success may complete the minimum of calls. */
  #evaluate(permit: number, retryAfterMs: number): void {
    const hasReason = this.#consecutive !== 0 || (this.#window !== undefined && hasMarks(this.#window));
    if (!hasReason && this.#rules.trip === undefined && !this.#isAboveRule) return;
    const rule = trippedBy(this.#rules, this.#window, this.#consecutive) ?? this.#ownRule();
    if (this.#i32[this.#word] !== permit) return; // the application's own rule moved it, or configured it
    if (stateOf(permit) === METRICS_ONLY) this.#observe(rule);
    else if (rule !== undefined) this.step('trip', rule, undefined, retryAfterMs);
  }

  #ownRule(): string | undefined {
    if (this.#rules.trip === undefined) return undefined;
    try {
      const answer: unknown = this.#rules.trip(this.#tripCounts());
      if (typeof answer === 'boolean') return answer ? 'trip' : undefined;
      disown(answer); // a promise is truthy: an async rule would trip at the first call
      this.#observer.callbackFailed('trip', new TypeError('trip: expected true or false'));
    } catch (error) {
      this.#observer.callbackFailed('trip', error);
    }
    return undefined;
  }

  #observe(rule: string | undefined): void {
    const isFirst = rule !== undefined && !this.#isAboveRule;
    this.#isAboveRule = rule !== undefined;
    if (isFirst) this.#observer.crossed(rule);
  }

  #tripCounts(): TripCounts {
    const { total = 0, failed = 0, slow = 0 } = this.#window ?? {};
    const isKnown = this.#window !== undefined && total >= this.#rules.minimumCalls;
    return {
      total,
      failed,
      slow,
      consecutiveFailures: this.#consecutive,
      failureRate: isKnown ? failed / total : null,
      slowCallRate: isKnown ? slow / total : null,
    };
  }

  #nextOpening(retryAfterMs: number): number {
    const closedForMs = this.state === 'closed' ? this.#env.now() - this.#stateSince : -1;
    this.#isStepping = true;
    try {
      return this.#openings.next(closedForMs, retryAfterMs, this.#env.random(), this.#onOpenMs);
    } finally {
      this.#isStepping = false;
    }
  }

  #resumedOpening(attempt: number, remainingOpenMs: number): number {
    this.#isStepping = true;
    try {
      return this.#openings.resume(attempt, remainingOpenMs, this.#env.random(), this.#onOpenMs);
    } finally {
      this.#isStepping = false;
    }
  }

  readonly #onOpenMs = (error: unknown): void => this.#observer.callbackFailed('openMs', error);

  #target(event: BreakerEvent): number {
    const from = stateOf(this.#i32[this.#word]!);
    return this.#steps[from * BREAKER_EVENTS.length + BREAKER_EVENTS.indexOf(event)]!;
  }

  #move(event: BreakerEvent, to: number, openMs: number, rule: string, manual?: Manual): BreakerState {
    const word = this.#i32[this.#word]!;
    const from = stateOf(word);
    this.#enter(from, to, openMs);
    this.#i32[this.#word] = nextWord(word, to); // last: it publishes what was written before it
    const state = BREAKER_STATES[to]!;
    this.#observer.transitioned({ event, from: BREAKER_STATES[from]!, to: state, rule, epoch: this.epoch, ...manual });
    return state;
  }

  #enter(from: number, to: number, openMs: number): void {
    const now = this.#env.now();
    const isBack = to === CLOSED && from === HALF_OPEN && this.#options.rampUp !== undefined;
    this.#stateSince = now;
    this.#row.f64[this.#row.deadline] = to === OPEN ? now + openMs : Infinity;
    this.#probes.begin();
    this.#rampUntil = isBack ? now + this.#options.rampUp!.overMs : -Infinity;
    this.#isAboveRule = false;
    if (to !== CLOSED) return;
    this.#window?.clear(now);
    this.#consecutive = 0;
  }
}

const ADMITS_ALL: ReadonlySet<number> = new Set([CLOSED, DISABLED, METRICS_ONLY]);

/** How a fresh breaker gets to a snapshot's state; a probe's results are gone, so halfOpen waits again. */
const RESTORED_BY: Readonly<Record<BreakerState, BreakerEvent | undefined>> = {
  closed: undefined,
  open: 'open',
  halfOpen: 'open',
  forcedOpen: 'forceOpen',
  disabled: 'disable',
  metricsOnly: 'observe',
};

/** Whether a call's duration, or when it ended, matters. */
function isTimed(options: SlotOptions): boolean {
  const isOverTime = options.window.calls === undefined && needWindow(tripRules(options));
  return isOverTime || options.slowCallMs !== undefined || options.latency !== undefined;
}

function hasMarks(window: OutcomeWindow): boolean {
  return window.failed !== 0 || window.slow !== 0 || window.above !== 0;
}
