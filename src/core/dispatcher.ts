/**
 * Tells listeners what happened: after the fact, in order, and without letting any of them hurt the rest.
 *
 * An event emitted from inside a listener waits its turn, so everyone sees the same order. A listener that throws is
 * counted and announced as `callback.failed`; the others still hear. Nobody listening costs one lookup.
 */
import type { Env } from './env.ts';
import { describe } from './describe.ts';
import { disown } from './disown.ts';
import { HoldfastError, invalidOptions } from './errors.ts';
import {
  EVENT_TYPES,
  type EventPayload,
  type EventSink,
  type EventType,
  type HoldfastEvent,
  type Listener,
} from './events.ts';

/** A storm of events that breed events goes on a turn later after this many: timers and I/O come first. */
const BURST = 1_024;
/** Events that wait for their turn, those of the burst under way included. */
const MAX_WAITING = 65_536;
/** Of one type. Enough for several on each of the breakers there are by default, which all listen to one type. */
const MAX_LISTENERS = 65_536;

export class Dispatcher implements EventSink {
  /** When the runtime began: every `atMs` is from there, also of what is not told by events. */
  readonly startedAt: number;
  readonly #env: Env;
  readonly #policyHash: string;
  readonly #listeners = new Map<EventType | '*', Set<Listener<never>>>();
  #queue: HoldfastEvent[] = [];
  #dispatching = false;
  #callbackFailures = 0;
  #droppedEvents = 0;

  constructor(env: Env, policyHash: string) {
    this.#env = env;
    this.#policyHash = policyHash;
    this.startedAt = env.now();
  }

  /** Functions of the application that threw where nobody could be told. */
  get callbackFailures(): number {
    return this.#callbackFailures;
  }

  /** Events nobody will hear: there was no room for them to wait. */
  get droppedEvents(): number {
    return this.#droppedEvents;
  }

  /**
   * Hear every event of a type, or of all types with `*`. Returns the function that ends it; calling it twice is fine.
   *
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED
   */
  on<T extends EventType>(type: T | '*', listener: Listener<T>): () => void {
    if (type !== '*' && !EVENT_TYPES.includes(type))
      throw invalidOptions('events.on type', `* or one of ${EVENT_TYPES.join(', ')}`, type);
    if (typeof listener !== 'function')
      throw invalidOptions(`events.on "${type}" listener`, 'a function (event) => void', listener);
    let listeners = this.#listeners.get(type);
    if (listeners === undefined) this.#listeners.set(type, (listeners = new Set()));
    if (listeners.size >= MAX_LISTENERS) throw tooManyListeners(type);
    const own: Listener<T> = (event) => listener(event); // the same function may listen twice, and be ended once
    listeners.add(own as Listener<never>);
    return () => void listeners.delete(own as Listener<never>);
  }

  /** Whether anybody listens: where not even the event's payload is to be made in vain. */
  hears(type: EventType): boolean {
    return (this.#listeners.get(type)?.size ?? 0) > 0 || (this.#listeners.get('*')?.size ?? 0) > 0;
  }

  emit<T extends EventType>(type: T, payload: EventPayload<T>): void {
    if (!this.hears(type)) return;
    if (this.#queue.length >= MAX_WAITING) {
      this.#droppedEvents++; // not announced: that would be one more event
      return;
    }
    const event = {
      v: 1,
      type,
      atMs: this.#env.now() - this.startedAt,
      wallMs: this.#env.wall(),
      policyHash: this.#policyHash,
      ...payload,
    };
    this.#queue.push(Object.freeze(event) as unknown as HoldfastEvent);
    if (!this.#dispatching) this.#dispatch();
  }

  /**
   * Tell what `work` emits when it is over: a change of several parts is complete before anybody hears of one of them,
   * and what a listener then does is told after all of it.
   */
  together(work: () => void): void {
    if (this.#dispatching) return work(); // what it emits waits its turn anyway
    this.#dispatching = true;
    try {
      work();
    } finally {
      this.#dispatch();
    }
  }

  /** Count a callback that threw, and say so. `callback` names which, e.g. `pipeline "payments" classify`. */
  callbackFailed(callback: string, error: unknown): void {
    this.#callbackFailures++;
    this.emit('callback.failed', { callback, error: describe(error) });
  }

  #dispatch(): void {
    this.#dispatching = true;
    for (let told = 0; told < this.#queue.length; told++) {
      if (told === BURST) {
        this.#queue = this.#queue.slice(told);
        this.#env.defer(() => this.#dispatch());
        return;
      }
      const event = this.#queue[told]!;
      this.#tell(this.#listeners.get(event.type), event);
      this.#tell(this.#listeners.get('*'), event);
    }
    this.#queue = [];
    this.#dispatching = false;
  }

  #tell(listeners: ReadonlySet<Listener<never>> | undefined, event: HoldfastEvent): void {
    if (listeners === undefined) return;
    for (const listener of Array.from(listeners)) {
      // as they were: one may end another, or join in
      try {
        const result: unknown = (listener as (event: HoldfastEvent) => unknown)(event);
        if (result !== undefined) disown(result, (error) => this.#listenerFailed(event, error));
      } catch (error) {
        this.#listenerFailed(event, error);
      }
    }
  }

  #listenerFailed(event: HoldfastEvent, error: unknown): void {
    if (event.type === 'callback.failed') this.#callbackFailures++; // only counted: it must not breed for ever
    else this.callbackFailed(`listener of ${event.type}`, error);
  }
}

function tooManyListeners(type: EventType | '*'): HoldfastError {
  const component = `events.on "${type}"`;
  const message = `${component}: expected at most ${MAX_LISTENERS} listeners, received one more; end those that are done`;
  return new HoldfastError('CAPACITY_EXHAUSTED', message, { component });
}
