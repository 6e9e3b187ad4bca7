/** Recoveries there was no room for: they are taken up when a task ends, unless what wanted them has gone away. */
import { type Cause, keyOf, type Want } from './wants.ts';

const MAX_REFUSALS = 1_024;

export interface Refusal extends Want {
  readonly service: string;
}

export class Refusals {
  readonly #refusals = new Map<string, Refusal>();

  add(refusal: Refusal): void {
    if (this.#refusals.size < MAX_REFUSALS) this.#refusals.set(keyOf(refusal.cause), refusal);
  }

  wentAway(cause: Cause): void {
    this.#refusals.delete(keyOf(cause));
  }

  all(): readonly Refusal[] {
    return Array.from(this.#refusals.values());
  }

  /** The one that has waited longest. */
  take(): Refusal | undefined {
    for (const [key, refusal] of this.#refusals) {
      this.#refusals.delete(key);
      return refusal;
    }
    return undefined;
  }
}
