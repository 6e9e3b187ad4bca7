/**
 * Tells listeners what happened: after the fact, in order, and without letting any of them hurt the rest.
 *
 * An event emitted from inside a listener waits its turn, so everyone sees the same order. A listener that throws is
 * counted and announced as `callback.failed`; the others still hear. Nobody listening costs one lookup.
 */
import type { Env } from './env.ts';
import { describe } from './describe.ts';
import type { EventPayload, EventSink, EventType, HoldfastEvent, Listener } from './events.ts';

/** A storm of events that breed events is continued in a microtask after this many, so that the loop can breathe. */
const BURST = 1_024;

export class Dispatcher implements EventSink {
  readonly #env: Env;
  readonly #policyHash: string;
  readonly #startedAt: number;
  readonly #listeners = new Map<EventType | '*', Set<Listener<never>>>();
  #queue: HoldfastEvent[] = [];
  #dispatching = false;
  #callbackFailures = 0;

  constructor(env: Env, policyHash: string) {
    this.#env = env;
    this.#policyHash = policyHash;
    this.#startedAt = env.now();
  }

  /** Functions of the application that threw where nobody could be told. */
  get callbackFailures(): number {
    return this.#callbackFailures;
  }

  /** Hear every event of a type, or of all types with `*`. Returns the function that ends it; calling it twice is fine. */
  on<T extends EventType>(type: T | '*', listener: Listener<T>): () => void {
    let listeners = this.#listeners.get(type);
    if (listeners === undefined) this.#listeners.set(type, (listeners = new Set()));
    const own: Listener<T> = (event) => listener(event); // the same function may listen twice, and be ended once
    listeners.add(own as Listener<never>);
    return () => void listeners.delete(own as Listener<never>);
  }

  emit<T extends EventType>(type: T, payload: EventPayload<T>): void {
    if (!this.#isHeard(type)) return;
    const event = {
      v: 1,
      type,
      atMs: this.#env.now() - this.#startedAt,
      wallMs: this.#env.wall(),
      policyHash: this.#policyHash,
      ...payload,
    };
    this.#queue.push(Object.freeze(event) as unknown as HoldfastEvent);
    if (!this.#dispatching) this.#dispatch();
  }

  /** Count a callback that threw, and say so. `callback` names which, e.g. `pipeline "payments" classify`. */
  callbackFailed(callback: string, error: unknown): void {
    this.#callbackFailures++;
    this.emit('callback.failed', { callback, error: describe(error) });
  }

  #isHeard(type: EventType): boolean {
    return (this.#listeners.get(type)?.size ?? 0) > 0 || (this.#listeners.get('*')?.size ?? 0) > 0;
  }

  #dispatch(): void {
    this.#dispatching = true;
    for (let told = 0; told < this.#queue.length; told++) {
      if (told === BURST) {
        this.#queue = this.#queue.slice(told);
        queueMicrotask(() => this.#dispatch());
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
        if (result instanceof Promise) result.catch((error: unknown) => this.#listenerFailed(event, error));
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
