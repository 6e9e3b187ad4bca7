/**
 * One call's stay in a bulkhead: it waits, has a place, perhaps a resource, and leaves exactly once, however it ends.
 *
 * Written by the corridor. A released call's function may run on: its place stays taken until it settles, or until it
 * has had long enough, and then its resource is nobody else's any more.
 */
import type { GivenCall } from '../../core/call.ts';
import type { Abandoned } from './abandoned.ts';
import type { Bulkhead } from './bulkhead.ts';
import type { Lease } from './lease.ts';
import type { ResourcePool } from './pool.ts';
import type { Waiter } from './waiter.ts';

export class Stay {
  readonly #bulkhead: Bulkhead;
  #waiter: Waiter | undefined = undefined;
  #abandoned: Abandoned | undefined = undefined;
  /** What its functions hold: one each, and several functions where a retry stands inside the bulkhead. */
  #leases: readonly Lease[] | undefined = undefined;
  #isInside = false;

  constructor(bulkhead: Bulkhead) {
    this.#bulkhead = bulkhead;
  }

  get resource(): unknown {
    return this.#leases?.at(-1)?.resource;
  }

  get isWaiting(): boolean {
    return this.#waiter?.isWaiting ?? false;
  }

  /** Take a free place. out  false when there is none */
  enter(): boolean {
    this.#isInside = this.#bulkhead.tryEnter();
    return this.#isInside;
  }

  /** Wait for a place. out  false when even the queue is full; then neither function is called */
  wait({ tenant, priority }: GivenCall, onAdmitted: () => void, onWaitedInVain: () => void): boolean {
    this.#waiter = this.#bulkhead.wait({
      tenant,
      priority,
      onAdmitted: () => {
        this.#isInside = true;
        onAdmitted();
      },
      onWaitedInVain,
    });
    return this.#waiter !== undefined;
  }

  /** The caller left, or its time is up. out  true when it was still waiting: it never comes in */
  giveUp(): boolean {
    if (this.#waiter !== undefined && this.#bulkhead.cancel(this.#waiter)) return true;
    if (this.#isInside)
      this.#abandoned = this.#bulkhead.abandon(() => this.#leases?.forEach((lease) => lease.discard()));
    return false;
  }

  async borrow(pool: ResourcePool): Promise<Lease> {
    const lease = await pool.acquire();
    this.#leases = [...(this.#leases ?? []), lease];
    return lease;
  }

  /** One function of several has settled. */
  giveBack(lease: Lease): void {
    this.#leases = this.#leases?.filter((held) => held !== lease);
    lease.release();
  }

  /** The function settled, or never ran. */
  leave(): void {
    this.#isInside = false;
    this.#leases?.forEach((lease) => lease.release());
    if (this.#abandoned === undefined) this.#bulkhead.leave();
    else this.#abandoned.settle();
  }
}
