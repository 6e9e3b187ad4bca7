/** What kept a store's thread from doing what it was asked, as a value that gets through a port. */
import { describe } from '../../core/describe.ts';

export type FailureKind =
  | 'busy' // another connection holds the lock
  | 'full'
  | 'readOnly'
  | 'io'
  | 'corrupt' // a broken page, or no database at all
  | 'cannotOpen' // no such folder, a folder in its place, or no leave
  | 'missing' // somebody took the file away
  | 'wal' // a foreign reader keeps the write-ahead log from being cut back
  | 'locked' // another process is its writer
  | 'newer' // its schema is of a later version of this package
  | 'foreign' // a database, but none of ours
  | 'tooMuch' // the answer would be larger than what one may be
  | 'other';

export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
}

/** Thrown within the thread for what SQLite has no code for. */
export class StoreFailure extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** By SQLite's primary result code: https://sqlite.org/rescode.html (2026-11-21). */
const KINDS: Readonly<Record<number, FailureKind>> = {
  5: 'busy',
  6: 'busy',
  8: 'readOnly',
  10: 'io',
  11: 'corrupt',
  13: 'full',
  14: 'cannotOpen',
  26: 'corrupt',
};
const PRIMARY = 0xff;

/** shape  (an error with errcode 2067) → { kind: 'other', … };   (one with 778) → { kind: 'io', … } */
export function failureOf(error: unknown): Failure {
  if (error instanceof StoreFailure) return { kind: error.kind, message: error.message };
  const { errcode } = error as { readonly errcode?: unknown };
  const kind = typeof errcode === 'number' ? KINDS[errcode & PRIMARY] : undefined;
  return { kind: kind ?? 'other', message: describe(error) };
}
