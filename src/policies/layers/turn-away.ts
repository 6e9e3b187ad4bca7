/** Refuses a call, counts it, and answers in a microtask: its caller has had time to attach to its promise by then. */
import type { ErrorCode } from '../../core/errors.ts';
import type { Done } from './layer.ts';
import type { Scope } from './scope.ts';

/** The end votes `ignored`: a breaker further out learns nothing from a call that was not made. */
export function turnAway({ whole }: Scope, code: ErrorCode, error: Error, done: Done): void {
  whole.counts.refused(code);
  queueMicrotask(() => done({ outcome: 'rejected', vote: 'ignored', value: error }));
}
