/**
 * The keys of a keyed breaker that somebody looks at: each has a live actor in the tree, as a named breaker has.
 *
 * An actor costs some kilobytes and a message a transition, so a key has none until it is asked for. It follows the
 * key, not its row: a key that made place and came back is followed on.
 */
import { breakerChild } from '../actors/breaker-child.ts';
import type { ChildHandle, Tree } from '../actors/root.ts';
import { HoldfastError } from './core/errors.ts';
import type { BreakerSlot } from './policies/breaker/slot.ts';

/** Of one keyed breaker. Nobody looks at more. */
const MAX_INSPECTED = 256;
const LONGEST_ID = 256;

interface Inspected {
  readonly actor: ChildHandle;
  viewers: number;
}

export class InspectedKeys {
  readonly #name: string;
  readonly #tree: Tree;
  readonly #peek: (key: string) => BreakerSlot | undefined;
  readonly #inspected = new Map<string, Inspected>();
  #made = 0;

  /** in  peek   a key's row, if it has one now */
  constructor(name: string, tree: Tree, peek: (key: string) => BreakerSlot | undefined) {
    this.#name = name;
    this.#tree = tree;
    this.#peek = peek;
  }

  /** To the key's actor, if somebody looks. */
  send(key: string, event: { readonly type: string }): void {
    if (this.#inspected.size > 0) this.#inspected.get(key)?.actor.send(event);
  }

  /** Returns the end of it; the actor goes with its last viewer. throws  CAPACITY_EXHAUSTED · STOPPED */
  inspect(key: string): () => void {
    const inspected = this.#inspected.get(key) ?? this.#begin(key);
    inspected.viewers++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      if (--inspected.viewers > 0) return;
      this.#inspected.delete(key);
      void inspected.actor.terminate();
    };
  }

  #begin(key: string): Inspected {
    if (this.#inspected.size === MAX_INSPECTED)
      throw new HoldfastError(
        'CAPACITY_EXHAUSTED',
        `keyed breaker "${this.#name}": expected at most ${MAX_INSPECTED} inspected keys, received one more`,
        { component: this.#name },
      );
    const peek = (): BreakerSlot | undefined => this.#peek(key);
    const followed = {
      get state() {
        return peek()?.state ?? 'closed';
      },
      expireOpening: () => {}, // a keyed breaker half-opens with a call
      expireProbes: () => peek()?.expireProbes(),
    };
    const inspected = { actor: this.#tree.add('core', breakerChild(this.#idOf(key), followed)), viewers: 0 };
    this.#inspected.set(key, inspected);
    const dueInMs = peek()?.probeDueInMs();
    if (dueInMs !== undefined) inspected.actor.send({ type: 'probing', dueInMs } as { type: string });
    return inspected;
  }

  /** With a number: a name and a key may be longer than an id, and an actor that ends still has its own. */
  #idOf(key: string): string {
    const number = ` #${++this.#made}`;
    return `${this.#name}/${key}`.slice(0, LONGEST_ID - number.length) + number;
  }
}
