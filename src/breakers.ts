/**
 * The runtime's breakers: makes them, tells of their transitions, and hangs the actors that follow the named ones.
 *
 * Part of the composition root; `runtime.ts` is its only caller.
 */
import { breakerChild } from '../actors/breaker-child.ts';
import type { ChildHandle, Tree } from '../actors/root.ts';
import type { ScoredBreaker } from './control/health/breaker-components.ts';
import { breakerScore } from './control/health/score.ts';
import type { BreakerState, StepTable } from './core/breaker-state.ts';
import { disown } from './core/disown.ts';
import { describe } from './core/describe.ts';
import type { Dispatcher } from './core/dispatcher.ts';
import type { Env } from './core/env.ts';
import { HoldfastError, invalidOptions } from './core/errors.ts';
import type { HoldfastEvent } from './core/events.ts';
import type { Intake } from './core/intake.ts';
import type { BreakerGlance, BreakerReading, CircuitReading, Section } from './core/readings.ts';
import { nullRecord } from './core/null-record.ts';
import { optionDifferences } from './core/option-differences.ts';
import { parseOptions } from './core/schema.ts';
import type { Opening } from './durable/stores/rows.ts';
import type { ScoreSum } from './hotpath/kernel.ts';
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
import { BreakerSlot, type Cleared, type Manual, type SlotObserver, type Transition } from './policies/breaker/slot.ts';
import { Corridor } from './policies/corridor.ts';
import { type Classify, voter } from './policies/voter.ts';
import { InspectedKeys } from './inspected-keys.ts';
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
  /** A named one has changed its state. Must not throw. */
  readonly onMoved: (breaker: string, to: BreakerState, rule: string) => void;
  readonly storage: Pick<Storage, 'transitioned' | 'takeUp'>;
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

  /** The named ones, in the order they were made, as health looks at them. */
  readonly scored: ScoredBreaker[] = [];
  /** Those that are left out, though the kernel counts them. */
  readonly #unscored: ScoredBreaker[] = [];
  /** Their names. */
  readonly #ours = new Set<string>();
  /** Named ones whose calls a pipeline counts. */
  readonly #inPipelines = new Set<string>();

  readonly #listeners = new Map<
    string,
    Set<{ readonly key: string | undefined; readonly listener: TransitionListener }>
  >();

  constructor(parts: BreakersParts) {
    this.#parts = parts;
    this.#startedAt = parts.dispatcher.startedAt;
    parts.dispatcher.on('child.started', ({ child, incarnation }) => {
      if (incarnation > 1 && child.startsWith(ACTORS)) this.#named.get(child.slice(ACTORS.length))?.rearm();
    });
  }

  named(name: string, given: SoloBreakerOptions | undefined): Named {
    const path = `breaker ${describe(name)}`;
    this.#checkIntake(path);
    const parse = (): ResolvedSoloBreakerOptions =>
      parseOptions(soloBreakerOptions, given === undefined ? {} : given, path);
    const named = this.#named.getOrCreate(name, given !== undefined, parse, (options) =>
      this.#makeNamed(name, options),
    );
    named.restore();
    return named;
  }

  /** The breaker of a way of the runtime's own to the outside: that a pager is down is no reason to do less. */
  leaveOut(name: string): void {
    this.#ours.add(name);
    const at = this.scored.findIndex((scored) => scored.name === name);
    if (at >= 0) this.#unscored.push(...this.scored.splice(at, 1));
  }

  /** Whether it was left out. */
  isOurs(name: string): boolean {
    return this.#ours.has(name);
  }

  /** What the kernel came to, without those that are left out. */
  withoutOurs(slots: Pick<ScoreSum, 'sum' | 'count'>, nowMs: number): Pick<ScoreSum, 'sum' | 'count'> {
    let { sum, count } = slots;
    for (const breaker of this.#unscored) {
      const score = breaker.scoreAt(nowMs);
      if (score === null) continue;
      sum -= score;
      count--;
    }
    return { sum: Math.min(Math.max(0, sum), count), count }; // one may have moved since the kernel looked
  }

  /** The named one there is. Makes none. */
  find(name: string): Breaker | undefined {
    return this.#named.get(name)?.breaker;
  }

  keyed(name: string, given: KeyedBreakerOptions | undefined): Keyed {
    const path = `keyed breaker ${describe(name)}`;
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
    const { slot } = this.named(name, { ...shared, autoHalfOpen });
    this.#inPipelines.add(name);
    return { slot, keyed: undefined };
  }

  /** Turn an error into a vote, as the application says, whatever its classifier does. */
  voter(path: string, classify: Classify | undefined): Classify {
    return voter(classify, (error) => this.#parts.dispatcher.callbackFailed(`${path} classify`, error));
  }

  /** Of a named one; undefined for a name no breaker has. */
  stateOf(name: string): BreakerState | undefined {
    return this.#named.get(name)?.slot.state;
  }

  /** All named ones, by name; of a keyed one the keys that are not closed, the first hundred. */
  reading(): Section<BreakerReading> {
    return this.#section(NONE, (slot) => readingOf(slot, this.#startedAt));
  }

  /** The same, of each only what alerts look at once a second, and without those of our own ways out. */
  glances(): Section<BreakerGlance> {
    return this.#section(this.#ours, (slot, isSolo) => glanceAt(slot, isSolo, this.#startedAt));
  }

  /** The same, each with the time it has been in its state. */
  circuits(): Section<CircuitReading> {
    const section = nullRecord<CircuitReading>();
    const sinceStartMs = this.#parts.env.now() - this.#startedAt;
    for (const [name, reading] of Object.entries(this.reading()))
      section[name] = { ...reading, inStateMs: sinceStartMs - reading.stateSinceMs };
    return section;
  }

  #section<T>(without: ReadonlySet<string>, read: (slot: BreakerSlot, isSolo: boolean) => T): Section<T> {
    const section = nullRecord<T>();
    for (const [name, { slot }] of this.#named)
      if (!without.has(name)) section[name] = read(slot, !this.#inPipelines.has(name));
    for (const [name, { slots }] of this.#keyed) {
      let shown = 0;
      for (const [key, slot] of slots) {
        if (slot.state === 'closed') continue;
        if (shown++ === SHOWN_KEYS) break;
        section[`${name} · ${key ?? 'others'}`] = read(slot, false);
      }
    }
    return section;
  }

  /** Close all of them, keyed ones included, and forget. */
  resetAll(manual: Manual): void {
    for (const [, { breaker }] of this.#named) breaker.reset(manual);
    for (const [, { slots }] of this.#keyed)
      for (const [, slot] of Array.from(slots)) {
        // as they were: a listener that calls with a key moves it to the end
        slot.step('close', 'manual', manual);
        slot.clear();
      }
  }

  #checkIntake(path: string): void {
    if (!this.#parts.intake.isOpen) throw this.#parts.intake.stopped(path);
  }

  #makeNamed(name: string, given: ResolvedSoloBreakerOptions): Named {
    let options = given;
    let actor: ChildHandle | undefined;
    const observer: SlotObserver = {
      ...this.#observer(name, undefined),
      transitioned: (transition) => {
        actor?.send({ type: transition.event });
        if (transition.to === 'open') rearm();
        this.#transitioned(name, undefined, transition, opening);
        this.#parts.onMoved(name, transition.to, transition.rule);
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
    const restore = once(() =>
      this.#parts.storage.takeUp(name, { hashOf: hash, restore: (snapshot) => slot.restore(snapshot) }),
    );
    const rearm = (): void => {
      const dueInMs = slot.probeDueInMs();
      if (dueInMs !== undefined) actor?.send({ type: 'probing', dueInMs } as Event);
      if (options.autoHalfOpen && slot.state === 'open')
        actor?.send({ type: 'waiting', dueInMs: slot.retryAfterMs() } as Event);
    };
    try {
      const { tree } = this.#parts;
      const followed = {
        get state() {
          return slot.state;
        },
        expireOpening: () => options.autoHalfOpen && slot.expireOpening(),
        expireProbes: () => slot.expireProbes(),
      };
      if (!tree.hasEnded) actor = tree.add('core', breakerChild(name, followed)); // its calls are decided without one too
    } catch (error) {
      slot.release();
      throw error;
    }
    this.scored.push({ name, scoreAt: (nowMs) => scoreOf(slot, nowMs) });
    const source = { find: () => slot, peek: () => slot, own: () => slot };
    const configure = (next: ResolvedSoloBreakerOptions): readonly Cleared[] | undefined => {
      const cleared = slot.configure(next);
      if (cleared === undefined) return undefined;
      options = next;
      host.vote = this.voter(`breaker "${name}"`, next.classify);
      rearm();
      return cleared;
    };
    const host = {
      ...this.#host(name, undefined, options.classify),
      configure: (next: SoloBreakerOptions, manual: Manual) => this.#configure(name, next, manual, slot, configure),
    };
    return { slot, rearm, restore, breaker: new Breaker(name, source, host) };
  }

  /** in  configure   goes by the options; undefined where it cannot now */
  #configure(
    name: string,
    given: SoloBreakerOptions,
    manual: Manual,
    slot: BreakerSlot,
    configure: (options: ResolvedSoloBreakerOptions) => readonly Cleared[] | undefined,
  ): void {
    const path = `breaker "${name}" configure`;
    const options = parseOptions(soloBreakerOptions, given, path);
    const changed = [...optionDifferences(this.#named.optionsOf(name), options)].map((one) => one.path.slice(1));
    if (changed.length === 0) return;
    const cleared = configure(options);
    if (cleared === undefined)
      throw new HoldfastError('ILLEGAL_TRANSITION', `${path}: expected not to be called from its own openMs`, {
        component: name,
      });
    this.#named.reconfigured(name, options);
    const { epoch } = slot;
    this.#parts.dispatcher.emit('breaker.configured', { breaker: name, changed, cleared, epoch, ...manual });
  }

  #makeKeyed(name: string, { maxKeys, classify, ...options }: ResolvedKeyedBreakerOptions): Keyed {
    const keepsLatencies = options.latency === true;
    const inspected = new InspectedKeys(name, this.#parts.tree, (key) => slots.peek(key));
    const observer = (key: string | undefined): SlotObserver =>
      key === undefined ? this.#observer(name, key) : this.#keyObserver(name, key, inspected);
    const slots = new KeyedSlots(maxKeys, (key) => this.#makeSlot(options, observer(key), keepsLatencies));
    const inspect = (key: string): (() => void) => inspected.inspect(key);
    return { slots, breaker: new KeyedBreaker(name, slots, (key) => this.#host(name, key, classify), inspect) };
  }

  #makeSlot(options: SlotOptions, observer: SlotObserver, keepsLatencies: boolean): BreakerSlot {
    const { env, slots, steps } = this.#parts;
    return new BreakerSlot({ env, slots, steps, observer, keepsLatencies }, options);
  }

  #keyObserver(name: string, key: string, inspected: InspectedKeys): SlotObserver {
    return {
      ...this.#observer(name, key),
      transitioned: (transition) => {
        inspected.send(key, { type: transition.event });
        this.#transitioned(name, key, transition);
      },
      probing: (dueInMs) => inspected.send(key, { type: 'probing', dueInMs } as Event),
    };
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

  #host(name: string, key: string | undefined, classify: Classify | undefined): BreakerHost & { vote: Classify } {
    const { env, intake } = this.#parts;
    const vote = this.voter(`breaker "${name}"`, classify);
    return {
      env,
      intake,
      vote,
      interruptible(fn, given, source) {
        const { vote } = this; // the one in force now
        return new Corridor(name, { env, vote, keyed: { slotFor: () => source.find() } }).make(fn, given);
      },
      onTransition: (listener) => this.#listen(name, key, listener),
      configure: (options) => {
        throw invalidOptions(`breaker "${name}" configure`, 'a breaker of its own, not one key of several', options);
      },
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
    const atMs = env.now() - this.#startedAt;
    const moved = key === undefined ? { breaker, from, to, rule, epoch } : { breaker, key, from, to, rule, epoch };
    const event = by === undefined || reason === undefined ? moved : { ...moved, by, reason };
    timeline.transitioned(
      key === undefined ? { breaker, from, to, rule, atMs } : { breaker, key, from, to, rule, atMs },
      event,
    );
    storage.transitioned(event, opening);
    dispatcher.emit('breaker.transitioned', event);
  }
}

const QUANTILES = [0.5, 0.95, 0.99, 0.999] as const;
const P95 = [0.95] as const;
const NONE: ReadonlySet<string> = new Set();

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

function scoreOf(slot: BreakerSlot, nowMs: number): number | null {
  return slot.isSpotless ? 1 : breakerScore(slot.state, slot.failureRateAt(nowMs), slot.mayProbeAt(nowMs));
}

/** in  isSolo   no pipeline calls through it;   startedAt   when the runtime began: the reading's instants are from there */
function glanceAt(slot: BreakerSlot, isSolo: boolean, startedAt: number): BreakerGlance {
  const { state } = slot;
  const [p95Ms = null] = slot.latenciesMs(P95) ?? [];
  return {
    state,
    stateSinceMs: slot.stateSince - startedAt,
    retryAfterMs: retryAfterOf(slot),
    p95Ms,
    isProbing: slot.probeDueInMs() !== undefined,
    calls: isSolo ? slot.tally : null,
  };
}

/** Milliseconds until an open one may probe; null for any other. */
function retryAfterOf(slot: BreakerSlot): number | null {
  return slot.state === 'open' ? (slot.retryAfterMs() ?? null) : null;
}

/** in  startedAt   when the runtime began: the reading's instants are from there */
function readingOf(slot: BreakerSlot, startedAt: number): BreakerReading {
  const { total, failed, slow, failureRate, slowCallRate, notPermitted, lastFailure } = slot.counts();
  const { state, epoch, lastFailureAt } = slot;
  const retryAfterMs = retryAfterOf(slot);
  const [p50Ms = null, p95Ms = null, p99Ms = null, p999Ms = null] = slot.latenciesMs(QUANTILES) ?? [];
  return {
    state,
    epoch,
    score: breakerScore(state, failureRate, retryAfterMs === 0),
    stateSinceMs: slot.stateSince - startedAt,
    failureRate,
    slowCallRate,
    total,
    failed,
    slow,
    notPermitted,
    p50Ms,
    p95Ms,
    p99Ms,
    p999Ms,
    retryAfterMs,
    lastFailure: lastFailureAt === -Infinity ? null : { atMs: lastFailureAt - startedAt, error: lastFailure },
  };
}
