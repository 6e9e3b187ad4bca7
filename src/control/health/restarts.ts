/**
 * What the supervisors had to do: each child that ended in an error within the last minute takes a fifth off the score.
 *
 * With none it is left out, so it weighs nothing while there is nothing to say; when the root has given up it is at 0,
 * for good. Five in a minute is where the root itself would give up on its groups.
 */
import type { Component, Source } from './component.ts';
import type { UptimeOf } from './kept-uptimes.ts';
import type { Uptime } from './uptime.ts';

const PERIOD_MS = 60_000;
const MOST = 5;

export class Restarts implements Source, Component {
  readonly kind = 'supervisor';
  readonly name = 'root';
  readonly weight = 1;
  readonly critical = false;
  /** When the last five were, at most. */
  readonly #failedAt: number[] = [];
  #score: number | null = null;
  #hasGivenUp = false;
  readonly #uptimeOf: UptimeOf;
  #uptime: Uptime | undefined;

  constructor(uptimeOf: UptimeOf) {
    this.#uptimeOf = uptimeOf;
  }

  /** Taken with the first look: this is made before the store is open. */
  get uptime(): Uptime {
    return (this.#uptime ??= this.#uptimeOf(this.kind, this.name));
  }

  get score(): number | null {
    return this.#score;
  }
  get reason(): string | null {
    if (this.#hasGivenUp) return 'the root has given up';
    const { length } = this.#failedAt;
    return length === 0 ? null : `${length === MOST ? `at least ${MOST}` : length} failed within a minute`;
  }

  /** A supervised child ended in an error: it is started again, or given up. */
  failed(nowMs: number): void {
    if (this.#failedAt.push(nowMs) > MOST) this.#failedAt.shift();
  }

  gaveUp(): void {
    this.#hasGivenUp = true;
  }

  look(nowMs: number): void {
    while (this.#failedAt.length > 0 && nowMs - this.#failedAt[0]! >= PERIOD_MS) this.#failedAt.shift();
    this.#score = this.#scoreNow();
  }

  components(): Iterable<Component> {
    return [this];
  }

  #scoreNow(): number | null {
    if (this.#hasGivenUp) return 0;
    return this.#failedAt.length === 0 ? null : 1 - this.#failedAt.length / MOST;
  }
}
