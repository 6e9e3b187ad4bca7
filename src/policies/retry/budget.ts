/**
 * What keeps retries a share of the calls: every call adds a part of a token, every retry takes a whole one.
 *
 * Retries ≤ ratio · calls + burst, over any stretch of calls. Counted in millionths, as whole numbers: a billion
 * additions of 0.2 in floating point would drift.
 */
const TOKEN = 1_000_000;

export class RetryBudget {
  readonly #perCall: number;
  readonly #most: number;
  #saved: number;

  constructor({ ratio, burst }: { readonly ratio: number; readonly burst: number }) {
    this.#perCall = Math.round(ratio * TOKEN);
    this.#most = burst * TOKEN;
    this.#saved = this.#most;
  }

  /** Retries that could be paid for now, a fraction included. */
  get balance(): number {
    return this.#saved / TOKEN;
  }

  /** A call begins: once for each call, not for each attempt. */
  deposit(): void {
    this.#saved = Math.min(this.#saved + this.#perCall, this.#most);
  }

  /** Pay for one retry. out  false when there is not enough: nothing was taken. */
  take(): boolean {
    if (this.#saved < TOKEN) return false;
    this.#saved -= TOKEN;
    return true;
  }
}
