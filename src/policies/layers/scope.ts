/**
 * A layer's part of one call: what the function is given as its context, merged from the outside in, and how those
 * inside hear that nobody waits for them any more.
 *
 * Each layer makes one `within` that of the layer around it. It ends in one of two ways, whichever is first: its layer
 * closes it when what is inside has answered, or somebody further out releases it. Functions that still run are counted
 * all the way up, so that a permit or a place can be kept until the last of them has settled.
 */
import type { CallContext, GivenCall, Protected } from '../../core/call.ts';
import type { Vote } from '../../core/outcome.ts';
import type { Priority } from '../../core/priority.ts';
import type { ProviderSeat } from '../../core/provider-seat.ts';
import type { Lease } from '../bulkhead/lease.ts';
import type { CallCounts } from '../call-counts.ts';
import type { End } from './end.ts';

/** What the scopes of one call have in common. */
export interface Whole {
  readonly name: string;
  readonly fn: Protected<unknown>;
  readonly given: GivenCall;
  readonly counts: CallCounts;
  readonly seat: ProviderSeat | undefined;
  /** When the time of the whole is up: nothing is begun that would pass it. Infinity until it runs. */
  deadlineAt: number;
  /** Instead of `cut`, while there is something inside the total timeout. */
  cutShort: ((end: End) => void) | undefined;
  /** Called once the caller has its answer. */
  whenAnswered: (() => void) | undefined;
  /** Release everything, and answer the caller. */
  cut(end: End): void;
}

/** Why nobody waits any more: the caller left, or the time of a layer further out was up. */
export type Why = 'left' | 'overdue';

/** Lends each function a resource. */
export interface Lender {
  borrow(): Promise<Lease>;
  giveBack(lease: Lease): void;
}

export class Scope implements CallContext {
  readonly whole: Whole;
  readonly attempt: number;
  /** When the nearest timeout around is up. */
  deadlineAt: number;
  /** The nearest bulkhead's around that has a pool, and what it lent to the function whose scope this is. */
  lender: Lender | undefined;
  lease: Lease | undefined = undefined;
  /** Of a breaker's: why its call may not begin any more, if so. Asked again after every wait. */
  refuses: (() => Error | undefined) | undefined = undefined;
  /** Of a breaker's: lets the end of its call count, the first time it is called. */
  vote: ((end: End) => void) | undefined = undefined;
  /** Of a retry's and a fallback's: what ends here may go on, so nobody further out votes on it yet. */
  mayGoOn = false;
  onReleased: ((why: Why) => void) | undefined = undefined;
  readonly #outer: Scope | undefined;
  #inner: Scope | undefined = undefined;
  #running = 0;
  #whenAtRest: (() => void) | undefined = undefined;
  #isOver = false;
  #isReleased = false;
  #reason: unknown = undefined;
  /** The provider it was sent to; undefined unless it asked. */
  #provider: string | undefined = undefined;
  #controller: AbortController | undefined = undefined;

  constructor(whole: Whole, outer?: Scope, attempt = outer?.attempt ?? 1) {
    this.whole = whole;
    this.attempt = attempt;
    this.deadlineAt = outer?.deadlineAt ?? Infinity;
    this.lender = outer?.lender;
    this.#outer = outer;
  }

  get tenant(): string | undefined {
    return this.whole.given.tenant;
  }

  get pipeline(): string {
    return this.whole.name;
  }

  get resource(): unknown {
    return this.lease?.resource;
  }

  get idempotent(): boolean {
    return this.whole.given.idempotent;
  }

  get priority(): Priority {
    return this.whole.given.priority;
  }

  get provider(): string | undefined {
    const { seat } = this.whole;
    if (seat === undefined || this.#provider !== undefined) return this.#provider;
    // Whoever asks when it is over may know who is in force, but is not taken for a call to it.
    return this.#isOver ? seat.current : (this.#provider = seat.take(this));
  }

  /** Say once how the call to its provider went, if it asked for one. */
  settleProvider(vote: Vote): void {
    if (this.#provider === undefined) return;
    this.whole.seat!.settle(this, this.#provider, vote === 'ignored' ? null : vote === 'success');
    this.#provider = undefined;
  }

  /** Closed or released. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }

  /** True when no function runs inside. */
  get isAtRest(): boolean {
    return this.#running === 0;
  }

  /** Aborted by whichever layer gives up; made when it is first read. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isOver) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** For what comes next inside: there is one at a time. */
  within(attempt?: number): Scope {
    return (this.#inner = new Scope(this.whole, this, attempt));
  }

  /** What is inside has answered. out  false when nobody waits for it any more: the answer is late */
  close(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    if (this.#outer !== undefined && this.#outer.#inner === this) this.#outer.#inner = undefined;
    return true;
  }

  /** Nobody waits any more: the innermost hears first, its signal before all. */
  release(reason: unknown, why: Why): void {
    if (this.#isOver) return;
    this.#isOver = this.#isReleased = true;
    this.#reason = reason;
    this.#inner?.release(reason, why);
    this.#controller?.abort(reason);
    if (why === 'overdue') this.settleProvider('failure');
    this.onReleased?.(why);
  }

  /** A function begins to run inside. */
  enter(): void {
    this.#running++;
    this.#outer?.enter();
  }

  /** It has settled, however late. */
  leave(): void {
    this.#outer?.leave(); // a late permit goes back before a late place does, as a vote does
    if (--this.#running > 0) return;
    const then = this.#whenAtRest;
    this.#whenAtRest = undefined;
    then?.();
  }

  /** Now, if nothing runs inside; else once the last function has settled. One at most waits for it. */
  whenAtRest(then: () => void): void {
    if (this.isAtRest) then();
    else this.#whenAtRest = then;
  }

  /** Let the breakers around count an end before it has come out to them. */
  voteOn(end: End): void {
    this.vote?.(end);
    if (!this.mayGoOn) this.#outer?.voteOn(end);
  }

  /** What a breaker around says to a call that has waited: undefined when it may go on. */
  refusal(): Error | undefined {
    return this.refuses?.() ?? this.#outer?.refusal();
  }
}
