import { createHash } from 'node:crypto';

/**
 * What options come to: the same for the same options in whatever order, in this process or a later one.
 *
 * A function counts as being there: what it does cannot be compared.
 *
 * shape  optionsHash({ openMs: 5_000 }) → 16 hexadecimal digits
 */
export function optionsHash(options: object): string {
  return createHash('sha256').update(JSON.stringify(options, canonical)).digest('hex').slice(0, 16);
}

function canonical(_key: string, value: unknown): unknown {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
