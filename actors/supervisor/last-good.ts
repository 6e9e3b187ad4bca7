/**
 * The last good snapshot of a supervised actor: where its next life begins after a crash, instead of from nothing.
 *
 * It is taken after each transition, because what a crashed actor had invoked cannot be asked any more. It is bounded:
 * a snapshot that leads to one crash after the other is given up, and the next life is a clean start. Only a crash is
 * answered so; who ended, or was asked to, begins anew. Held by `child.ts`, asked by `supervisor.ts`.
 *
 * XState restores states, context and invoked actors, but no timers: a machine that waits in a state by `after` waits
 * there for ever. Its owner hears of `child.started` and can tell it, or does without `lastGood`.
 */
import type { AnyActorRef, Snapshot } from 'xstate';
import { invalidOptions } from '../../src/core/errors.ts';
import { disown } from '../../src/core/disown.ts';
import type { ExitReason } from './strategy.ts';

export interface LastGood {
  /** How often in a row a life may begin so: an integer of at least 1. */
  readonly times: number;
  /** A life of so many milliseconds ends the row: it was a good one. */
  readonly withinMs: number;
  /** Asked before a snapshot is used. Anything but true is a clean start; what it throws is announced. */
  readonly isGood: (snapshot: Snapshot<unknown>) => boolean;
}

/** Three, as a shock is tried more than once, and a second or two of crashes is no service. */
export const DEFAULT_LAST_GOOD: LastGood = { times: 3, withinMs: 5_000, isGood: () => true };

/** throws  INVALID_OPTIONS */
export function resolveLastGood(path: string, given: Partial<LastGood>): LastGood {
  if (typeof given !== 'object' || given === null) throw invalidOptions(path, 'an object', given);
  const { times, withinMs, isGood } = { ...DEFAULT_LAST_GOOD, ...given };
  if (!(Number.isInteger(times) && times >= 1))
    throw invalidOptions(`${path}.times`, 'an integer of at least 1', times);
  if (!(Number.isFinite(withinMs) && withinMs > 0))
    throw invalidOptions(`${path}.withinMs`, 'a finite number above 0', withinMs);
  if (typeof isGood !== 'function') throw invalidOptions(`${path}.isGood`, 'a function (snapshot) => boolean', isGood);
  return Object.freeze({ times, withinMs, isGood });
}

/** What one child remembers across its lives. */
export class LastGoodSnapshot {
  readonly #rules: LastGood;
  #kept: Snapshot<unknown> | undefined;
  #restored = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(rules: LastGood) {
    this.#rules = rules;
  }

  /** After each transition. An actor that cannot be persisted, such as one with an inline child, has no good snapshot. */
  remember(actor: AnyActorRef): void {
    try {
      const snapshot = actor.getPersistedSnapshot();
      if (snapshot.status === 'active') this.#kept = snapshot;
    } catch (error) {
      this.#kept = undefined;
      this.#failure ??= { error };
    }
  }

  /** It was asked to end: what it becomes on its way out is nothing to come back to. */
  forget(): void {
    this.#kept = undefined;
    this.#restored = 0;
  }

  /** A life is over. */
  ended(reason: ExitReason, livedMs: number): void {
    if (reason !== 'error') this.forget();
    else if (livedMs >= this.#rules.withinMs) this.#restored = 0;
  }

  /**
   * Where the next life begins.
   *
   * out  undefined for a clean start: nothing is kept, it is not good, or it was tried often enough
   * in   onFailure   hears why there is none, where something threw
   */
  recall(onFailure: (error: unknown) => void): Snapshot<unknown> | undefined {
    if (this.#failure !== undefined) onFailure(this.#failure.error);
    this.#failure = undefined;
    const snapshot = this.#kept;
    if (snapshot === undefined) return undefined;
    if (this.#restored < this.#rules.times && this.#isGood(snapshot, onFailure)) {
      this.#restored++;
      return snapshot;
    }
    this.forget();
    return undefined;
  }

  #isGood(snapshot: Snapshot<unknown>, onFailure: (error: unknown) => void): boolean {
    try {
      const answer: unknown = this.#rules.isGood(snapshot);
      disown(answer, onFailure); // a promise is no answer
      return answer === true;
    } catch (error) {
      onFailure(error);
      return false;
    }
  }
}
