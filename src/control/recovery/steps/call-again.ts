/** A step: call a function of the application. */
import { invalidOptions } from '../../../core/errors.ts';
import type { RecoveryStep } from '../step.ts';

export interface CallAgainContext {
  readonly service: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** in  fn   what it throws or rejects with fails the attempt.   throws  INVALID_OPTIONS */
export function callAgain(fn: (context: CallAgainContext) => unknown): RecoveryStep {
  if (typeof fn !== 'function') throw invalidOptions('step.callAgain', 'a function (context) => unknown', fn);
  return { name: 'callAgain', run: ({ service, attempt, signal }) => fn({ service, attempt, signal }) };
}
