import { crc32 } from 'node:zlib';
import type { SqlValue } from '../../core/env.ts';

/**
 * What a row's values come to. SQLite finds a page that makes no sense; a bit that flips inside of a value it does not.
 *
 * shape  ([1, 'payments', null]) → 2885237163, whichever way the numbers went through the file
 */
export function checksumOf(values: readonly SqlValue[]): number {
  return crc32(JSON.stringify(values));
}
