/**
 * How many notices a channel is told in a minute, counted over any sixty seconds. What is critical is never held back
 * for what is not: the lesser ones have two thirds of the places.
 */
import type { AlertSeverity } from '../../core/readings.ts';

const MINUTE_MS = 60_000;

export class Allowance {
  readonly #places: number;
  readonly #lesserPlaces: number;
  /** When the last ones were told: a ring, number n at n modulo the places. */
  readonly #toldAt: number[] = [];
  #told = 0;

  /** in  perMinute   an integer ≥ 1 */
  constructor(perMinute: number) {
    this.#places = perMinute;
    this.#lesserPlaces = Math.max(1, Math.floor((perMinute * 2) / 3));
  }

  hasPlace(severity: AlertSeverity, nowMs: number): boolean {
    const places = severity === 'critical' ? this.#places : this.#lesserPlaces;
    if (this.#told < places) return true;
    return nowMs - this.#toldAt[(this.#told - places) % this.#places]! >= MINUTE_MS;
  }

  /** What is told although there is no place counts as well. */
  take(nowMs: number): void {
    this.#toldAt[this.#told++ % this.#places] = nowMs;
  }
}
