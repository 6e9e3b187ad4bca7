/**
 * A circuit breaker: stops calling what keeps failing, and finds out by itself when it is well again.
 *
 * `execute` decides and reports in one go; `admit` and `settle` are the same in two steps, for streams and sockets.
 * States, rules and vectors: README, "Breaker".
 */
import type { BreakerEvent, BreakerState } from '../../core/breaker-state.ts';
import { type CallOptions, type GivenCall, isWrong, type Protected, readCall } from '../../core/call.ts';
import type { Env } from '../../core/env.ts';
import { errorKind } from '../../core/error-kind.ts';
import { HoldfastError, invalidOptions } from '../../core/errors.ts';
import type { Intake } from '../../core/intake.ts';
import { isVote, type Vote } from '../../core/outcome.ts';
import { parseOptions } from '../../core/schema.ts';
import { rejectSoon } from '../../core/reject-soon.ts';
import { retryAfterOf } from '../../core/retry-after.ts';
import { ballot } from './ballot.ts';
import { manualSchema, snapshotSchema, type SoloBreakerOptions } from './options.ts';
import { breakerOpen } from './rejection.ts';
import { type BreakerSlot, type Manual, NO_COUNTS, REJECTED, type SlotCounts, type SlotSnapshot } from './slot.ts';
import { SoloContext } from '../../core/solo-context.ts';

/** Leave to make one call. Report its end once; later reports are ignored. */
export interface Permit {
  /** throws  INVALID_OPTIONS for what is no vote; the permit is not used up by it */
  settle(vote: Vote): void;
}

export type TransitionListener = (transition: BreakerTransition) => void;
export interface BreakerTransition extends Partial<Manual> {
  /** Of a keyed breaker: whose. */
  readonly key?: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly rule: string;
  readonly atMs: number;
}

export interface BreakerSnapshot extends SlotSnapshot {
  readonly breaker: string;
}

/** Where a breaker's row is: the same for ever, or a key's, which may have made place for another and is found anew. */
export interface SlotSource {
  /** The row to make a call with. */
  find(): BreakerSlot;
  /** The row, if there is one, to look at. Makes none. */
  peek(): BreakerSlot | undefined;
  /** The row to move by hand. throws  CAPACITY_EXHAUSTED where it is shared by several keys */
  own(): BreakerSlot;
}

/** What a breaker needs of its runtime. */
export interface BreakerHost {
  readonly env: Env;
  readonly intake: Intake;
  /** Turn an error into a vote. Never throws. */
  readonly vote: (error: unknown) => Vote;
  /** Make a call whose caller may leave before it ends. */
  interruptible(fn: Protected<unknown>, given: GivenCall, source: SlotSource): Promise<unknown>;
  onTransition(listener: TransitionListener): () => void;
  /** throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED · ILLEGAL_TRANSITION */
  configure(options: SoloBreakerOptions, manual: Manual): void;
}

export class Breaker {
  readonly name: string;
  readonly #source: SlotSource;
  readonly #host: BreakerHost;

  /** @internal */
  constructor(breakerName: string, source: SlotSource, host: BreakerHost) {
    this.name = breakerName;
    this.#source = source;
    this.#host = host;
  }

  get state(): BreakerState {
    return this.#source.peek()?.state ?? 'closed';
  }

