/** The answer of last resort, and the error when that fails too. */
import type { CallContext, GivenCall } from '../../core/call.ts';
import { HoldfastError } from '../../core/errors.ts';
import { SoloContext } from '../../core/solo-context.ts';

/** Given what went wrong, gives the caller something else. */
export type Fallback<F = unknown> = (error: unknown, context: CallContext) => F | PromiseLike<F>;

/**
 * Run the fallback once. It stands outside the timeout: its signal follows the caller's alone.
 *
 * throws  FALLBACK_FAILED whose cause is an AggregateError of the first failure and the fallback's own
 */
export async function fallBack(
  fallback: Fallback,
  error: unknown,
  pipeline: string,
  given: GivenCall,
): Promise<unknown> {
  try {
    return await fallback(error, new SoloContext(pipeline, given));
  } catch (fallbackError) {
    throw new HoldfastError('FALLBACK_FAILED', `"${pipeline}": the call failed, and its fallback failed too`, {
      component: pipeline,
      cause: new AggregateError([error, fallbackError], 'the failure, then that of the fallback'),
    });
  }
}
