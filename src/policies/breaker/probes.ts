/**
 * The probes of one half-open epoch: permits taken, results in, and when the first of them is overdue.
 *
 * The deadline is for a probe that hangs, so it stands only while one is under way: callers who come seldom, or who
 * all gave their permits back, keep nobody open.
 */
import { probesSay } from './decisions.ts';
import type { TripRules } from './rules.ts';

export class Probes {
  readonly #permits: number;
  readonly #rules: TripRules;
  #taken = 0;
  #settled = 0;
  #failed = 0;
  #slow = 0;
  #bad = 0;
  #dueAt = Infinity;

  constructor(permits: number, rules: TripRules) {
    this.#permits = permits;
    this.#rules = rules;
  }

  /** When the first result is overdue; Infinity while no probe is under way. */
  get dueAt(): number {
    return this.#dueAt;
  }
  get hasPermit(): boolean {
    return this.#taken < this.#permits;
  }

  begin(): void {
    this.#taken = this.#settled = this.#failed = this.#slow = this.#bad = 0;
    this.#dueAt = Infinity;
  }

  /** out  true when no other is under way: its result is due at `dueAt`, and so are those that join it */
  take(dueAt: number): boolean {
    this.#taken++;
    if (this.#dueAt !== Infinity) return false;
    this.#dueAt = dueAt;
    return true;
  }

  giveBack(): void {
    this.#taken--;
    this.#rest();
  }

  /** A result is in. A slow one counts as failed, too, where a rule is about slow calls. */
  settle(isFailure: boolean, isSlow: boolean): 'trip' | 'recover' | undefined {
    const isSlowFailure = isSlow && this.#rules.slowCallRate !== undefined;
    this.#settled++;
    this.#rest();
    if (isFailure) this.#failed++;
    if (isSlowFailure) this.#slow++;
    if (isSlowFailure || isFailure) this.#bad++;
    return probesSay(
      {
        permits: this.#permits,
        settled: this.#settled,
        failed: this.#failed,
        slow: this.#slow,
        bad: this.#bad,
      },
      this.#rules,
    );
  }

  #rest(): void {
    if (this.#taken === this.#settled) this.#dueAt = Infinity;
  }
}
