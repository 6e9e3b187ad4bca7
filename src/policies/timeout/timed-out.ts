/** The error of a call whose time was up. */
import { HoldfastError } from '../../core/errors.ts';
import { withoutStack } from '../../core/without-stack.ts';

const make = (pipeline: string, timeoutMs: number): HoldfastError =>
  new HoldfastError('TIMEOUT', `"${pipeline}": expected a result within ${timeoutMs} ms, received none`, {
    component: pipeline,
  });

/** A new error, without a stack. */
export function timedOut(pipeline: string, timeoutMs: number): Error {
  return withoutStack(make, pipeline, timeoutMs, undefined);
}
