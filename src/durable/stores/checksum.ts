import { crc32 } from 'node:zlib';
import type { SqlValue } from '../../core/env.ts';

/**
 * What a row's values come to. SQLite finds a page that makes no sense; a bit that flips inside of a value it does not.
 *
 * shape  ([1, 'payments', null]) → 2885237163, whichever way the numbers went through the file
 */
export function checksumOf(values: readonly SqlValue[]): number {
  const text = JSON.stringify(values);
  return crc32(text.includes(HALF_A_PAIR) ? JSON.stringify(values.map(asStored)) : text);
}

/** How JSON writes half of a surrogate pair, which UTF-8 has no bytes for: the file has U+FFFD in its place. */
const HALF_A_PAIR = String.raw`\ud`;

function asStored(value: SqlValue): SqlValue {
  return typeof value === 'string' ? value.toWellFormed() : value;
}
