/**
 * The named breakers as components. Keyed ones count in the score, by the kernel, and are nobody's component: there may
 * be ten thousand of them.
 */
import type { Component, Source } from './component.ts';
import type { UptimeOf } from './kept-uptimes.ts';
import type { Uptime } from './uptime.ts';

/** A named breaker, to look at. */
export interface ScoredBreaker {
  readonly name: string;
  /** 0…1; null for one that is left out. */
  scoreAt(nowMs: number): number | null;
}

export class BreakerComponents implements Source {
  readonly #breakers: readonly ScoredBreaker[];
  readonly #uptimeOf: UptimeOf;
  readonly #components: BreakerComponent[] = [];

  /** in  breakers   all there are; grows at its end */
  constructor(breakers: readonly ScoredBreaker[], uptimeOf: UptimeOf) {
    this.#breakers = breakers;
    this.#uptimeOf = uptimeOf;
  }

  look(nowMs: number): void {
    for (let place = this.#components.length; place < this.#breakers.length; place++)
      this.#components.push(new BreakerComponent(this.#breakers[place]!, this.#uptimeOf));
    for (const component of this.#components) component.look(nowMs);
  }

  components(): Iterable<Component> {
    return this.#components;
  }
}

class BreakerComponent implements Component {
  readonly kind = 'breaker';
  readonly name: string;
  readonly weight = 1;
  readonly critical = false;
  readonly uptime: Uptime;
  readonly reason = null;
  readonly #breaker: ScoredBreaker;
  #score: number | null = null;

  constructor(breaker: ScoredBreaker, uptimeOf: UptimeOf) {
    this.name = breaker.name;
    this.uptime = uptimeOf('breaker', breaker.name);
    this.#breaker = breaker;
  }

  get score(): number | null {
    return this.#score;
  }

  look(nowMs: number): void {
    this.#score = this.#breaker.scoreAt(nowMs);
    this.uptime.observe(this.#score, nowMs);
  }
}
