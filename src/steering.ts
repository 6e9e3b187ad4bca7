/**
 * Composes what follows the level: the keeper and its sensors, features, limits, timeouts, and advice.
 *
 * Nothing of it runs before it is first used: a runtime whose application does not degrade has no sensors.
 */
import type { Tree } from '../actors/root.ts';
import { adviceFor, availabilityOf, type KnownOf } from './control/degradation/advice.ts';
import { Degradation } from './control/degradation/degradation.ts';
import { degradationOptions, type ResolvedDegradationOptions } from './control/degradation/options.ts';
import { Sensors } from './control/degradation/sensors.ts';
import { Flags } from './control/flags/flags.ts';
import { Limits } from './control/flags/limits.ts';
import type { BreakerState } from './core/breaker-state.ts';
import { describe } from './core/describe.ts';
import type { Dispatcher } from './core/dispatcher.ts';
import type { Env } from './core/env.ts';
import { invalidOptions } from './core/errors.ts';
import type { HoldfastEvent } from './core/events.ts';
import type { Intake } from './core/intake.ts';
import type { Keep } from './core/keep.ts';
import type { CheckAnswer, Level, Readings } from './core/readings.ts';
import { name as anyName, parseOptions } from './core/schema.ts';
import { sectionOfOne } from './core/section-of-one.ts';
import type { RuntimeDegradation } from './runtime-degradation.ts';

const aName = anyName();

export interface SteeringParts {
  readonly env: Env;
  readonly intake: Intake;
  readonly dispatcher: Dispatcher;
  readonly tree: Tree;
  /** Where level and hands outlive the process. */
  readonly keep: Keep;
  readonly pipelines: { readonly waiting: number; follow(level: Level): void };
  readonly breakerState: (name: string) => BreakerState | undefined;
  /** Of another library's breaker, now; null where it cannot be known. */
  readonly foreignState: (name: string) => BreakerState | null | undefined;
  /** The score of the last health tick, but for a root that has given up. */
  readonly score: () => number | null;
  /** From one health tick to the next. */
  readonly tickMs: () => number;
  /** The algedonic signals that are live, with how much each hurts. */
  readonly pains: () => ReadonlyMap<string, number>;
  /** What the check of that name said last; undefined before its first answer, and where there is no such check. */
  readonly checkAnswer: (name: string) => CheckAnswer | undefined;
}

export class Steering {
  readonly #parts: SteeringParts;
  readonly #degradation: Degradation;
  readonly #flags: Flags;
  readonly #limits: Limits;
  readonly #face: RuntimeDegradation;
  #scoredAtMs: number | undefined;
  readonly #isEager: boolean;
  #hasBegun = false;

