/**
 * Who is next: tenants take turns; a tenant's own calls go by priority and age; equals in the order they came.
 *
 * Turns are weighted round robin: over any stretch in which a tenant always has someone waiting, it is served within
 * one turn of its share. Priorities are a tenant's own affair: calling everything urgent takes nothing from others.
 * Joining, leaving and taking are O(1).
 *
 * source  Shreedhar, Varghese, "Efficient Fair Queuing Using Deficit Round-Robin", SIGCOMM 1995, at unit cost
 */
import { PRIORITIES } from '../../core/priority.ts';
import { Fifo, type Linked } from './fifo.ts';
import type { Waiter } from './waiter.ts';

/** in  tenant  undefined for calls without one, and for all where tenants are not kept apart */
export type WeightOf = (tenant: string | undefined) => number;

export class WaitQueue {
  readonly #keyed: boolean;
  readonly #weightOf: WeightOf;
  readonly #shares = new Map<string | undefined, Share>();
  /** The first has its turn. */
  readonly #turns = new Fifo<Share>();
  #size = 0;

  constructor(keyed: boolean, weightOf: WeightOf) {
    this.#keyed = keyed;
    this.#weightOf = weightOf;
  }

  get size(): number {
    return this.#size;
  }

  push(waiter: Waiter): void {
    const key = this.#keyOf(waiter);
    let share = this.#shares.get(key);
    if (share === undefined) {
      share = new Share(key, this.#weightOf(key));
      this.#shares.set(key, share);
      this.#turns.push(share);
    }
    share.push(waiter);
    this.#size++;
  }

  /** in  waiter  in this queue */
  remove(waiter: Waiter): void {
    this.#remove(this.#shares.get(this.#keyOf(waiter))!, waiter);
  }

  /** out  the next, removed;   undefined when nobody waits */
  take(): Waiter | undefined {
    const share = this.#turns.first;
    const waiter = share?.next();
    if (share === null || waiter === undefined) return undefined;
    this.#remove(share, waiter);
    share.left--;
    if (share.waiting > 0 && share.left === 0) this.#endTurn(share);
    return waiter;
  }

  #keyOf(waiter: Waiter): string | undefined {
    return this.#keyed ? waiter.call.tenant : undefined;
  }

  #remove(share: Share, waiter: Waiter): void {
    share.remove(waiter);
    this.#size--;
    if (share.waiting > 0) return;
    this.#turns.remove(share);
    this.#shares.delete(share.tenant);
  }

  #endTurn(share: Share): void {
    this.#turns.remove(share);
    share.left = share.weight;
    this.#turns.push(share);
  }
}

/** A tenant's waiting calls. Exists only while there are some. */
class Share implements Linked<Share> {
  ahead: Share | null = null;
  behind: Share | null = null;
  readonly tenant: string | undefined;
  readonly weight: number;
  /** Calls left of its turn. */
  left: number;
  waiting = 0;
  readonly #lines: readonly Fifo<Waiter>[] = PRIORITIES.map(() => new Fifo());

  constructor(tenant: string | undefined, weight: number) {
    this.tenant = tenant;
    this.weight = this.left = weight;
  }

  push(waiter: Waiter): void {
    this.#lines[waiter.rank]!.push(waiter);
    this.waiting++;
  }

  remove(waiter: Waiter): void {
    this.#lines[waiter.rank]!.remove(waiter);
    this.waiting--;
  }

  /** The first of the priority whose first is due soonest; of two, the more urgent. */
  next(): Waiter | undefined {
    let next: Waiter | undefined;
    for (const { first } of this.#lines)
      if (first !== null && (next === undefined || first.dueAt < next.dueAt)) next = first;
    return next;
  }
}
