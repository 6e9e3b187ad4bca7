/**
 * Why a task is open: what a person ordered, and everything that was seen and has not gone away. What is done is what
 * the person said, else what the most urgent rule says, else what a call that failed wants, else the probing that nobody
 * said; and it is as urgent as the most urgent of them.
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

  /** What is to be done; undefined when nothing wants it any more. */
  get plan(): Order | undefined {
    return this.ordered ?? this.first?.order;
  }

  /** Of all of them the least, which is the most urgent; of a person's order its own. */
  get priority(): number {
    const priorities = Array.from(this.#wants.values(), ({ order }) => order.priority);
    return this.ordered?.priority ?? Math.min(...priorities);
  }

  all(): readonly Want[] {
    return Array.from(this.#wants.values());
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
  const [first, second] = [rankOf(one), rankOf(other)];
  return first === second ? one.order.priority < other.order.priority : first < second;
}

/** A call that failed says that something is to be done, a rule says what. */
function rankOf({ cause, isDefault }: Want): number {
  if (isDefault) return 2;
  return cause.kind === 'call' ? 1 : 0;
}
