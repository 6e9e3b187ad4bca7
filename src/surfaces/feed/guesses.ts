/**
 * Counts wrong tokens by address, so that nobody can try many. Only tokens that were wrong count: a page of another
 * site is refused before its token is looked at, and cannot lock anyone out. Bounded; time is an argument.
 */
import type { FeedLimits } from './limits.ts';

export class Guesses {
  readonly #limits: FeedLimits;
  readonly #windows = new Map<string, { wrong: number; endsMs: number }>();

  constructor(limits: FeedLimits) {
    this.#limits = limits;
  }

  /** True when this address has had its guesses; its next token is not even compared. */
  exhausted(address: string, nowMs: number): boolean {
    const window = this.#windows.get(address);
    if (window === undefined) return false;
    if (nowMs >= window.endsMs) this.#windows.delete(address);
    return nowMs < window.endsMs && window.wrong >= this.#limits.guesses;
  }

  wrong(address: string, nowMs: number): void {
    const window = this.#windows.get(address);
    if (window !== undefined && nowMs < window.endsMs) {
      window.wrong++;
      return;
    }
    this.#windows.delete(address); // and to the end of the line, which is in order of age
    if (this.#windows.size >= this.#limits.guessAddresses) this.#forgetOldest();
    this.#windows.set(address, { wrong: 1, endsMs: nowMs + this.#limits.guessWindowMs });
  }

  #forgetOldest(): void {
    for (const address of this.#windows.keys()) {
      this.#windows.delete(address);
      return;
    }
  }
}
