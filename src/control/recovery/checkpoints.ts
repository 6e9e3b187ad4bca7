/**
 * The states an application can be brought back to: the last checkpoint of each service, in memory, and where there is a
 * store, in the next process, too.
 *
 * What the application gave is copied where it can be, so that what it does with it afterwards changes no checkpoint.
 */
import type { Env } from '../../core/env.ts';
import type { EventSink } from '../../core/events.ts';
import type { Keep } from '../../core/keep.ts';
import { lackOfJson } from '../../core/lack-of-json.ts';
import { callback, having, name, parseOptions, z } from '../../core/schema.ts';
import { put } from './put.ts';

/** Of the JSON of one state in the store: all of them are read at the start. */
const MAX_KEPT_BYTES = 65_536;

/** How to write down the application's state, and how to bring it back. */
export interface Checkpoint<T = unknown> {
  checkpoint(): T | Promise<T>;
  restore(state: T): void | Promise<void>;
}

export interface TakenCheckpoint {
  /** Write the state down, now; the last one counts. Rejects with what the application's function throws. */
  take(): Promise<void>;
  /** Forget it, in the store, too. */
  end(): void;
}

export interface CheckpointsParts {
  readonly env: Pick<Env, 'wall'>;
  readonly events: EventSink;
  readonly keep: Keep;
  /** Whether there is a store, so that something that cannot be kept is worth saying. */
  readonly hasStore: boolean;
  /** What cannot be kept, or read. Must not throw. */
  readonly onCallbackFailed: (callback: string, error: unknown) => void;
}

interface State {
  readonly state: unknown;
  readonly atWallMs: number;
}

interface Registered {
  readonly pair: Checkpoint;
  /** Of this process. */
  last: State | undefined;
  /** How many were begun; an earlier one that comes later is not the last. */
  begun: number;
}

const sourceName = name();
const checkpointPair = having({ checkpoint: callback('() => state'), restore: callback('(state) => void') });
const keptState = z.object({ state: z.unknown(), atWallMs: z.number({ error: 'milliseconds since 1970' }) });

export class Checkpoints {
  readonly #parts: CheckpointsParts;
  readonly #registered = new Map<string, Registered>();
  /** Of services whose checkpoint in the store is not to be brought back any more. */
  readonly #forgotten = new Set<string>();

  constructor(parts: CheckpointsParts) {
    this.#parts = parts;
  }

  /** A second one for a name takes the place of the first. throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED */
  set(service: string, pair: Checkpoint): TakenCheckpoint {
    parseOptions(sourceName, service, 'recovery checkpoint name');
    parseOptions(checkpointPair, pair, `recovery checkpoint "${service}"`);
    const registered: Registered = { pair, last: undefined, begun: 0 };
    const remove = put(this.#registered, service, registered, 'checkpoints');
    return {
      take: () => this.#take(service, registered),
      end: () => {
        if (this.#registered.get(service) === registered) this.#forget(service);
        remove();
      },
    };
  }

  /** throws  what the application's function throws, and where there is nothing to bring back */
  async restore(service: string): Promise<void> {
    const registered = this.#registered.get(service);
    if (registered === undefined) throw new Error(`expected a checkpoint of "${service}", found none`);
    const last = registered.last ?? (await this.#kept(service));
    if (last === undefined) throw new Error(`expected a checkpoint of "${service}" that was taken, found none`);
    await registered.pair.restore(copied(last.state));
    const ageMs = Math.max(0, this.#parts.env.wall() - last.atWallMs);
    this.#parts.events.emit('recovery.restored', { service, ageMs });
  }

  async #take(service: string, registered: Registered): Promise<void> {
    const number = ++registered.begun;
    const state = copied(await registered.pair.checkpoint());
    if (number !== registered.begun || this.#registered.get(service) !== registered) return; // a later one, or another's
    registered.last = { state, atWallMs: this.#parts.env.wall() };
    this.#forgotten.delete(service);
    this.#keep(service, registered.last);
    this.#parts.events.emit('recovery.checkpointed', { service });
  }

  /** What cannot be kept stays in memory, and no earlier one is brought back in its place. */
  #keep(service: string, last: State): void {
    const lack = lackOfJson(last.state, 'state') ?? tooLong(last.state);
    this.#parts.keep.put('checkpoint', service, lack === undefined ? last : null);
    if (lack !== undefined && this.#parts.hasStore)
      this.#parts.onCallbackFailed(`checkpoint of "${service}" in the store`, new TypeError(lack));
  }

  #forget(service: string): void {
    this.#forgotten.add(service);
    this.#parts.keep.put('checkpoint', service, null);
  }

  /** What an earlier process took. */
  async #kept(service: string): Promise<State | undefined> {
    const kept = (await this.#parts.keep.all('checkpoint')).get(service);
    if (kept === undefined || this.#forgotten.has(service)) return undefined;
    const { state, atWallMs } = parseOptions(keptState, kept, `kept checkpoint "${service}"`);
    return { state, atWallMs };
  }
}

/** A function in it makes a copy impossible; then it is the application's own. */
function copied(state: unknown): unknown {
  try {
    return structuredClone(state);
  } catch {
    return state;
  }
}

function tooLong(state: unknown): string | undefined {
  const { length } = new TextEncoder().encode(JSON.stringify(state));
  return length > MAX_KEPT_BYTES
    ? `state: expected at most ${MAX_KEPT_BYTES} bytes of JSON, received ${length}`
    : undefined;
}