  /** in  given   undefined where the application named none: then it begins with its first use */
  constructor(given: ResolvedDegradationOptions | undefined, parts: SteeringParts) {
    const { env, intake, dispatcher: events, tree, keep, pipelines } = parts;
    const options = given ?? parseOptions(degradationOptions, {}, 'degradation');
    this.#parts = parts;
    this.#isEager = given !== undefined;
    const onKeepFailed = (error: unknown): void => events.callbackFailed('keep', error);
    const level = (): Level => this.#degradation.level;
    const sensors = new Sensors(options, {
      env,
      score: parts.score,
      scoredAtMs: () => this.#scoredAtMs,
      tickMs: parts.tickMs,
      queueDepth: () => pipelines.waiting,
    });
    this.#limits = new Limits(events, level);
    const onHeld = (): void => this.#degradation.awaitEnd();
    const isOpen = (): boolean => intake.isOpen;
    this.#flags = new Flags({ env, events, keep, level, isOpen, onHeld, onKeepFailed });
    this.#degradation = new Degradation(options, {
      env,
      events,
      tree,
      keep,
      isOpen,
      onKeepFailed,
      read: () => sensors.read(),
      pains: parts.pains,
      otherEndMs: () => this.#flags.nextEndMs,
      onEnd: (nowMs) => this.#flags.expire(nowMs),
      follow: (to, reason) => this.#follow(to, reason),
    });
    this.#face = this.#makeFace();
  }

  get level(): Level {
    return this.#degradation.level;
  }

  /** Whether anything drives the level. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** What the application is given. From its first use on the sensors are read. */
  get face(): RuntimeDegradation {
    this.#begin();
    return this.#face;
  }

  /** The runtime is watched now. */
  watch(): void {
    if (this.#isEager) this.#begin();
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { dispatcher, intake } = this.#parts;
    if (!intake.isOpen) return; // it stays as it is
    dispatcher.on('signal.raised', (event) => {
      if (event.algedonic) this.#degradation.hurt(event);
      else this.#degradation.eased(event.signal); // what is said last counts
    });
    dispatcher.on('signal.ended', ({ signal }) => this.#degradation.eased(signal));
    this.#degradation.begin();
    void this.#flags.takeUp();
  }

  /** The root has given up: what had begun goes on, by nobody watched. */
  goOnAlone(): void {
    if (this.#hasBegun) this.#degradation.start();
  }

  /** Of a tree that has ended nobody else does. */
  stop(): void {
    this.#degradation.stop();
  }

  /** A health tick is over. */
  scored(): void {
    this.#scoredAtMs = this.#parts.env.now();
  }

  readings(): Pick<Readings, 'degradation' | 'flags' | 'limits'> {
    return {
      degradation: sectionOfOne('self', this.#degradation.reading()),
      flags: this.#flags.reading(),
      limits: this.#limits.reading(),
    };
  }

  #follow(level: Level, reason: string): void {
    this.#parts.pipelines.follow(level);
    this.#flags.follow();
    this.#limits.follow(level, reason);
  }

  #known(component: string): KnownOf {
    return {
      breaker: this.#parts.breakerState(component),
      foreign: this.#parts.foreignState(component),
      check: this.#parts.checkAnswer(component),
      isFeatureOn: this.#flags.peek(component),
      level: this.level,
    };
  }

  #makeFace(): RuntimeDegradation {
    const { dispatcher, intake } = this.#parts;
    const degradation = this.#degradation;
    const flags = this.#flags;
    const limits = this.#limits;
    const open = (what: string, ...of: readonly unknown[]): void => {
      if (!intake.isOpen) throw intake.stopped([what, ...of.map(describe)].join(' '));
    };
    const knownOf = (component: unknown, asked: string): KnownOf =>
      this.#known(parseOptions(aName, component, `degradation.${asked} component`));
    return Object.freeze<RuntimeDegradation>({
      get level() {
        return degradation.level;
      },
      reading: () => degradation.reading(),
      on: (type, listener) => {
        if (type !== 'change') throw invalidOptions('degradation.on type', `'change'`, type);
        return dispatcher.on('degradation.changed', listener);
      },
      override: (level, options) => {
        open('degradation.override');
        degradation.override(level, options);
      },
      release: (options) => {
        open('degradation.release');
        return degradation.release(options);
      },
      feature: (name, options) => {
        open('feature', name);
        return flags.make(name, options);
      },
      isEnabled: (name) => flags.isOn(name),
      setFlag: (name, enabled, options) => {
        open('setFlag', name);
        return flags.hold(name, enabled, options);
      },
      clearFlag: (name, options) => {
        open('clearFlag', name);
        return flags.release(name, options);
      },
      limit: (name, values) => {
        if (values !== undefined) open('limit', name);
        return limits.value(name, values);
      },
      subscribe: (name, listener) => this.#subscribe(name, listener),
      advise: (component) => adviceFor(knownOf(component, 'advise')),
      availability: (component) => availabilityOf(knownOf(component, 'availability')),
    });
  }

  /** Two listeners, so that features and limits are heard in the one order of all events. */
  #subscribe(given: string, listener: (event: HoldfastEvent<'flag.changed' | 'limit.changed'>) => void): () => void {
    const { dispatcher } = this.#parts;
    const name = parseOptions(aName, given, 'degradation.subscribe name');
    if (typeof listener !== 'function')
      throw invalidOptions('degradation.subscribe listener', 'a function (event) => void', listener);
    const isMeant = (of: string): boolean => name === '*' || name === of;
    const endFlags = dispatcher.on('flag.changed', (event) => (isMeant(event.flag) ? listener(event) : undefined));
    try {
      const endLimits = dispatcher.on('limit.changed', (event) => (isMeant(event.limit) ? listener(event) : undefined));
      return () => {
        endFlags();
        endLimits();
      };
    } catch (error) {
      endFlags(); // there is no room for the other: whoever was refused hears nothing
      throw error;
    }
  }
}
