/**
 * A stream of random numbers that a seed repeats exactly. Not for secrets.
 *
 * source  Chris Doty-Humphrey, PractRand, the generator sfc32
 */

/**
 * in      seed, label   one stream for each pair: a draw from one never shifts another
 * out     a function giving uniform numbers in [0, 1), in steps of 2⁻³²
 */
export function seededRandom(seed: number, label = ''): () => number {
  const name = `${seed}/${label}`;
  let a = mix(name, 0x9e3779b9);
  let b = mix(name, 0x85ebca6b);
  let c = mix(name, 0xc2b2ae35);
  let counter = 1;

  function next(): number {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  }

  for (let round = 0; round < 15; round++) next(); // similar seeds begin alike; fifteen rounds part them
  return next;
}

/** FNV-1a over UTF-16 units, from the basis given. */
function mix(text: string, basis: number): number {
  let hash = basis;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash | 0;
}