  /**
   * Call `fn` if the breaker lets it, and let the outcome count.
   *
   * out     exactly what `fn` returned
   * throws  exactly what `fn` threw · BREAKER_OPEN when `fn` was not called · the reason of the caller's own signal ·
   *         INVALID_OPTIONS · STOPPED
   */
  execute<T>(fn: Protected<T>, options?: CallOptions): Promise<T> {
    const given = readCall(this.name, this.#host.intake, fn, options);
    if (isWrong(given)) return rejectSoon(given);
    if (given.signal !== undefined) return this.#host.interruptible(fn, given, this.#source) as Promise<T>;
    const slot = this.#source.find();
    const permit = slot.admit();
    if (permit === REJECTED) return rejectSoon(this.#rejection(slot));
    // Only now: a call that is turned away needs no clock of its own.
    return this.#run(slot, fn, given, permit, slot.timed ? this.#host.env.now() : 0);
  }

  /** The same function behind the breaker; keeps arguments and `this`. throws  INVALID_OPTIONS for what is no function */
  wrap<This, Args extends unknown[], T>(
    fn: (this: This, ...args: Args) => T | PromiseLike<T>,
  ): (this: This, ...args: Args) => Promise<T> {
    if (typeof fn !== 'function') throw invalidOptions(`breaker "${this.name}" wrap`, 'a function', fn);
    const execute = (self: This, args: Args): Promise<T> => this.execute(() => fn.apply(self, args));
    return function (this: This, ...args: Args): Promise<T> {
      return execute(this, args);
    };
  }

  /**
   * Ask for leave to make one call.
   *
   * throws  BREAKER_OPEN · STOPPED
   */
  admit(): Permit {
    if (!this.#host.intake.isOpen) throw this.#host.intake.stopped(`"${this.name}" admit`);
    const slot = this.#source.find();
    const permit = slot.admit();
    if (permit === REJECTED) throw this.#rejection(slot);
    const startedAt = slot.timed ? this.#host.env.now() : 0;
    let isSettled = false;
    return {
      settle: (vote) => {
        if (!isVote(vote)) throw invalidOptions(`"${this.name}" settle`, '"success", "failure" or "ignored"', vote);
        if (isSettled) return;
        isSettled = true;
        slot.settle(permit, vote, startedAt);
      },
    };
  }

  /** The window and the statistics, now. */
  counts(): SlotCounts {
    return this.#source.peek()?.counts() ?? NO_COUNTS;
  }

  /**
   * The latency a share `q` of recent calls did not exceed, 3.1 % at most off; null when none was measured.
   *
   * in      q in (0, 1]
   * throws  INVALID_OPTIONS
   */
  latencyMs(q: number): number | null {
    if (!(q > 0 && q <= 1))
      throw invalidOptions(`breaker "${this.name}" latencyMs`, 'a share above 0 and at most 1', q);
    return this.#source.peek()?.latenciesMs([q])?.[0] ?? null;
  }

  /** What is worth keeping over a restart: a copy, JSON-safe. */
  snapshot(): BreakerSnapshot {
    const closed = { v: 1, state: 'closed', remainingOpenMs: 0, attempt: 0 } as const;
    return { breaker: this.name, ...(this.#source.peek()?.snapshot() ?? closed) };
  }

  /**
   * Take up a snapshot: an open breaker rejects for what remained, at most as long as an opening lasts; a half-open one
   * waits again.
   *
   * throws  INVALID_OPTIONS for what is no snapshot · ILLEGAL_TRANSITION for a breaker that has already been used
   */
  restore(snapshot: BreakerSnapshot): void {
    const path = `breaker "${this.name}" restore`;
    if (this.#source.own().restore(parseOptions(snapshotSchema, snapshot, path))) return;
    throw new HoldfastError('ILLEGAL_TRANSITION', `${path}: expected one that was just made, received one in use`, {
      component: this.name,
    });
  }

  /**
   * Go by other options from here on, all of them: what is left out has its default. Outcomes are kept, unless the
   * window is another; an opening under way lasts as it was told; half-open, the probes begin anew. The event
   * `breaker.configured` says what changed and what was cleared; options that change nothing are a no-op.
   *
   * throws  INVALID_OPTIONS, also for one key of a keyed breaker · CAPACITY_EXHAUSTED, and nothing was changed ·
   *         ILLEGAL_TRANSITION from inside its own `openMs`
   */
  configure(options: SoloBreakerOptions, manual: Manual): void {
    this.#host.configure(options, parseOptions(manualSchema, manual, `breaker "${this.name}" configure`));
  }

  /** Hear of every transition, after it. Returns the function that ends it. */
  on(event: 'transition', listener: TransitionListener): () => void {
    const path = `breaker "${this.name}" on`;
    if (event !== 'transition') throw invalidOptions(path, '"transition"', event);
    if (typeof listener !== 'function') throw invalidOptions(path, 'a function', listener);
    return this.#host.onTransition(listener);
  }

  // By hand: asking for the state it is in does nothing; an edge the chart does not have throws ILLEGAL_TRANSITION.

  /** → open, from now on for `openMs`. */
  open(manual: Manual): void {
    this.#move('open', 'open', manual);
  }
  /** → closed, with an empty window. */
  close(manual: Manual): void {
    this.#move('close', 'closed', manual);
  }
  /** → halfOpen: the next calls are probes. */
  probe(manual: Manual): void {
    this.#move('probe', 'halfOpen', manual);
  }
  /** → forcedOpen: rejects until someone says otherwise. */
  forceOpen(manual: Manual): void {
    this.#move('forceOpen', 'forcedOpen', manual);
  }
  /** → disabled: admits everything, records nothing. */
  disable(manual: Manual): void {
    this.#move('disable', 'disabled', manual);
  }
  /** → metricsOnly: admits everything, records, never opens. */
  observe(manual: Manual): void {
    this.#move('observe', 'metricsOnly', manual);
  }
  /** → closed, with window and statistics forgotten. */
  reset(manual: Manual): void {
    this.#move('close', 'closed', manual);
    this.#source.own().clear();
  }

  async #run<T>(slot: BreakerSlot, fn: Protected<T>, given: GivenCall, permit: number, startedAt: number): Promise<T> {
    const context = new SoloContext(this.name, given);
    let value: T;
    try {
      value = await fn(context);
    } catch (error) {
      context.isOver = true;
      const kind = errorKind(error);
      slot.settle(permit, ballot(this.#host.vote(error), kind, error), startedAt, retryAfterOf(error), kind);
      throw error;
    }
    context.isOver = true;
    slot.settle(permit, 'success', startedAt);
    return value;
  }

  #rejection({ state, rejectedForMs }: BreakerSlot): Error {
    return breakerOpen(this.name, state, rejectedForMs);
  }

  #move(event: BreakerEvent, target: BreakerState, given: Manual): void {
    const manual = parseOptions(manualSchema, given, `breaker "${this.name}" ${event}`);
    const slot = this.#source.own();
    const from = slot.state;
    if (from === target || slot.step(event, 'manual', manual) !== undefined) return;
    throw new HoldfastError(
      'ILLEGAL_TRANSITION',
      `breaker "${this.name}": expected a way from ${from} to ${target}, received a request for one there is none for`,
      { component: this.name },
    );
  }
}
