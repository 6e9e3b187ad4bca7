/**
 * One breaker for each key behind one name: a tenant's failures are its own.
 *
 * At most `maxKeys` live at once. When there is no room, the least recently used one that has nothing to remember (it
 * is closed, and no failure is in its window) makes place; when all have, the keys beyond share one breaker, and are
 * counted. A key's late result after it made place is stale: its slot has gone on at the next epoch.
 */
import { name as nameSchema, parseOptions } from '../../core/schema.ts';
import { Breaker, type BreakerHost } from './breaker.ts';
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
  #overflow: BreakerSlot | undefined;
  #overflowed = 0;
  #evicted = 0;

  /** in  make   makes a key's slot; without a key, the one that is shared */
  constructor(maxKeys: number, make: (key: string | undefined) => BreakerSlot) {
    this.#maxKeys = maxKeys;
    this.#make = make;
  }

  /** The key's slot, made on first use. Calls without a key share the overflow's. */
  slotFor(key: string | undefined): BreakerSlot {
    if (key === undefined) return this.#shared();
    const known = this.#slots.get(key);
    if (known !== undefined) {
      this.#slots.delete(key);
      this.#slots.set(key, known);
      return known;
    }
    if (this.#slots.size >= this.#maxKeys && !this.#makePlace()) {
      this.#overflowed++;
      return this.#shared();
    }
    const slot = this.#make(key);
    this.#slots.set(key, slot);
    return slot;
  }

  reading(): KeyedReading {
    return { keys: this.#slots.size, overflowed: this.#overflowed, evicted: this.#evicted };
  }

  *[Symbol.iterator](): Generator<BreakerSlot> {
    yield* this.#slots.values();
    if (this.#overflow !== undefined) yield this.#overflow;
  }

  #shared(): BreakerSlot {
    return (this.#overflow ??= this.#make(undefined));
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
  readonly #host: BreakerHost;

  /** @internal */
  constructor(name: string, slots: KeyedSlots, host: BreakerHost) {
    this.name = name;
    this.#slots = slots;
    this.#host = host;
  }

  /** throws  INVALID_OPTIONS for a key that is no string of 1…256 characters */
  for(key: string): Breaker {
    const slots = this.#slots;
    parseOptions(keySchema, key, `keyed breaker "${this.name}" key`);
    const source = {
      get slot() {
        return slots.slotFor(key);
      },
    };
    return new Breaker(this.name, source, this.#host);
  }

  reading(): KeyedReading {
    return this.#slots.reading();
  }
}
