/**
 * The runtime's breakers: makes them, tells of their transitions, and hangs the actors that follow the named ones.
 *
 * Part of the composition root; `runtime.ts` is its only caller.
 */
import { breakerChild } from '../actors/breaker-child.ts';
import type { ChildHandle, Tree } from '../actors/root.ts';
import { breakerScore } from './control/health/score.ts';
import type { StepTable } from './core/breaker-state.ts';
import { disown } from './core/disown.ts';
import type { Dispatcher } from './core/dispatcher.ts';
import type { Env } from './core/env.ts';
import type { HoldfastEvent } from './core/events.ts';
import type { Intake } from './core/intake.ts';
import type { BreakerReading, Section } from './core/readings.ts';
import { nullRecord } from './core/null-record.ts';
import { parseOptions } from './core/schema.ts';
import type { Opening } from './durable/stores/rows.ts';
import type { Slots } from './hotpath/slots.ts';
import { Breaker, type BreakerHost, type TransitionListener } from './policies/breaker/breaker.ts';
import { KeyedBreaker, KeyedSlots } from './policies/breaker/keyed.ts';
import {
  type KeyedBreakerOptions,
  keyedBreakerOptions,
  type ResolvedBreakerOptions,
  type ResolvedKeyedBreakerOptions,
  type ResolvedSoloBreakerOptions,
  type SlotOptions,
  type SoloBreakerOptions,
  soloBreakerOptions,
} from './policies/breaker/options.ts';
import { BreakerSlot, type Manual, type SlotObserver, type Transition } from './policies/breaker/slot.ts';
import { Corridor } from './policies/corridor.ts';
import { type Classify, voter } from './policies/voter.ts';
import { optionsHash } from './options-hash.ts';
import { Registry } from './registry.ts';
import type { Storage } from './storage.ts';
import type { Timeline } from './timeline.ts';

export interface BreakersParts {
  readonly env: Env;
  readonly intake: Intake;
  readonly slots: Slots;
  readonly steps: StepTable;
  readonly tree: Tree;
  readonly dispatcher: Dispatcher;
  readonly timeline: Timeline;
  readonly storage: Pick<Storage, 'transitioned' | 'takeBreaker'>;
}

/** A named breaker and its row. */
interface Named {
  readonly breaker: Breaker;
  readonly slot: BreakerSlot;
  /** Tell the actor which of its timers the slot still waits for: a restart brings its state back, not its timers. */
  rearm(): void;
  /** Take up what an earlier process left. Once, when the breaker can be found by its name: listeners hear of it. */
  restore(): void;
}

interface Keyed {
  readonly breaker: KeyedBreaker;
  readonly slots: KeyedSlots;
}

/** Ten thousand keys may be open at once; a page and a feed show some of them. */
const SHOWN_KEYS = 100;

/** Where the actors of named breakers hang in the tree. */
const ACTORS = 'root/core/';

type Event = Parameters<ChildHandle['send']>[0];

export class Breakers {
  readonly #parts: BreakersParts;
  readonly #startedAt: number;
  readonly #named = new Registry<Named, ResolvedSoloBreakerOptions>('breaker');
  readonly #keyed = new Registry<Keyed, ResolvedKeyedBreakerOptions>('keyed breaker');

  readonly #listeners = new Map<
    string,
    Set<{ readonly key: string | undefined; readonly listener: TransitionListener }>
  >();

  constructor(parts: BreakersParts) {
    this.#parts = parts;
    this.#startedAt = parts.env.now();
    parts.dispatcher.on('child.started', ({ child, incarnation }) => {
      if (incarnation > 1 && child.startsWith(ACTORS)) this.#named.get(child.slice(ACTORS.length))?.rearm();
    });
  }

