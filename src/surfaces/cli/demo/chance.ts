/**
 * Chance that can be asked again: the n-th number of a seed is always the same, whoever asks and in what order.
 *
 * Not `Env.random`: two processes share the demo's script, and a request's fate may not depend on its neighbours.
 */

/**
 * in      seed, n   integers
 * out     uniform in [0, 1)
 * source  Appleby, MurmurHash3 (2011), the 32-bit finalizer; n is spread by the golden ratio first
 */
export function chance(seed: number, n: number): number {
  let bits = (seed ^ Math.imul(n + 1, 0x9e3779b9)) >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}
