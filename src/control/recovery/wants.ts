/**
 * Why a task is open: what a person ordered, and everything that was seen and has not gone away. What is done is what
 * the person said, else what the most urgent of the others says.
 */
import type { Order } from './options.ts';
import type { HappeningKind } from './rules.ts';

/** What wants a recovery where no person does: something that was seen, or a call that failed. */
export interface Cause {
  readonly kind: HappeningKind | 'call';
  readonly name: string;
}

export interface Want {
  readonly cause: Cause;
  readonly order: Order;
  /** No rule says how: it is only to be able to come back. */
  readonly isDefault: boolean;
}

/** More than that at a time say nothing new of one service. */
const MAX_WANTS = 16;

export class Wants {
  ordered: Order | undefined;
  readonly #wants = new Map<string, Want>();

  /** The most urgent; of two of the same urgency the one that came first. */
  get first(): Want | undefined {
    let first: Want | undefined;
    for (const want of this.#wants.values()) if (first === undefined || isMoreUrgent(want, first)) first = want;
    return first;
  }

  get order(): Order | undefined {
    return this.ordered ?? this.first?.order;
  }

  get size(): number {
    return this.#wants.size;
  }

  causes(): readonly Cause[] {
    return Array.from(this.#wants.values(), ({ cause }) => cause);
  }

  add(want: Want): void {
    const key = keyOf(want.cause);
    if (this.#wants.size < MAX_WANTS || this.#wants.has(key)) this.#wants.set(key, want);
  }

  /** out  whether it was among them */
  remove(cause: Cause): boolean {
    return this.#wants.delete(keyOf(cause));
  }

  clear(): void {
    this.ordered = undefined;
    this.#wants.clear();
  }
}

/** shape  { kind: 'foreign', name: 'mail' } → 'breaker "mail"' */
export function causeWords({ kind, name }: Cause): string {
  return `${kind === 'foreign' ? 'breaker' : kind} "${name.slice(0, 128)}"`;
}

export function keyOf({ kind, name }: Cause): string {
  return `${kind} ${name}`;
}

function isMoreUrgent(one: Want, other: Want): boolean {
  if (one.isDefault !== other.isDefault) return other.isDefault;
  return one.order.priority < other.order.priority;
}
