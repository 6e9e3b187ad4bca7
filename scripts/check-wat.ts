/**
 * Two instances of the kernel run over one memory, so it must not own any: no data segment, no start function, no
 * mutable global, no memory but the imported shared one. Reads build/kernel.wat; run `npm run build:kernel` before.
 */
import { readFileSync } from 'node:fs';

const wat = readFileSync(new URL('../build/kernel.wat', import.meta.url), 'utf8');
const FORBIDDEN: readonly (readonly [string, RegExp])[] = [
  ['a data segment', /^\s*\(data\b/m],
  ['a start function', /^\s*\(start\b/m],
  ['a mutable global', /\(global\b[^\n]*\(mut\b/],
  ['a memory of its own', /^\s*\(memory\b/m],
];
const found = FORBIDDEN.filter(([, pattern]) => pattern.test(wat)).map(([what]) => what);
if (!/\(import "env" "memory" \(memory \$\d+ \d+ \d+ shared\)\)/.test(wat)) found.push('no imported shared memory');
if (found.length > 0) {
  console.error(`build/kernel.wat: expected a module that owns nothing, found ${found.join(', ')}`);
  process.exitCode = 1;
}
