/** Goes on with an end: at once, but with a rejection in a microtask. */
import type { End } from './end.ts';

/**
 * By then its caller has had time to attach to its promise (`reject-soon.ts`), or to leave; and those who were called in
 * the same turn have all come in.
 */
export function decide(end: End, goOn: (end: End) => void): void {
  if (end.outcome === 'rejected') queueMicrotask(() => goOn(end));
  else goOn(end);
}
