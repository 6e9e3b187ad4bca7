/** What must be true of a bulkhead, by the plainest means: sets of calls. A difference is a line in `broken`. */
import type { Priority } from '../../src/core/priority.ts';
import type { Abandoned } from '../../src/policies/bulkhead/abandoned.ts';
import type { BulkheadOptions } from '../../src/policies/bulkhead/options.ts';
import type { Waiter } from '../../src/policies/bulkhead/waiter.ts';
import { type BulkheadRig, bulkheadRig } from './bulkhead-rig.ts';

export class BulkheadModel {
  readonly broken: string[] = [];
  readonly #rig: BulkheadRig;
  readonly #maxQueued: number;
  #limit: number;
  #active = 0;
  #calls = 0;
  #rejected = 0;
  /** By call, in the order they began: those that hold a place, those that wait, those abandoned, those taken back. */
  readonly #running = new Set<number>();
  readonly #waiting = new Map<number, Waiter>();
  readonly #abandoned = new Map<number, Abandoned>();
  readonly #zombies = new Map<number, Abandoned>();

  constructor(options: BulkheadOptions & { readonly maxQueued: number }) {
    this.#rig = bulkheadRig(options);
    this.#maxQueued = options.maxQueued;
    this.#limit = options.maxConcurrent;
  }

  come(priority: Priority, tenant: string): void {
    const call = this.#calls++;
    if (this.#rig.bulkhead.tryEnter()) return void this.#running.add(call);
    const waiter = this.#rig.wait('', {
      tenant,
      priority,
      onAdmitted: () => {
        if (!this.#waiting.delete(call)) this.#break('K4: admitted twice, or after it was cancelled or too late');
        this.#running.add(call);
      },
      onWaitedInVain: () => {
        if (!this.#waiting.delete(call)) this.#break('K4: told twice that it was too late, or after it was admitted');
        this.#rejected++;
      },
    });
    if (waiter === undefined) this.#rejected++;
    else this.#waiting.set(call, waiter);
  }

  leave(which: number): void {
    const call = pick(this.#running.keys(), which);
    if (call === undefined) return;
    this.#running.delete(call);
    this.#rig.bulkhead.leave();
  }

  cancel(which: number): void {
    const entry = pick(this.#waiting, which);
    if (entry === undefined) return;
    this.#waiting.delete(entry[0]);
    if (!this.#rig.bulkhead.cancel(entry[1])) this.#break('K4: a waiter could not leave');
    if (this.#rig.bulkhead.cancel(entry[1])) this.#break('K4: a waiter left twice');
  }

  abandon(which: number): void {
    const call = pick(this.#running.keys(), which);
    if (call === undefined) return;
    this.#running.delete(call);
    const abandoned = this.#rig.bulkhead.abandon(() => {
      this.#abandoned.delete(call);
      this.#zombies.set(call, abandoned);
    });
    this.#abandoned.set(call, abandoned);
  }

  settle(which: number): void {
    const entry = pick([...this.#abandoned, ...this.#zombies], which);
    if (entry === undefined) return;
    this.#abandoned.delete(entry[0]);
    this.#zombies.delete(entry[0]);
    entry[1].settle();
  }

  resize(limit: number): void {
    this.#limit = limit;
    this.#rig.bulkhead.resize(limit);
  }

  pass(ms: number): void {
    this.#rig.env.advance(ms);
  }

  /** After each step. */
  check(): void {
    const { active, queued, zombies, rejected } = this.#rig.bulkhead.reading();
    // A limit that was lowered is exceeded by those who were there before, and by nobody else.
    if (active > Math.max(this.#limit, this.#active)) this.#break(`K1: ${active} of ${this.#limit} places`);
    if (queued > this.#maxQueued) this.#break(`K1: ${queued} of ${this.#maxQueued} wait`);
    if (active !== this.#running.size + this.#abandoned.size) this.#break(`K2: ${active} places are taken`);
    if (queued > 0 && active < this.#limit) this.#break(`K3: ${queued} wait beside a free place`);
    if (queued !== this.#waiting.size) this.#break(`K4: ${queued} wait`);
    if (zombies !== this.#zombies.size) this.#break(`K4: ${zombies} zombies`);
    if (rejected !== this.#rejected) this.#break(`K4: ${rejected} rejected`);
    this.#active = active;
  }

  /** Let everyone finish. */
  drain(): void {
    while (this.#running.size + this.#abandoned.size + this.#zombies.size > 0) {
      this.leave(0);
      this.settle(0);
    }
    this.pass(0);
    const { active, queued } = this.#rig.bulkhead.reading();
    if (active + queued > 0) this.#break(`K2: ${active} places are taken and ${queued} wait at the end`);
    if (this.#rig.env.pendingTimers > 0) this.#break('a timer is left');
  }

  #break(what: string): void {
    this.broken.push(what);
  }
}

function pick<T>(from: Iterable<T>, which: number): T | undefined {
  const all = [...from];
  return all[which % all.length];
}
