/** How long a courier leaves alone whom it could not deliver to. */
import { retryAfterOf } from './retry-after.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** However long the other side asks us to stay away. */
const LONGEST_RETRY_AFTER_MS = 600_000;

/**
 * in      failures   in a row, at least 1;   chance   uniform in [0, 1);   error   the last one's
 * out     milliseconds; twice as long each time, and never before what the error asks for
 * shape   (1, 0, new Error()) → 1,000;   (3, 0.5, new Error()) → 3,600;   (99, 0, new Error()) → 60,000
 */
export function pauseAfter(failures: number, chance: number, error: unknown): number {
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS) * (1 - 0.2 * chance);
  return Math.max(pauseMs, Math.min(retryAfterOf(error), LONGEST_RETRY_AFTER_MS));
}
