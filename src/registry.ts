/** Get or create by name: one thing under one name, always with the same options, and never without end. */
import { describe } from './core/describe.ts';
import { HoldfastError, InvalidOptionsError } from './core/errors.ts';
import { type OptionDifference, optionDifferences } from './core/option-differences.ts';
import { name, parseOptions } from './core/schema.ts';

const nameSchema = name();

export interface RegistryLimit {
  /** The option that sets it, e.g. `capacity.pipelines`. */
  readonly option: string;
  readonly size: number;
}

export class Registry<T, O> {
  readonly #kind: string;
  readonly #limit: RegistryLimit | undefined;
  readonly #known = new Map<string, { readonly item: T; options: O }>();

  /**
   * in      kind    what the error calls it, e.g. `breaker`
   *         limit   may be left out where the things themselves need room that ends
   */
  constructor(kind: string, limit?: RegistryLimit) {
    this.#kind = kind;
    this.#limit = limit;
  }

  get size(): number {
    return this.#known.size;
  }

  get(key: string): T | undefined {
    return this.#known.get(key)?.item;
  }

  /** The options it goes by; undefined for a name there is not. */
  optionsOf(key: string): O | undefined {
    return this.#known.get(key)?.options;
  }

  /** From here on it is known with these. */
  reconfigured(key: string, options: O): void {
    this.#known.get(key)!.options = options;
  }

  *[Symbol.iterator](): Generator<[string, T]> {
    for (const [key, { item }] of this.#known) yield [key, item];
  }

  /**
   * in      parse    resolves the options that were given
   *         isGiven  false when none were: then whatever the known one has is meant
   *         make     called once per name
   * throws  INVALID_OPTIONS for a bad name, or for options other than those the name is known with
   *         · CAPACITY_EXHAUSTED naming the option, before anything is made
   */
  getOrCreate(key: string, isGiven: boolean, parse: () => O, make: (options: O) => T): T {
    parseOptions(nameSchema, key, `${this.#kind} name`);
    const known = this.#known.get(key);
    if (known !== undefined && !isGiven) return known.item;
    const options = parse();
    if (known === undefined) {
      this.#checkRoom();
      const item = make(options);
      this.#known.set(key, { item, options });
      return item;
    }
    const differences = [...optionDifferences(known.options, options)];
    if (differences.length > 0) throw differ(`${this.#kind} "${key}"`, differences);
    return known.item;
  }

  #checkRoom(): void {
    if (this.#limit === undefined || this.#known.size < this.#limit.size) return;
    const { option, size } = this.#limit;
    const message = `${option}: expected at most ${size} ${this.#kind}s, received one more; raise it when the runtime is created`;
    throw new HoldfastError('CAPACITY_EXHAUSTED', message, { component: option });
  }
}

/** shape  'breaker "payments".openMs: expected 1000 as it was created with, received 2000' */
function differ(path: string, differences: readonly OptionDifference[]): InvalidOptionsError {
  const sentences = differences.map(({ path: option, known, given }) =>
    typeof known === 'function' && typeof given === 'function'
      ? `${path}${option}: expected the function it was created with, received another`
      : `${path}${option}: expected ${describe(known)} as it was created with, received ${describe(given)}`,
  );
  return new InvalidOptionsError(path, sentences.join('; '));
}
