/** The answer of last resort, and the error when that fails too. */
import type { CallContext } from '../../core/call.ts';
import { HoldfastError } from '../../core/errors.ts';

/** Given what went wrong, gives the caller something else. */
export type Fallback<F = unknown> = (error: unknown, context: CallContext) => F | PromiseLike<F>;

/**
 * Run the fallback once.
 *
 * throws  FALLBACK_FAILED whose cause is an AggregateError of the first failure and the fallback's own
 */
export async function fallBack(fallback: Fallback, error: unknown, context: CallContext): Promise<unknown> {
  try {
    return await fallback(error, context);
  } catch (fallbackError) {
    throw new HoldfastError('FALLBACK_FAILED', `"${context.pipeline}": the call failed, and its fallback failed too`, {
      component: context.pipeline,
      cause: new AggregateError([error, fallbackError], 'the failure, then that of the fallback'),
    });
  }
}
