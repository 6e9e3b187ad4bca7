/**
 * One breaker for each key behind one name: a tenant's failures are its own.
 *
 * At most `maxKeys` live at once. When there is no room, the least recently used one that has nothing to remember (it
 * is closed, and no failure is in its window) makes place; when all have, the keys beyond share one breaker, and are
 * counted. A key's late result after it made place is stale: its slot has gone on at the next epoch.
 */
import { HoldfastError, isHoldfastError } from '../../core/errors.ts';
import { name as nameSchema, parseOptions } from '../../core/schema.ts';
import { Breaker, type BreakerHost, type SlotSource } from './breaker.ts';
import type { BreakerSlot } from './slot.ts';

const keySchema = nameSchema();

/** How many of the oldest are looked at before a new key is sent to the overflow: making place is O(1). */
const LOOKS = 16;

export interface KeyedReading {
  readonly keys: number;
  /** Keys that had to share the overflow breaker so far. */
  readonly overflowed: number;
  readonly evicted: number;
}

export class KeyedSlots {
  readonly #maxKeys: number;
  readonly #make: (key: string | undefined) => BreakerSlot;
  /** In the order of their last use. */
  readonly #slots = new Map<string, BreakerSlot>();
  readonly #shared: BreakerSlot;
  #overflowed = 0;
  #evicted = 0;

  /** in  make   makes a key's slot; without a key, the one that is shared */
  constructor(maxKeys: number, make: (key: string | undefined) => BreakerSlot) {
    this.#maxKeys = maxKeys;
    this.#make = make;
    this.#shared = make(undefined); // at once: when the memory is full it must be there
  }

  /** The key's slot, made on first use. Calls without a key share the overflow's. Never throws. */
  slotFor(key: string | undefined): BreakerSlot {
    if (key === undefined) return this.#shared;
    const known = this.#slots.get(key);
    if (known !== undefined) {
      this.#slots.delete(key);
      this.#slots.set(key, known);
      return known;
    }
    const slot = this.#slots.size < this.#maxKeys || this.#makePlace() ? this.#tryMake(key) : undefined;
    if (slot === undefined) {
      this.#overflowed++;
      return this.#shared;
    }
    this.#slots.set(key, slot);
    return slot;
  }

  /** The key's own slot, if it has one now. */
  peek(key: string): BreakerSlot | undefined {
    return this.#slots.get(key);
  }

  reading(): KeyedReading {
    return { keys: this.#slots.size, overflowed: this.#overflowed, evicted: this.#evicted };
  }

  /** Each key's slot, and last the one that is shared. */
  *[Symbol.iterator](): Generator<readonly [key: string | undefined, BreakerSlot]> {
    yield* this.#slots;
    yield [undefined, this.#shared];
  }

  /** out  undefined when the memory for breakers is full: that is what the overflow is for */
  #tryMake(key: string): BreakerSlot | undefined {
    try {
      return this.#make(key);
    } catch (error) {
      if (isHoldfastError(error) && error.code === 'CAPACITY_EXHAUSTED') return undefined;
      throw error;
    }
  }

  /** Look at the oldest few; who cannot go is asked again last. */
  #makePlace(): boolean {
    let looks = 0;
    for (const [key, slot] of this.#slots) {
      this.#slots.delete(key);
      if (slot.isForgettable) {
        slot.release();
        this.#evicted++;
        return true;
      }
      this.#slots.set(key, slot);
      if (++looks === LOOKS) return false;
    }
    return false;
  }
}

/** One breaker for each key. Ask for a key's breaker whenever you need it, or keep it: both are right. */
export class KeyedBreaker {
  readonly name: string;
  readonly #slots: KeyedSlots;
  readonly #hostOf: (key: string) => BreakerHost;
  readonly #inspect: (key: string) => () => void;

  /** @internal */
  constructor(
    name: string,
    slots: KeyedSlots,
    hostOf: (key: string) => BreakerHost,
    inspect: (key: string) => () => void,
  ) {
    this.name = name;
    this.#slots = slots;
    this.#hostOf = hostOf;
    this.#inspect = inspect;
  }

  /**
   * Give a key's breaker a live actor, as a named one has: the supervision tree, the page of charts and
   * `runtime.inspect` show it. Returns the function that ends it; calling it twice is fine.
   *
   * throws  INVALID_OPTIONS for a key that is no string of 1…256 characters · CAPACITY_EXHAUSTED · STOPPED
   */
  inspect(key: string): () => void {
    this.#check(key);
    return this.#inspect(key);
  }

  /** throws  INVALID_OPTIONS for a key that is no string of 1…256 characters */
  for(key: string): Breaker {
    this.#check(key);
    return new Breaker(this.name, new KeySource(this.name, this.#slots, key), this.#hostOf(key));
  }

  #check(key: string): void {
    parseOptions(keySchema, key, `keyed breaker "${this.name}" key`);
  }

  reading(): KeyedReading {
    return this.#slots.reading();
  }
}

class KeySource implements SlotSource {
  readonly #name: string;
  readonly #slots: KeyedSlots;
  readonly #key: string;

  constructor(name: string, slots: KeyedSlots, key: string) {
    this.#name = name;
    this.#slots = slots;
    this.#key = key;
  }

  find(): BreakerSlot {
    return this.#slots.slotFor(this.#key);
  }

  peek(): BreakerSlot | undefined {
    return this.#slots.peek(this.#key);
  }

  own(): BreakerSlot {
    const own = this.peek() ?? (this.find(), this.peek());
    if (own !== undefined) return own;
    throw new HoldfastError(
      'CAPACITY_EXHAUSTED',
      `keyed breaker "${this.#name}": expected a breaker of the key's own, received one it shares with others; raise maxKeys or capacity.breakers`,
      { component: this.#name },
    );
  }
}
