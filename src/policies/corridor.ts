/**
 * A call's way through its policies, in one frame: fallback → retry → rate limit → breaker → bulkhead →
 * timeout → fn.
 *
 * Deciding is a few integers; waiting is one `await`. A caller who may be released early (there is a timeout, a retry,
 * or a signal of its own) waits on a promise beside the frame; any other waits on the frame itself. A policy that is
 * not configured is a test of `undefined`.
 *
 * How to read it: `make` → `#start` → `#run`, then `#answer`, or `#lose` → `#again` or `#replace` → `#refuse`.
 * `expired`, `aborted` and `#overdue` cut in from the side, after which whatever the function still does is late.
 */
import { type GivenCall, type Protected } from '../core/call.ts';
import type { Env } from '../core/env.ts';
import { errorKind } from '../core/error-kind.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Outcome, Vote } from '../core/outcome.ts';
import type { ProviderSeat } from '../core/provider-seat.ts';
import { rejectSoon } from '../core/reject-soon.ts';
import { retryAfterOf } from '../core/retry-after.ts';
import type { DeadlineList } from '../hotpath/deadline-list.ts';
import { ballot } from './breaker/ballot.ts';
import type { KeyedSlots } from './breaker/keyed.ts';
import { breakerOpen } from './breaker/rejection.ts';
import { type BreakerSlot, REJECTED } from './breaker/slot.ts';
import type { Bulkhead } from './bulkhead/bulkhead.ts';
import type { ResourcePool } from './bulkhead/pool.ts';
import { bulkheadFull } from './bulkhead/rejection.ts';
import { Stay } from './bulkhead/stay.ts';
import { CallCounts } from './call-counts.ts';
import type { CallMeter } from './call-meter.ts';
import { Call, type CallOwner } from './call.ts';
import { type Fallback, fallBack } from './fallback/fallback.ts';
import { Journey } from './journey.ts';
import type { RateLimiter } from './rate-limit/limiter.ts';
import { rateLimited } from './rate-limit/rejection.ts';
import type { Retry } from './retry/retry.ts';
import type { AttemptDeadlines } from './timeout/leveled-deadlines.ts';
import { timedOut } from './timeout/timed-out.ts';

/** What a corridor is made of. The runtime composes it. */
export interface CorridorParts {
  readonly env: Env;
  /** Turn an error into a vote. Never throws. */
  readonly vote: (error: unknown) => Vote;
  readonly slot?: BreakerSlot | undefined;
  /** Instead of `slot`: one for each tenant. */
  readonly keyed?: Pick<KeyedSlots, 'slotFor'> | undefined;
  /** Deadlines of one attempt, and of the whole. */
  readonly deadlines?: AttemptDeadlines | undefined;
  readonly total?: DeadlineList | undefined;
  readonly retry?: Retry | undefined;
  readonly limiter?: RateLimiter | undefined;
  readonly bulkhead?: Bulkhead | undefined;
  /** What the bulkhead lends to each function. */
  readonly pool?: ResourcePool | undefined;
  readonly fallback?: readonly Fallback[] | undefined;
  readonly meter?: CallMeter | undefined;
  /** Where calls read their provider. */
  readonly seat?: ProviderSeat | undefined;
  /** Another's, to count together with it. */
  readonly counts?: CallCounts | undefined;
}

export class Corridor implements CallOwner {
  readonly name: string;
  readonly counts: CallCounts;
  readonly seat: ProviderSeat | undefined;
  readonly #parts: CorridorParts;
  readonly #env: Env;
  readonly #vote: (error: unknown) => Vote;
  readonly #slot: BreakerSlot | undefined;
  readonly #keyed: Pick<KeyedSlots, 'slotFor'> | undefined;
  readonly #deadlines: AttemptDeadlines | undefined;
  readonly #total: DeadlineList | undefined;
  readonly #retry: Retry | undefined;
  readonly #limiter: RateLimiter | undefined;
  readonly #bulkhead: Bulkhead | undefined;
  readonly #pool: ResourcePool | undefined;
  readonly #fallback: readonly Fallback[] | undefined;
  readonly #meter: CallMeter | undefined;
  /** Whether a policy other than the breaker needs to know when a call began; the breaker may change its mind. */
  readonly #isTimed: boolean;
  /** Whether that is so of a call that is turned away, too. */
  readonly #isTimedAtOnce: boolean;
  /** Whether a caller may be released before the frame ends, whatever it gave. */
  readonly #isDetached: boolean;

