/**
 * One attempt on its way through a pipeline: the function's context, the node in its deadline list and the breaker's
 * permit, in one object, so that a call is one allocation. The first attempt is also the call itself: who waits for
 * the answer is written there, and later attempts point to it.
 *
 * It belongs to its corridor, which writes it; a protected function sees only `CallContext`.
 */
import type { CallContext, GivenCall, Protected } from '../core/call.ts';
import type { Vote } from '../core/outcome.ts';
import type { ProviderSeat } from '../core/provider-seat.ts';
import type { DeadlineNode } from '../hotpath/deadline-list.ts';
import type { BreakerSlot } from './breaker/slot.ts';
import type { Stay } from './bulkhead/stay.ts';
import type { Journey } from './journey.ts';

/** Who is told when an attempt is cut short. */
export interface CallOwner {
  readonly name: string;
  readonly seat: ProviderSeat | undefined;
  expired(call: Call): void;
  aborted(call: Call): void;
}

export class Call implements CallContext, DeadlineNode {
  deadlineAt = 0;
  previous: DeadlineNode | null = null;
  next: DeadlineNode | null = null;

  readonly owner: CallOwner;
  readonly fn: Protected<unknown>;
  readonly given: GivenCall;
  readonly first: Call;
  readonly attempt: number;
  /** What a call of several attempts, or with a deadline for all of them, has beside. */
  journey: Journey<Call> | undefined = undefined;
  /** The breaker's row it was admitted to, and its permit. */
  slot: BreakerSlot | undefined = undefined;
  permit = 0;
  /** Its stay in the bulkhead, where there is one. */
  stay: Stay | undefined = undefined;
  startedAt = 0;
  /** True once nobody waits for this attempt any more: what it still does is late. */
  isReleased = false;
  /** True when the caller left while it ran: the permit goes back, without a vote, when it settles. */
  isAbandoned = false;
  // of the first attempt: whether the caller has its answer, and where it waits if it can be released early
  isAnswered = false;
  resolve: ((value: unknown) => void) | undefined = undefined;
  reject: ((reason: unknown) => void) | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #reason: unknown = undefined;
  /** The provider it was sent to; undefined unless it asked. */
  #provider: string | undefined = undefined;

  constructor(owner: CallOwner, fn: Protected<unknown>, given: GivenCall, before?: Call) {
    this.owner = owner;
    this.fn = fn;
    this.given = given;
    this.first = before?.first ?? this;
    this.attempt = before === undefined ? 1 : before.attempt + 1;
    this.journey = before?.journey;
  }

  get tenant(): string | undefined {
    return this.given.tenant;
  }

  get resource(): unknown {
    return this.stay?.resource;
  }

  get pipeline(): string {
    return this.owner.name;
  }

  get provider(): string | undefined {
    const { seat } = this.owner;
    if (seat === undefined || this.#provider !== undefined) return this.#provider;
    // Whoever asks when it is over may know who is in force, but is not taken for a call to it.
    return this.isReleased || this.first.isAnswered ? seat.current : (this.#provider = seat.take(this));
  }

  /** Say once how the call to its provider went, if it asked for one. */
  settleProvider(vote: Vote): void {
    if (this.#provider === undefined) return;
    this.owner.seat!.settle(this, this.#provider, vote === 'ignored' ? null : vote === 'success');
    this.#provider = undefined;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.isReleased || this.first.isAnswered) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Nobody waits for the function any more: tell it why, if it listens. */
  release(reason: unknown): void {
    this.isReleased = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  onDeadline(): void {
    this.owner.expired(this);
  }

  /** As the listener on the caller's signal: no closure. */
  handleEvent(): void {
    this.owner.aborted(this);
  }
}
