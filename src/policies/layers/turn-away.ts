/** Refuses a call, and counts it. */
import type { ErrorCode } from '../../core/errors.ts';
import type { Done } from './layer.ts';
import type { Scope } from './scope.ts';

/** The end votes `ignored`: a breaker further out learns nothing from a call that was not made. */
export function turnAway({ whole }: Scope, code: ErrorCode, error: Error, done: Done): void {
  whole.counts.refused(code);
  done({ outcome: 'rejected', vote: 'ignored', value: error });
}