  constructor(name: string, parts: CorridorParts) {
    this.name = name;
    this.#parts = parts;
    this.counts = parts.counts ?? new CallCounts();
    this.#env = parts.env;
    this.#vote = parts.vote;
    this.#slot = parts.slot;
    this.#keyed = parts.keyed;
    this.#deadlines = parts.deadlines;
    this.#total = parts.total;
    this.#retry = parts.retry;
    this.#limiter = parts.limiter;
    this.#bulkhead = parts.bulkhead;
    this.#pool = parts.pool;
    this.#fallback = parts.fallback;
    this.#meter = parts.meter;
    this.seat = parts.seat;
    const needTime = [parts.deadlines, parts.total, parts.keyed];
    this.#isTimedAtOnce = parts.limiter !== undefined || parts.meter !== undefined;
    this.#isTimed = needTime.some((part) => part !== undefined);
    this.#isDetached = [parts.deadlines, parts.total, parts.retry].some((part) => part !== undefined);
  }

  /** The same way, with another answer of last resort. */
  answeredBy(fallback: readonly Fallback[]): Corridor {
    return new Corridor(this.name, { ...this.#parts, fallback, counts: this.counts });
  }

  /** Make a call. Settles as `Pipeline.execute` does. */
  make(fn: Protected<unknown>, given: GivenCall): Promise<unknown> {
    const call = new Call(this, fn, given);
    const { signal } = given;
    if (!this.#isDetached && signal === undefined) {
      this.counts.begin();
      return this.#start(call);
    }
    try {
      signal?.addEventListener('abort', call);
    } catch (error) {
      return rejectSoon(error); // a signal that is none: the call has not begun
    }
    this.counts.begin();
    const answer = new Promise<unknown>((resolve, reject) => {
      call.resolve = resolve;
      call.reject = reject;
    });
    if (signal?.aborted === true) {
      call.startedAt = this.#env.now(); // a meter asks how long it took, although it was never begun
      queueMicrotask(() => this.aborted(call));
    } else {
      if (this.#retry !== undefined || this.#total !== undefined) this.#embark(call);
      void this.#start(call);
    }
    return answer;
  }

  /** The time of one attempt is up: a failure, whatever the function still does. */
  expired(call: Call): void {
    const error = timedOut(this.name, this.#deadlines!.durationMsOf(call));
    this.#deadlines!.remove(call); // its list has let go of it; what remembers the list has not
    this.#cut(call, error);
    void this.#lose(call, error, 'timeout');
  }

  /** The caller left. */
  aborted({ first, given: { signal } }: Call): void {
    if (first.isAnswered) return;
    const current = first.journey?.current ?? first;
    const reason: unknown = signal!.reason;
    if (!current.isReleased) this.#abandon(current, reason);
    this.#refuse(first, 'aborted', reason);
  }

  /** Let go of an attempt that waits or runs; its permit goes back without a vote. */
  #abandon(call: Call, reason: unknown): void {
    this.#deadlines?.remove(call);
    const hasWaited = call.stay?.giveUp() ?? false;
    if (hasWaited) call.slot?.settle(call.permit, 'ignored', call.startedAt);
    call.isAbandoned = !hasWaited;
    call.release(reason);
  }

  #embark(call: Call): void {
    call.journey = new Journey(call, this.#overdue);
    this.#retry?.begin();
    this.#total?.add(call.journey, this.#env.now());
  }

  #start(call: Call): Promise<unknown> {
    if (this.#isTimedAtOnce) call.startedAt = this.#env.now();
    const { tenant } = call.given;
    if (this.#limiter !== undefined) {
      const waitMs = this.#limiter.take(tenant, call.startedAt);
      if (waitMs > 0) return this.#turnAway(call, 'RATE_LIMITED', rateLimited(this.name, tenant, waitMs));
    }
    const slot = (call.slot = this.#keyed === undefined ? this.#slot : this.#keyed.slotFor(tenant));
    if (slot !== undefined && (call.permit = slot.admit()) === REJECTED)
      return this.#turnAway(call, 'BREAKER_OPEN', breakerOpen(this.name, slot.state, slot.rejectedForMs));
    if (call.isReleased) return this.#leaveAtTheDoor(call);
    // Not before: a call that is turned away needs no clock of its own.
    if (!this.#isTimedAtOnce && (this.#isTimed || slot?.timed === true)) call.startedAt = this.#env.now();
    return this.#bulkhead === undefined ? this.#run(call) : this.#enter(call, this.#bulkhead);
  }

  /** Its caller left while the breaker told of a transition: nothing has begun, and nobody waits. */
  #leaveAtTheDoor(call: Call): Promise<void> {
    call.slot!.settle(call.permit, 'ignored', call.startedAt);
    return Promise.resolve();
  }

  /** Into the bulkhead: at once, or when there is a place, or not at all. */
  #enter(call: Call, bulkhead: Bulkhead): Promise<unknown> {
    const stay = (call.stay = new Stay(bulkhead));
    if (stay.enter()) return this.#run(call);
    return new Promise((resolve) => {
      const noRoom = (): void => {
        call.slot?.settle(call.permit, 'ignored', call.startedAt);
        resolve(this.#turnAway(call, 'BULKHEAD_FULL', bulkheadFull(this.name, bulkhead.reading())));
      };
      if (!stay.wait(call.given, () => resolve(this.#admitted(call, stay)), noRoom)) noRoom();
    });
  }

  /** It has a place now; but the breaker may have opened while it waited, and then it must not run. */
  #admitted(call: Call, stay: Stay): Promise<unknown> {
    const { slot, permit } = call;
    if (slot === undefined || slot.stillAdmits(permit)) return this.#run(call, this.#env.now());
    stay.leave();
    return this.#turnAway(call, 'BREAKER_OPEN', breakerOpen(this.name, slot.state, slot.retryAfterMs()));
  }

  /** Answered in a microtask, when the caller has had time to attach to its promise (`reject-soon.ts`). */
  #turnAway(call: Call, code: ErrorCode, error: Error): Promise<unknown> {
    this.counts.refused(code);
    call.isReleased = true;
    if (call.first.reject !== undefined || this.#fallback !== undefined)
      return Promise.resolve().then(() => this.#lose(call, error, 'rejected'));
    this.#end(call, 'rejected');
    return rejectSoon(error);
  }

  /** in  enteredAt   now, as deadlines want it: later than `startedAt` for a call that waited for its place */
  async #run(call: Call, enteredAt = call.startedAt): Promise<unknown> {
    this.#deadlines?.add(call, enteredAt);
    let value: unknown;
    try {
      if (this.#pool !== undefined) await call.stay!.borrow(this.#pool);
      if (!call.isReleased) value = await call.fn(call);
    } catch (error) {
      return call.isReleased ? this.#late(call) : this.#fail(call, error);
    }
    if (call.isReleased) return this.#late(call);
    this.#deadlines?.remove(call);
    call.slot?.settle(call.permit, 'success', call.startedAt);
    call.settleProvider('success');
    call.stay?.leave();
    return this.#answer(call.first, 'success', value);
  }

  #late(call: Call): void {
    this.counts.late();
    if (call.isAbandoned) call.slot?.settle(call.permit, 'ignored', call.startedAt);
    call.settleProvider('ignored');
    call.stay?.leave();
  }

  #fail(call: Call, error: unknown): unknown {
    const vote = this.#vote(error);
    this.#deadlines?.remove(call);
    const kind = errorKind(error);
    call.slot?.settle(call.permit, ballot(vote, kind, error), call.startedAt, retryAfterOf(error), kind);
    call.settleProvider(vote);
    call.stay?.leave(); // after the vote: who comes in next must find the breaker open
    call.isReleased = true;
    return vote === 'failure' ? this.#lose(call, error, 'failure') : this.#refuse(call.first, 'ignored', error);
  }

  /** Release an attempt that runs, and let it count as a failure. */
  #cut(call: Call, error: unknown): void {
    call.stay?.giveUp();
    call.release(error);
    call.slot?.settle(call.permit, 'failure', call.startedAt, 0, 'TIMEOUT');
    call.settleProvider('failure');
  }

  /** The time of the whole is up, in an attempt, between two, or in the fallback. */
  readonly #overdue = (journey: Journey<Call>): void => {
    const { current, isFallingBack } = journey;
    const error = timedOut(this.name, this.#total!.durationMs);
    journey.end(this.#env, undefined);
    if (current.stay?.isWaiting === true) this.#abandon(current, error);
    else if (!current.isReleased) {
      this.#deadlines?.remove(current);
      this.#cut(current, error);
    }
    if (isFallingBack) this.#refuse(current.first, 'timeout', error);
    else void this.#replace(current.first, error, 'timeout');
  };

  /** An attempt came to nothing: another one, if someone still waits and the retry says so; else the fallback. */
  #lose(call: Call, error: unknown, outcome: Outcome): unknown {
    const { first, attempt, journey, given } = call;
    if (this.#retry === undefined || first.isAnswered) return this.#replace(first, error, outcome);
    const failed = { error, attempt, previousMs: journey!.delayMs, idempotent: given.idempotent };
    const mayWait = (ms: number): boolean => !first.isAnswered && this.#env.now() + ms < journey!.deadlineAt;
    const delayMs = this.#retry.delayMs(failed, mayWait);
    return delayMs === undefined ? this.#replace(first, error, outcome) : this.#again(call, delayMs);
  }

  #again(call: Call, delayMs: number): void {
    const journey = call.journey!;
    journey.wait(this.#env, delayMs, () => {
      journey.current = new Call(this, call.fn, call.given, call);
      void this.#start(journey.current);
    });
  }

  /** Ask the fallback, if there is one and someone still waits. */
  #replace(first: Call, error: unknown, outcome: Outcome): unknown {
    if (this.#fallback === undefined || first.isAnswered) return this.#refuse(first, outcome, error);
    if (first.journey !== undefined) first.journey.isFallingBack = true;
    return fallBack(this.#fallback, error, this.name, first.given, () => !first.isAnswered).then(
      (value) => this.#answer(first, 'fallback', value),
      (failure: unknown) => this.#refuse(first, outcome, failure),
    );
  }

  #answer(first: Call, outcome: Outcome, value: unknown): unknown {
    if (first.isAnswered) return undefined; // the caller left while the fallback ran
    this.#end(first, outcome);
    if (first.resolve === undefined) return value;
    first.resolve(value);
    return undefined;
  }

  #refuse(first: Call, outcome: Outcome, error: unknown): undefined {
    if (first.isAnswered) return;
    this.#end(first, outcome);
    if (first.reject === undefined) throw error;
    first.reject(error);
  }

  #end(first: Call, outcome: Outcome): void {
    first.isAnswered = true;
    first.journey?.end(this.#env, this.#total);
    first.given.signal?.removeEventListener('abort', first);
    this.counts.end(outcome);
    this.#meter?.ended(first.given.tenant, outcome, this.#env.now() - first.startedAt);
  }
}
