/** A failure of the store's thread as an error of ours. */
import { type ErrorCode, HoldfastError } from '../../core/errors.ts';
import type { Failure, FailureKind } from './failure.ts';

const CODES: Partial<Readonly<Record<FailureKind, ErrorCode>>> = {
  newer: 'STORE_NEWER',
  locked: 'STORE_LOCKED',
  tooMuch: 'CAPACITY_EXHAUSTED',
};

/** Mistakes that waiting does not mend: a start that meets one fails. */
const FINAL: ReadonlySet<FailureKind> = new Set(['newer', 'locked', 'foreign', 'cannotOpen']);

export class StoreError extends HoldfastError {
  readonly kind: FailureKind;
  readonly #failure: Failure;

  constructor(failure: Failure, path?: string) {
    const where = path === undefined ? '' : ` ${JSON.stringify(path)}`;
    super(CODES[failure.kind] ?? 'STORE_UNAVAILABLE', `store${where}: ${failure.message}`, { component: 'store' });
    this.kind = failure.kind;
    this.#failure = failure;
  }

  /** The same, with the path: for whoever gave it, not for what others are shown. */
  at(path: string): StoreError {
    return new StoreError(this.#failure, path);
  }

  /** Whether a runtime that is just starting should say so and end. */
  get isFinal(): boolean {
    return FINAL.has(this.kind);
  }
}

/** Asked for something that needs the file while it cannot be used. */
export function storeDown(): HoldfastError {
  return new HoldfastError('STORE_UNAVAILABLE', 'store: expected a file that can be used, received none for now', {
    component: 'store',
  });
}
