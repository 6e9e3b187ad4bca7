/**
 * A circuit breaker: stops calling what keeps failing, and finds out by itself when it is well again.
 *
 * `execute` decides and reports in one go; `admit` and `settle` are the same in two steps, for streams and sockets.
 * States, rules and vectors: README, "Breaker".
 */
import { BREAKER_STATES, type BreakerEvent, type BreakerState } from '../../core/breaker-state.ts';
import type { CallOptions, Protected } from '../../core/call.ts';
import type { Env } from '../../core/env.ts';
import { HoldfastError } from '../../core/errors.ts';
import type { Intake } from '../../core/intake.ts';
import type { Vote } from '../../core/outcome.ts';
import { group, integer, milliseconds, name, parseOptions, z } from '../../core/schema.ts';
import { retryAfterOf } from '../../core/retry-after.ts';
import { rejectSoon } from '../../core/reject-soon.ts';
import { wrongCall } from '../../core/wrong-call.ts';
import { SoloContext } from './solo-context.ts';
import { breakerOpen } from './rejection.ts';
import { type BreakerSlot, type Manual, REJECTED, type SlotCounts, type SlotSnapshot } from './slot.ts';

const manualSchema = group({ by: name(), reason: name() });
const snapshotSchema = group({
  v: z.literal(1, { error: 'version 1' }),
  breaker: name(),
  state: z.enum(BREAKER_STATES, { error: `one of ${BREAKER_STATES.join(', ')}` }),
  remainingOpenMs: milliseconds(),
  attempt: integer(0, Number.MAX_SAFE_INTEGER),
});

/** Leave to make one call. Report its end once; later reports are ignored. */
export interface Permit {
  settle(vote: Vote): void;
}

export type TransitionListener = (transition: BreakerTransition) => void;
export interface BreakerTransition extends Partial<Manual> {
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
  readonly slot: BreakerSlot;
}

/** What a breaker needs of its runtime. */
export interface BreakerHost {
  readonly env: Env;
  readonly intake: Intake;
  /** Turn an error into a vote. Never throws. */
  vote(error: unknown): Vote;
  onTransition(breaker: string, listener: TransitionListener): () => void;
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
    return this.#source.slot.state;
  }

  /**
   * Call `fn` if the breaker lets it, and let the outcome count.
   *
   * out     exactly what `fn` returned
   * throws  exactly what `fn` threw · BREAKER_OPEN when `fn` was not called · the reason of a signal that was aborted
   *         before the call
   */
  execute<T>(fn: Protected<T>, options?: CallOptions): Promise<T> {
    const wrong = wrongCall(this.name, this.#host.intake, fn, options);
    if (wrong !== undefined) return rejectSoon(wrong);
    if (options?.signal?.aborted) return rejectSoon(options.signal.reason);
    const slot = this.#source.slot;
    const startedAt = slot.timed ? this.#host.env.now() : 0;
    const permit = slot.admit();
    return permit === REJECTED ? rejectSoon(this.#rejection(slot)) : this.#run(slot, fn, options, permit, startedAt);
  }

  /** The same function behind the breaker; keeps arguments and `this`. */
  wrap<This, Args extends unknown[], T>(
    fn: (this: This, ...args: Args) => T | PromiseLike<T>,
  ): (this: This, ...args: Args) => Promise<T> {
    const execute = (self: This, args: Args): Promise<T> => this.execute(() => fn.apply(self, args));
    return function (this: This, ...args: Args): Promise<T> {
      return execute(this, args);
    };
  }

  /**
   * Ask for leave to make one call.
   *
   * throws  BREAKER_OPEN
   */
  admit(): Permit {
    const slot = this.#source.slot;
    const startedAt = slot.timed ? this.#host.env.now() : 0;
    const permit = slot.admit();
    if (permit === REJECTED) throw this.#rejection(slot);
    let isSettled = false;
    return {
      settle: (vote) => {
        if (isSettled) return;
        isSettled = true;
        slot.settle(permit, vote, startedAt);
      },
    };
  }

  /** The window and the statistics, now. */
  counts(): SlotCounts {
    return this.#source.slot.counts();
  }

  /** The latency a share `q` in (0, 1] of recent calls did not exceed, 3.1 % at most off; null when none was measured. */
  latencyMs(q: number): number | null {
    return this.#source.slot.latencyMs(q);
  }

  /** What is worth keeping over a restart: a copy, JSON-safe. */
  snapshot(): BreakerSnapshot {
    return { breaker: this.name, ...this.#source.slot.snapshot() };
  }

  /** Hear of every transition, after it. Returns the function that ends it. */
  on(_event: 'transition', listener: TransitionListener): () => void {
    return this.#host.onTransition(this.name, listener);
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
    this.#source.slot.clear();
  }

  /**
   * Take up a snapshot: an open breaker rejects for what remained, at most as long as an opening lasts; a half-open one
   * waits again. For a breaker that is closed and has just been made.
   *
   * throws  INVALID_OPTIONS for what is no snapshot
   */
  restore(snapshot: BreakerSnapshot): void {
    this.#source.slot.restore(parseOptions(snapshotSchema, snapshot, `breaker "${this.name}" snapshot`));
  }

  async #run<T>(
    slot: BreakerSlot,
    fn: Protected<T>,
    options: CallOptions | undefined,
    permit: number,
    startedAt: number,
  ): Promise<T> {
    let value: T;
    try {
      value = await fn(new SoloContext(this.name, options));
    } catch (error) {
      const vote = options?.signal?.aborted ? 'ignored' : this.#host.vote(error);
      slot.settle(permit, vote, startedAt, retryAfterOf(error));
      throw error;
    }
    slot.settle(permit, 'success', startedAt);
    return value;
  }

  #rejection({ state, rejectedForMs }: BreakerSlot): Error {
    return breakerOpen(this.name, state, rejectedForMs);
  }

  #move(event: BreakerEvent, target: BreakerState, given: Manual): void {
    const manual = parseOptions(manualSchema, given, `breaker "${this.name}" ${event}`);
    const from = this.#source.slot.state;
    if (from === target) return;
    if (this.#source.slot.step(event, 'manual', manual) === undefined)
      throw new HoldfastError(
        'ILLEGAL_TRANSITION',
        `breaker "${this.name}": expected a way from ${from} to ${target}, received a request for one there is none for`,
        { component: this.name },
      );
  }
}
