/** A call that waits for a place in a bulkhead. Made only when a call must wait, never on the fast path. */
import { PRIORITIES, type Priority } from '../../core/priority.ts';
import type { DeadlineNode } from '../../hotpath/deadline-list.ts';
import type { Linked } from './fifo.ts';

/** The waiting call, as its pipeline makes it. Neither method may throw. At most one of them is called, once. */
export interface WaitingCall {
  readonly tenant: string | undefined;
  readonly priority: Priority;
  /** It has a place now, to `leave` exactly once. Called synchronously, from inside another's `leave` or a `resize`. */
  onAdmitted(): void;
  /** It waited `maxWaitMs` for nothing, and waits no more. */
  onWaitedInVain(): void;
}

export class Waiter implements DeadlineNode, Linked<Waiter> {
  deadlineAt = 0;
  previous: DeadlineNode | null = null;
  next: DeadlineNode | null = null;
  ahead: Waiter | null = null;
  behind: Waiter | null = null;

  readonly call: WaitingCall;
  /** The place of its priority in `PRIORITIES`. */
  readonly rank: number;
  /** Of those who are first of their priority, the one with the smallest goes next. */
  readonly dueAt: number;
  /** False once it was admitted, cancelled or too late. Written by the bulkhead alone. */
  isWaiting = true;
  readonly #onDeadline: (waiter: Waiter) => void;

  constructor(call: WaitingCall, nowMs: number, agingMs: number, onDeadline: (waiter: Waiter) => void) {
    this.call = call;
    this.rank = PRIORITIES.indexOf(call.priority);
    this.dueAt = nowMs + this.rank * agingMs;
    this.#onDeadline = onDeadline;
  }

  onDeadline(): void {
    this.#onDeadline(this);
  }
}
