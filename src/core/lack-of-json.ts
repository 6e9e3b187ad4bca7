/** Why a value would not come back from JSON as it is. Pure. */
import { describe } from './describe.ts';

const MAX_DEPTH = 64;
const MAX_VALUES = 65_536;

/**
 * in   path   what the value is called
 * out  undefined for what JSON has words for: null, booleans, finite numbers, strings, arrays and plain objects of them
 * shape  ({ a: [new Map()] }, 'state') → 'state.a.0: expected what JSON has a word for, received an object of Map'
 */
export function lackOfJson(value: unknown, path: string): string | undefined {
  let values = 0;
  const look = (each: unknown, at: string, depth: number): string | undefined => {
    if (++values > MAX_VALUES) return `${path}: expected at most ${MAX_VALUES} values, received more`;
    if (each === null || typeof each === 'string' || typeof each === 'boolean' || Number.isFinite(each))
      return undefined;
    if (typeof each !== 'object') return `${at}: expected what JSON has a word for, received ${describe(each)}`;
    if (depth === MAX_DEPTH) return `${path}: expected at most ${MAX_DEPTH} levels, received more`;
    if (!Array.isArray(each) && !isPlain(each))
      return `${at}: expected what JSON has a word for, received an object of ${nameOf(each)}`;
    for (const [key, below] of Object.entries(each)) {
      if (below === undefined && !Array.isArray(each)) continue; // as if it were not there
      const lack = look(below, `${at}.${key.slice(0, 64)}`, depth + 1);
      if (lack !== undefined) return lack;
    }
    return undefined;
  };
  return look(value, path, 0);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function nameOf(value: object): string {
  const { constructor } = value as { readonly constructor?: { readonly name?: unknown } };
  return typeof constructor?.name === 'string' ? constructor.name.slice(0, 64) : 'no class';
}
