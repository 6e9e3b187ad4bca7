/** Get or create by name: one thing under one name, always with the same options. */
import { invalidOptions } from './core/errors.ts';
import { sameOptions } from './core/same-options.ts';
import { name, parseOptions } from './core/schema.ts';

const nameSchema = name();

export class Registry<T, O> {
  readonly #kind: string;
  readonly #known = new Map<string, { readonly item: T; readonly options: O }>();

  /** in  kind   what the error calls it, e.g. `breaker` */
  constructor(kind: string) {
    this.#kind = kind;
  }

  get size(): number {
    return this.#known.size;
  }

  get(key: string): T | undefined {
    return this.#known.get(key)?.item;
  }

  *[Symbol.iterator](): Generator<[string, T]> {
    for (const [key, { item }] of this.#known) yield [key, item];
  }

  /**
   * in      parse    resolves the options that were given
   *         isGiven  false when none were: then whatever the known one has is meant
   *         make     called once per name
   * throws  INVALID_OPTIONS for a bad name, or for options other than those the name is known with
   */
  getOrCreate(key: string, isGiven: boolean, parse: () => O, make: (options: O) => T): T {
    parseOptions(nameSchema, key, `${this.#kind} name`);
    const known = this.#known.get(key);
    if (known !== undefined && !isGiven) return known.item;
    const options = parse();
    if (known === undefined) {
      const item = make(options);
      this.#known.set(key, { item, options });
      return item;
    }
    if (sameOptions(known.options, options)) return known.item;
    throw invalidOptions(
      `${this.#kind} "${key}"`,
      `the options it was created with, ${shown(known.options)}`,
      new Error(shown(options)),
    );
  }
}

function shown(options: unknown): string {
  return JSON.stringify(options, (_, value: unknown) => (typeof value === 'function' ? 'a function' : value)) ?? 'none';
}
