/**
 * One call on its way through a pipeline: the function's context, the node in its deadline list and the breaker's
 * permit, in one object, so that a call is one allocation.
 *
 * It belongs to its pipeline, which writes it; a protected function sees only `CallContext`.
 */
import type { CallContext, CallOptions, Protected } from '../core/call.ts';
import type { DeadlineNode } from '../hotpath/deadline-list.ts';
import type { BreakerSlot } from './breaker/slot.ts';

/** Who is told when a call is cut short. */
export interface CallOwner {
  readonly name: string;
  expired(call: Call): void;
  aborted(call: Call): void;
}

export class Call implements CallContext, DeadlineNode {
  deadlineAt = 0;
  previous: DeadlineNode | null = null;
  next: DeadlineNode | null = null;

  readonly attempt = 1;
  readonly tenant: string | undefined;
  readonly fn: Protected<unknown>;
  readonly owner: CallOwner;
  readonly callerSignal: AbortSignal | undefined;
  /** The breaker's row it was admitted to. */
  slot: BreakerSlot | undefined = undefined;
  permit = 0;
  startedAt = 0;
  /** True once nobody waits for the function any more: what it still does is late. */
  isReleased = false;
  /** True once the caller has its answer. A call may be released and not yet answered: its fallback runs. */
  isAnswered = false;
  /** True when the caller left while the function ran: the permit goes back, without a vote, when it settles. */
  isAbandoned = false;
  /** Where the caller waits, if it can be released before the function settles. */
  resolve: ((value: unknown) => void) | undefined = undefined;
  reject: ((reason: unknown) => void) | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #reason: unknown = undefined;

  constructor(owner: CallOwner, fn: Protected<unknown>, options: CallOptions | undefined) {
    this.owner = owner;
    this.fn = fn;
    this.tenant = options?.tenant;
    this.callerSignal = options?.signal;
  }

  get pipeline(): string {
    return this.owner.name;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.isReleased) this.#controller.abort(this.#reason);
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
