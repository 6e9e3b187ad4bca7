/** The last so many of something, under a running number: what a late viewer is shown. */
import { nullRecord } from './null-record.ts';
import type { Section } from './readings.ts';

export class Recent<T> {
  readonly #limit: number;
  /** A ring: number n is at n modulo the limit. */
  readonly #items: T[] = [];
  #next = 1;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Cheap, because a storm of trips passes here. The item is not to be written any more. */
  add(item: T): void {
    this.#items[this.#next++ % this.#limit] = item;
  }

  /** The oldest first. Frozen: every viewer is shown the same ones. */
  section(): Section<T> {
    const section = nullRecord<T>();
    for (let number = Math.max(1, this.#next - this.#limit); number < this.#next; number++)
      section[number] = Object.freeze(this.#items[number % this.#limit]!);
    return section;
  }
}
