/** The last so many of something, under a running number: what a late viewer is shown. */
import { nullRecord } from './null-record.ts';
import type { Section } from './readings.ts';

export class Recent<T> {
  readonly #limit: number;
  readonly #items = new Map<number, T>();
  #next = 1;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** From here on the item is frozen: every viewer is shown the same one. */
  add(item: T): void {
    this.#items.set(this.#next, Object.freeze(item));
    this.#items.delete(this.#next - this.#limit);
    this.#next++;
  }

  section(): Section<T> {
    return Object.assign(nullRecord<T>(), Object.fromEntries(this.#items));
  }
}
