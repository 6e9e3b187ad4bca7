/**
 * What hurts now: the algedonic signals that are live, and which of them owe the level a step still.
 *
 * A pain owes one step when it begins, and no other for as long as it lasts, however often it is said again, unless it
 * has become clearly worse than it was when it was answered. While there is one, nothing improves by itself.
 */
import type { Pain } from '../health/signals.ts';

/** More of them are not told apart: of so many any is reason enough. */
const MAX_PAINS = 64;
/** From one bound of the score's own ladder to the next: 0.7, 0.5, 0.3. */
const CLEARLY_WORSE = 0.2;
/** 0.7 − 0.5 is a little less than 0.2 here. */
const ROUNDING = 1e-9;

interface Felt {
  /** The worst that has been answered, or waits to be. */
  severity: number;
  owes: boolean;
}

export class Pains {
  readonly #felt = new Map<string, Felt>();

  get isEmpty(): boolean {
    return this.#felt.size === 0;
  }

  /** Of the first that owes a step. shape  'signal "disk full" hurts, 0.9 of 1' */
  get owed(): string | undefined {
    for (const [signal, { severity, owes }] of this.#felt)
      if (owes) return `signal ${JSON.stringify(signal)} hurts, ${severity} of 1`;
    return undefined;
  }

  /** It has begun, or is said again. */
  feel({ signal, severity }: Pain): void {
    const felt = this.#felt.get(signal);
    if (felt === undefined) {
      if (this.#felt.size < MAX_PAINS) this.#felt.set(signal, { severity, owes: true });
    } else if (felt.owes) felt.severity = Math.max(felt.severity, severity);
    else if (severity - felt.severity >= CLEARLY_WORSE - ROUNDING) Object.assign(felt, { severity, owes: true });
  }

  /** out  whether it hurt until now */
  end(signal: string): boolean {
    return this.#felt.delete(signal);
  }

  /** Feel what is live, and let go of what is not: an event may have been dropped. out  whether any was let go */
  follow(live: ReadonlyMap<string, number>): boolean {
    const before = this.#felt.size;
    for (const signal of this.#felt.keys()) if (!live.has(signal)) this.#felt.delete(signal);
    const hasEnded = this.#felt.size < before;
    for (const [signal, severity] of live) this.feel({ signal, severity });
    return hasEnded;
  }

  /** A step was taken, or a person has answered: none of them owes another. */
  answer(): void {
    for (const felt of this.#felt.values()) felt.owes = false;
  }

  /** What was answered has been taken back: each owes its step again. */
  oweAgain(): void {
    for (const felt of this.#felt.values()) felt.owes = true;
  }
}
