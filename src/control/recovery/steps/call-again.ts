/** A step: call a function of the application. */
import type { RecoveryStep } from '../step.ts';

export interface CallAgainContext {
  readonly service: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** in  fn   what it throws or rejects with fails the attempt; `name` is what errors call it */
export function callAgain(fn: (context: CallAgainContext) => unknown, name = 'callAgain'): RecoveryStep {
  return { name, run: ({ service, attempt, signal }) => fn({ service, attempt, signal }) };
}
