/**
 * What a layer is: a function of what stands inside it.
 *
 * A `Way` calls `done` exactly once, unless its scope is released before: then nobody waits. It never throws, and it
 * calls `done` synchronously where it can, so that the vote of a breaker comes before the place of its bulkhead is left.
 */
import type { End } from './end.ts';
import type { Scope } from './scope.ts';

export type Done = (end: End) => void;
export type Way = (scope: Scope, done: Done) => void;
export type Layer = (inner: Way) => Way;
