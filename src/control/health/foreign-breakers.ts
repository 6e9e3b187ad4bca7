/**
 * Breakers of other libraries: asked for their state once a tick, and when they say that it changed.
 *
 * They count like our own, by their state alone: what their windows hold is not ours to read. One whose `state` throws or
 * answers rubbish is at 0, and announced as a callback that failed.
 */
import type { BreakerState } from '../../core/breaker-state.ts';
import { describe } from '../../core/describe.ts';
import { disown } from '../../core/disown.ts';
import type { Env } from '../../core/env.ts';
import { invalidOptions } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import { between, callback, flag, group, having, name, parseOptions, type z } from '../../core/schema.ts';
import type { Component, Source } from './component.ts';
import type { UptimeOf } from './kept-uptimes.ts';
import { breakerScore } from './score.ts';
import { tooMany } from './too-many.ts';
import type { Uptime } from './uptime.ts';

const MAX_FOREIGN = 1_024;

export interface ForeignBreaker {
  /** One of our own states in any spelling (`halfOpen`, `half-open`, `HALF_OPEN`), or `isolated`. */
  state(): string;
  /** Called once: have `listener` called whenever the state has changed. What it returns, if a function, ends that. */
  onChange?(listener: () => void): unknown;
}

const breakerName = name();
const foreignBreaker = having({ state: callback('() => state'), onChange: callback('(listener) => end').optional() });
const foreignOptions = group({
  /** How many breakers it counts for. */
  weight: between(0.001, 1_000).default(1),
  /** While it is open the whole is at most 0.49, which is critical. */
  critical: flag().default(false),
});
export type ForeignBreakerOptions = z.input<typeof foreignOptions>;

export interface ForeignBreakersParts {
  readonly env: Env;
  readonly events: EventSink;
  /** A function of a breaker threw or answered rubbish. Must not throw. */
  readonly onFailed: (path: string, error: unknown) => void;
  readonly uptimeOf: UptimeOf;
}

export class ForeignBreakers implements Source {
  readonly #parts: ForeignBreakersParts;
  readonly #breakers = new Map<string, Registered>();

  constructor(parts: ForeignBreakersParts) {
    this.#parts = parts;
  }

  /** throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED */
  add(given: string, breaker: ForeignBreaker, options: ForeignBreakerOptions = {}): () => void {
    const path = `foreign breaker ${JSON.stringify(parseOptions(breakerName, given, 'foreign breaker name'))}`;
    parseOptions(foreignBreaker, breaker, path);
    const resolved = parseOptions(foreignOptions, options, path);
    if (this.#breakers.has(given)) throw invalidOptions('foreign breaker name', 'one that no other has', given);
    if (this.#breakers.size === MAX_FOREIGN) throw tooMany(path, MAX_FOREIGN, 'foreign breakers');
    const registered = new Registered(given, breaker, resolved, this.#parts);
    this.#breakers.set(given, registered);
    registered.begin();
    return () => {
      registered.end();
      if (this.#breakers.get(given) === registered) this.#breakers.delete(given);
    };
  }

  /** Asked now: what a tick has seen may be a second old. */
  stateOf(name: string): BreakerState | null | undefined {
    const breaker = this.#breakers.get(name);
    breaker?.changed(true);
    return breaker?.state;
  }

  look(): void {
    for (const breaker of Array.from(this.#breakers.values())) breaker.look(); // one may end another, or add one
  }

  components(): Iterable<Component> {
    return this.#breakers.values();
  }
}

/** By its letters alone, in lower case. */
const STATES: Readonly<Record<string, BreakerState>> = {
  closed: 'closed',
  halfopen: 'halfOpen',
  open: 'open',
  opened: 'open',
  forcedopen: 'forcedOpen',
  isolated: 'forcedOpen',
  disabled: 'disabled',
  metricsonly: 'metricsOnly',
};

class Registered implements Component {
  readonly kind = 'foreign';
  readonly name: string;
  readonly weight: number;
  readonly critical: boolean;
  readonly uptime: Uptime;
  readonly #breaker: ForeignBreaker;
  readonly #parts: ForeignBreakersParts;
  #state: BreakerState | null | undefined = undefined;
  #error: string | null = null;
  #unsubscribe: unknown;
  #isEnded = false;

  constructor(
    given: string,
    breaker: ForeignBreaker,
    { weight, critical }: z.output<typeof foreignOptions>,
    parts: ForeignBreakersParts,
  ) {
    this.name = given;
    this.uptime = parts.uptimeOf('foreign', given);
    this.weight = weight;
    this.critical = critical;
    this.#breaker = breaker;
    this.#parts = parts;
  }

  /** As it was last seen; null where it cannot be known, undefined before the first look. */
  get state(): BreakerState | null | undefined {
    return this.#state;
  }

  /** By the state alone; 0 where it cannot be known, null before the first look. */
  get score(): number | null {
    if (this.#state === undefined) return null;
    return this.#state === null ? 0 : breakerScore(this.#state, null, false);
  }
  get reason(): string | null {
    return this.#error ?? this.#state ?? null;
  }

  begin(): void {
    if (this.#breaker.onChange === undefined) return;
    try {
      this.#unsubscribe = this.#breaker.onChange(() => this.changed());
      disown(this.#unsubscribe, (error) => this.#failed('onChange', error));
    } catch (error) {
      this.#failed('onChange', error); // it is looked at each tick all the same
    }
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (typeof this.#unsubscribe !== 'function') return;
    try {
      const left: unknown = (this.#unsubscribe as () => unknown)();
      disown(left, (error) => this.#failed('onChange end', error));
    } catch (error) {
      this.#failed('onChange end', error);
    }
  }

  look(isAsked = false): void {
    if (this.#isEnded) return;
    const before = this.#state;
    this.#read(isAsked);
    if (this.#state === before || this.#state === undefined) return;
    this.#parts.events.emit('foreign.changed', { breaker: this.name, from: before ?? null, to: this.#state });
  }

  /** Seen between ticks, so that how long it was available is known to the moment. */
  changed(isAsked = false): void {
    this.look(isAsked);
    this.uptime.observe(this.score, this.#parts.env.now());
  }

  /** in  isAsked   by somebody, maybe before every step of an agent: that it fails still is told once a tick */
  #read(isAsked: boolean): void {
    try {
      this.#state = stateOf(this.#breaker.state());
      this.#error = null;
    } catch (error) {
      const isNew = this.#error === null;
      this.#state = null;
      this.#error = describe(error);
      if (isNew || !isAsked) this.#failed('state', error);
    }
  }

  #failed(callback: string, error: unknown): void {
    this.#parts.onFailed(`foreign breaker "${this.name}" ${callback}`, error);
  }
}

/** throws  INVALID_OPTIONS for what is no state */
function stateOf(given: unknown): BreakerState {
  const letters = typeof given === 'string' && given.length <= 32 ? given.replaceAll(/[-_ ]/g, '').toLowerCase() : '';
  if (Object.hasOwn(STATES, letters)) return STATES[letters]!;
  disown(given);
  throw invalidOptions('its state', 'closed, halfOpen, open, forcedOpen, isolated, disabled or metricsOnly', given);
}
