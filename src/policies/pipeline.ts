/**
 * A call's way through its policies, in one frame: fallback → breaker → timeout → fn.
 *
 * Deciding is a few integers in the breaker's slot; waiting is one `await`. A caller who may be released early (there
 * is a timeout, or a signal of its own) waits on a promise beside the frame; any other waits on the frame itself. A
 * policy that is not configured is a test of `undefined`.
 *
 * How to read it: `execute` → `#run` → `#answer`, or `#fail` → `#replace` → `#refuse`. `expired` and `aborted` cut in
 * from the side, after which whatever the function still does is late.
 */
import type { CallOptions, Protected } from '../core/call.ts';
import type { Env } from '../core/env.ts';
import type { Intake } from '../core/intake.ts';
import type { Outcome, Vote } from '../core/outcome.ts';
import type { PipelineReading } from '../core/readings.ts';
import type { DeadlineList } from '../hotpath/deadline-list.ts';
import { breakerOpen } from './breaker/rejection.ts';
import type { KeyedSlots } from './breaker/keyed.ts';
import { type BreakerSlot, REJECTED } from './breaker/slot.ts';
import { CallCounts } from './call-counts.ts';
import { Call, type CallOwner } from './call.ts';
import { type Fallback, fallBack } from './fallback/fallback.ts';
import { retryAfterOf } from '../core/retry-after.ts';
import { rejectSoon } from '../core/reject-soon.ts';
import { wrongCall } from '../core/wrong-call.ts';
import { timedOut } from './timeout/timed-out.ts';

/** What a pipeline is made of. The runtime composes it. */
export interface PipelineParts {
  readonly env: Env;
  readonly intake: Intake;
  readonly slot: BreakerSlot | undefined;
  /** Instead of `slot`: one for each tenant. */
  readonly keyed: KeyedSlots | undefined;
  readonly deadlines: DeadlineList | undefined;
  readonly fallback: Fallback | undefined;
  /** Turn an error into a vote. Never throws. */
  readonly vote: (error: unknown) => Vote;
}

export class Pipeline<F = never> implements CallOwner {
  readonly name: string;
  readonly #env: Env;
  readonly #intake: Intake;
  readonly #slot: BreakerSlot | undefined;
  readonly #keyed: KeyedSlots | undefined;
  readonly #deadlines: DeadlineList | undefined;
  readonly #fallback: Fallback | undefined;
  readonly #vote: (error: unknown) => Vote;
  readonly #isTimed: boolean;
  readonly #counts = new CallCounts();

  /** @internal */
  constructor(name: string, parts: PipelineParts) {
    this.name = name;
    this.#env = parts.env;
    this.#intake = parts.intake;
    this.#slot = parts.slot;
    this.#keyed = parts.keyed;
    this.#deadlines = parts.deadlines;
    this.#fallback = parts.fallback;
    this.#vote = parts.vote;
    this.#isTimed = parts.deadlines !== undefined || parts.keyed !== undefined || (parts.slot?.timed ?? false);
  }