  named(name: string, given: SoloBreakerOptions | undefined): Named {
    const path = `breaker "${name}"`;
    this.#checkIntake(path);
    const parse = (): ResolvedSoloBreakerOptions =>
      parseOptions(soloBreakerOptions, given === undefined ? {} : given, path);
    const named = this.#named.getOrCreate(name, given !== undefined, parse, (options) =>
      this.#makeNamed(name, options),
    );
    named.restore();
    return named;
  }

  keyed(name: string, given: KeyedBreakerOptions | undefined): Keyed {
    const path = `keyed breaker "${name}"`;
    this.#checkIntake(path);
    const parse = (): ResolvedKeyedBreakerOptions =>
      parseOptions(keyedBreakerOptions, given === undefined ? {} : given, path);
    return this.#keyed.getOrCreate(name, given !== undefined, parse, (options) => this.#makeKeyed(name, options));
  }

  /** The row or rows of a pipeline's breaker. */
  forPipeline(
    name: string,
    options: ResolvedBreakerOptions | undefined,
  ): { readonly slot: BreakerSlot | undefined; readonly keyed: KeyedSlots | undefined } {
    if (options === undefined) return { slot: undefined, keyed: undefined };
    const { keyed, autoHalfOpen, ...shared } = options;
    if (keyed !== undefined) return { slot: undefined, keyed: this.keyed(name, { ...shared, ...keyed }).slots };
    return { slot: this.named(name, { ...shared, autoHalfOpen }).slot, keyed: undefined };
  }

  /** Turn an error into a vote, as the application says, whatever its classifier does. */
  voter(path: string, classify: Classify | undefined): Classify {
    return voter(classify, (error) => this.#parts.dispatcher.callbackFailed(`${path} classify`, error));
  }

  /** All named ones, by name; of a keyed one the keys that are not closed, the first hundred. */
  reading(): Section<BreakerReading> {
    const section = nullRecord<BreakerReading>();
    for (const [name, { slot }] of this.#named) section[name] = readingOf(slot);
    for (const [name, { slots }] of this.#keyed) {
      let shown = 0;
      for (const [key, slot] of slots) {
        if (slot.state === 'closed') continue;
        if (shown++ === SHOWN_KEYS) break;
        section[`${name} · ${key ?? 'others'}`] = readingOf(slot);
      }
    }
    return section;
  }

  /** Close all of them, keyed ones included, and forget. */
  resetAll(manual: Manual): void {
    for (const [, { breaker }] of this.#named) breaker.reset(manual);
    for (const [, { slots }] of this.#keyed)
      for (const [, slot] of slots) {
        slot.step('close', 'manual', manual);
        slot.clear();
      }
  }

  #checkIntake(path: string): void {
    if (!this.#parts.intake.isOpen) throw this.#parts.intake.stopped(path);
  }

  #makeNamed(name: string, options: ResolvedSoloBreakerOptions): Named {
    let actor: ChildHandle | undefined;
    const observer: SlotObserver = {
      ...this.#observer(name, undefined),
      transitioned: (transition) => {
        actor?.send({ type: transition.event });
        if (transition.to === 'open') rearm();
        this.#transitioned(name, undefined, transition, opening);
      },
      probing: (dueInMs) => actor?.send({ type: 'probing', dueInMs } as Event),
    };
    const slot = this.#makeSlot(options, observer, true);
    const hash = lazily(() => optionsHash(options));
    const opening = (): Opening => {
      const { remainingOpenMs, attempt } = slot.snapshot();
      const openUntilWallMs = slot.state === 'open' ? Math.ceil(this.#parts.env.wall() + remainingOpenMs) : null;
      return { optionsHash: hash(), openUntilWallMs, attempt };
    };
    const restore = once(() => {
      const left = this.#parts.storage.takeBreaker(name, hash);
      if (left !== undefined) slot.restore(left);
    });
    const rearm = (): void => {
      const dueInMs = slot.probeDueInMs();
      if (dueInMs !== undefined) actor?.send({ type: 'probing', dueInMs } as Event);
      if (options.autoHalfOpen && slot.state === 'open')
        actor?.send({ type: 'waiting', dueInMs: slot.retryAfterMs() } as Event);
    };
    try {
      const { tree } = this.#parts;
      if (!tree.hasEnded) actor = tree.add('core', breakerChild(name, slot)); // its calls are decided without one too
    } catch (error) {
      slot.release();
      throw error;
    }
    const source = { find: () => slot, peek: () => slot, own: () => slot };
    return { slot, rearm, restore, breaker: new Breaker(name, source, this.#host(name, undefined, options.classify)) };
  }

  #makeKeyed(name: string, { maxKeys, classify, ...options }: ResolvedKeyedBreakerOptions): Keyed {
    const keepsLatencies = options.latency === true;
    const slots = new KeyedSlots(maxKeys, (key) => this.#makeSlot(options, this.#observer(name, key), keepsLatencies));
    return { slots, breaker: new KeyedBreaker(name, slots, (key) => this.#host(name, key, classify)) };
  }

  #makeSlot(options: SlotOptions, observer: SlotObserver, keepsLatencies: boolean): BreakerSlot {
    const { env, slots, steps } = this.#parts;
    return new BreakerSlot({ env, slots, steps, observer, keepsLatencies }, options);
  }

  #observer(name: string, key: string | undefined): SlotObserver {
    const { dispatcher } = this.#parts;
    return {
      transitioned: (transition) => this.#transitioned(name, key, transition),
      probing: () => {}, // without an actor the deadline is seen by the next call
      crossed: (rule) => dispatcher.emit('breaker.crossed', { breaker: name, ...(key !== undefined && { key }), rule }),
      callbackFailed: (option, error) => dispatcher.callbackFailed(`breaker "${name}" ${option}`, error),
    };
  }

  #host(name: string, key: string | undefined, classify: Classify | undefined): BreakerHost {
    const { env, intake } = this.#parts;
    const vote = this.voter(`breaker "${name}"`, classify);
    return {
      env,
      intake,
      vote,
      interruptible: (fn, given, source) =>
        new Corridor(name, { env, vote, keyed: { slotFor: () => source.find() } }).make(fn, given),
      onTransition: (listener) => this.#listen(name, key, listener),
    };
  }

  /** One listener at the dispatcher for all of them: a storm of trips asks each breaker's own, not everybody's. */
  #listen(name: string, key: string | undefined, listener: TransitionListener): () => void {
    if (this.#listeners.size === 0) this.#parts.dispatcher.on('breaker.transitioned', (event) => this.#tell(event));
    const mine = this.#listeners.get(name) ?? new Set();
    const entry = { key, listener };
    this.#listeners.set(name, mine.add(entry));
    return () => void mine.delete(entry);
  }

  #tell(event: HoldfastEvent<'breaker.transitioned'>): void {
    for (const { key, listener } of Array.from(this.#listeners.get(event.breaker) ?? [])) {
      if (key !== undefined && key !== event.key) continue;
      const path = `breaker "${event.breaker}" listener`;
      try {
        disown(listener(event), (error) => this.#parts.dispatcher.callbackFailed(path, error));
      } catch (error) {
        this.#parts.dispatcher.callbackFailed(path, error);
      }
    }
  }

  #transitioned(breaker: string, key: string | undefined, transition: Transition, opening?: () => Opening): void {
    const { env, dispatcher, timeline, storage } = this.#parts;
    const { from, to, rule, epoch, by, reason } = transition;
    timeline.transitioned({
      breaker,
      ...(key !== undefined && { key }),
      from,
      to,
      rule,
      atMs: env.now() - this.#startedAt,
    });
    const event = {
      breaker,
      ...(key !== undefined && { key }),
      from,
      to,
      rule,
      epoch,
      ...(by !== undefined && reason !== undefined && { by, reason }),
    };
    storage.transitioned(event, opening);
    dispatcher.emit('breaker.transitioned', event);
  }
}

function once(fn: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    fn();
  };
}

function lazily<T extends string>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function readingOf(slot: BreakerSlot): BreakerReading {
  const { total, failed, slow, failureRate, notPermitted } = slot.counts();
  const { state, epoch } = slot;
  const retryAfterMs = state === 'open' ? (slot.retryAfterMs() ?? null) : null;
  return {
    state,
    epoch,
    score: breakerScore(state, failureRate, retryAfterMs === 0),
    failureRate,
    total,
    failed,
    slow,
    notPermitted,
    p50Ms: slot.latencyMs(0.5),
    p95Ms: slot.latencyMs(0.95),
    p99Ms: slot.latencyMs(0.99),
    p999Ms: slot.latencyMs(0.999),
    retryAfterMs,
  };
}
