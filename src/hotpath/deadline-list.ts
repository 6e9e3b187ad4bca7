/**
 * Calls with one and the same timeout, the oldest first: sorted by construction, so only the head needs a timer.
 *
 * The Call is its own node: adding and removing move four references and allocate nothing. An expired node is not
 * judged by the timer but one `defer` later: after a stall of the event loop, results that were there in time are read
 * first and win.
 */
import type { Env, Timer } from '../core/env.ts';

export type DeadlineEnv = Pick<Env, 'now' | 'setTimer' | 'clearTimer' | 'defer'>;

export interface DeadlineNode {
  /** When `onDeadline` may be called; written by `add`. */
  deadlineAt: number;
  /** Both null outside a list. Written by the list alone. */
  previous: DeadlineNode | null;
  next: DeadlineNode | null;
  /** Called at most once for each `add`, already removed. Must not be async. */
  onDeadline(): void;
}

export class DeadlineList {
  readonly durationMs: number;
  readonly #env: DeadlineEnv;
  readonly #onError: (error: unknown) => void;
  #head: DeadlineNode | null = null;
  #tail: DeadlineNode | null = null;
  #timer: Timer | null = null;
  #verdictPending = false;
  #checkPending = false;

  /** in  onError  hears what an `onDeadline` threw; must not throw */
  constructor(durationMs: number, env: DeadlineEnv, onError: (error: unknown) => void) {
    this.durationMs = durationMs;
    this.#env = env;
    this.#onError = onError;
  }

  /** True when nothing waits here: no node, no timer, nothing deferred. */
  get isIdle(): boolean {
    return this.#head === null && this.#timer === null && !this.#verdictPending && !this.#checkPending;
  }

  /** The same for every node; deadlines of several lengths ask by it. */
  durationMsOf(_node: DeadlineNode): number {
    return this.durationMs;
  }

  /** in  node  in no list;   nowMs  not before that of the last `add` */
  add(node: DeadlineNode, nowMs: number): void {
    node.deadlineAt = nowMs + this.durationMs;
    const tail = this.#tail;
    if (tail === null) this.#head = node;
    else tail.next = node;
    node.previous = tail;
    this.#tail = node;
    if (this.#timer === null && !this.#verdictPending) this.#arm(this.durationMs);
  }

  /** Nothing happens to a node that is not here (any more). */
  remove(node: DeadlineNode): void {
    const { previous, next } = node;
    if (previous === null) {
      if (this.#head !== node) return;
      this.#head = next;
    } else {
      previous.next = next;
      node.previous = null;
    }
    if (next === null) this.#tail = previous;
    else {
      next.previous = previous;
      node.next = null;
    }
    if (this.#head === null && !this.#checkPending) this.#checkSoon();
  }

  /** Callers wait for this timer, so it keeps the process alive. */
  #arm(ms: number): void {
    this.#timer = this.#env.setTimer(this.#expire, ms, true);
  }

  /** An empty list must let the process end, but a timer touched at each call is too dear: look once a turn. */
  #checkSoon(): void {
    this.#checkPending = true;
    this.#env.defer(this.#check);
  }

  readonly #check = (): void => {
    this.#checkPending = false;
    if (this.#head !== null || this.#timer === null) return;
    this.#env.clearTimer(this.#timer);
    this.#timer = null;
  };

  readonly #expire = (): void => {
    this.#timer = null;
    if (this.#head === null) return;
    const nowMs = this.#env.now();
    if (this.#head.deadlineAt > nowMs) return this.#arm(this.#head.deadlineAt - nowMs);
    this.#verdictPending = true;
    this.#env.defer(() => this.#judge(nowMs));
  };

  /** Only what had expired when the timer fired: what expired since has had no turn of its own yet. */
  #judge(expiredAtMs: number): void {
    for (let node = this.#head; node !== null && node.deadlineAt <= expiredAtMs; node = this.#head) {
      this.remove(node);
      try {
        node.onDeadline();
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#verdictPending = false;
    if (this.#head !== null) this.#arm(this.#head.deadlineAt - this.#env.now());
  }
}