  /**
   * Call `fn` through the policies.
   *
   * out     exactly what `fn` returned, or what the fallback gave
   * throws  exactly what `fn` threw · BREAKER_OPEN · TIMEOUT · the reason of the caller's own signal · FALLBACK_FAILED
   */
  execute<T>(fn: Protected<T>, options?: CallOptions): Promise<T | F> {
    const wrong = wrongCall(this.name, this.#intake, fn, options);
    if (wrong !== undefined) return rejectSoon(wrong);
    const call = new Call(this, fn, options);
    this.#counts.begin();
    if (this.#deadlines === undefined && call.callerSignal === undefined) return this.#start(call) as Promise<T | F>;
    const answer = new Promise<unknown>((resolve, reject) => {
      call.resolve = resolve;
      call.reject = reject;
    });
    call.callerSignal?.addEventListener('abort', call);
    if (call.callerSignal?.aborted) queueMicrotask(() => this.aborted(call));
    else void this.#start(call);
    return answer as Promise<T | F>;
  }

  /** The same function behind the pipeline; keeps arguments and `this`. */
  wrap<This, Args extends unknown[], T>(
    fn: (this: This, ...args: Args) => T | PromiseLike<T>,
  ): (this: This, ...args: Args) => Promise<T | F> {
    const execute = (self: This, args: Args): Promise<T | F> => this.execute(() => fn.apply(self, args));
    return function (this: This, ...args: Args): Promise<T | F> {
      return execute(this, args);
    };
  }

  /** Calls so far, by outcome: Σ outcomes + in flight = calls. */
  reading(): PipelineReading {
    return this.#counts.reading();
  }

  #start(call: Call): Promise<unknown> {
    if (this.#isTimed) call.startedAt = this.#env.now();
    const slot = (call.slot = this.#keyed === undefined ? this.#slot : this.#keyed.slotFor(call.tenant));
    if (slot !== undefined && (call.permit = slot.admit()) === REJECTED) return this.#reject(call, slot);
    return this.#run(call);
  }

  /** Answered in a microtask, when the caller has had time to attach to its promise (`reject-soon.ts`). */
  #reject(call: Call, { state, rejectedForMs }: BreakerSlot): Promise<unknown> {
    this.#counts.refused('BREAKER_OPEN');
    const error = breakerOpen(this.name, state, rejectedForMs);
    if (call.reject !== undefined || this.#fallback !== undefined)
      return Promise.resolve().then(() => this.#replace(call, error, 'rejected'));
    this.#end(call, 'rejected');
    return rejectSoon(error);
  }

  async #run(call: Call): Promise<unknown> {
    this.#deadlines?.add(call, call.startedAt);
    let value: unknown;
    try {
      value = await call.fn(call);
    } catch (error) {
      return call.isReleased ? this.#late(call) : this.#fail(call, error);
    }
    if (call.isReleased) return this.#late(call);
    this.#deadlines?.remove(call);
    call.slot?.settle(call.permit, 'success', call.startedAt);
    return this.#answer(call, 'success', value);
  }

  /** @internal The time is up: a failure, whatever the function still does. */
  expired(call: Call): void {
    const error = timedOut(this.name, this.#deadlines!.durationMs);
    call.release(error);
    call.slot?.settle(call.permit, 'failure', call.startedAt);
    void this.#replace(call, error, 'timeout');
  }

  /** @internal The caller left. */
  aborted(call: Call): void {
    if (call.isAnswered) return;
    call.isAbandoned = !call.isReleased;
    this.#deadlines?.remove(call);
    this.#abandon(call);
  }

  #abandon(call: Call): void {
    const reason: unknown = call.callerSignal!.reason;
    call.release(reason);
    this.#refuse(call, 'aborted', reason);
  }

  #late(call: Call): void {
    this.#counts.late();
    if (call.isAbandoned) call.slot?.settle(call.permit, 'ignored', call.startedAt);
  }

  #fail(call: Call, error: unknown): unknown {
    const vote = this.#vote(error);
    this.#deadlines?.remove(call);
    call.slot?.settle(call.permit, vote, call.startedAt, retryAfterOf(error));
    return vote === 'failure' ? this.#replace(call, error, 'failure') : this.#refuse(call, 'ignored', error);
  }

  /** Ask the fallback, if there is one and someone still waits. */
  #replace(call: Call, error: unknown, outcome: Outcome): unknown {
    if (this.#fallback === undefined || call.isAnswered) return this.#refuse(call, outcome, error);
    return fallBack(this.#fallback, error, call).then(
      (value) => this.#answer(call, 'fallback', value),
      (failure: unknown) => this.#refuse(call, outcome, failure),
    );
  }

  #answer(call: Call, outcome: Outcome, value: unknown): unknown {
    if (call.isAnswered) return undefined; // the caller left while the fallback ran
    this.#end(call, outcome);
    if (call.resolve === undefined) return value;
    call.resolve(value);
    return undefined;
  }

  #refuse(call: Call, outcome: Outcome, error: unknown): undefined {
    if (call.isAnswered) return;
    this.#end(call, outcome);
    if (call.reject === undefined) throw error;
    call.reject(error);
  }

  #end(call: Call, outcome: Outcome): void {
    call.isAnswered = true;
    call.callerSignal?.removeEventListener('abort', call);
    this.#counts.end(outcome);
  }
}
