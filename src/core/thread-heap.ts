/**
 * The heap a thread may have, so that one that eats memory dies of it alone.
 *
 * At the bound Node gives the thread a little more, in which to end it. What is young and lives is moved into the old
 * generation in one go, and where that does not fit, V8 ends the process: with the young generation Node chooses, 192 MB
 * on a machine with 24 GiB, it did so in 21 of 100 threads, with one of 16 MB in none of 60 (24.21.0, 2026-11-30).
 */
import type { ResourceLimits } from 'node:worker_threads';

const YOUNG_MB = 16;

export function threadHeap(maxOldGenerationSizeMb: number): ResourceLimits {
  return { maxOldGenerationSizeMb, maxYoungGenerationSizeMb: YOUNG_MB };
}
