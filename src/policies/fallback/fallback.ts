/** The answer of last resort, and the error when that fails too. */
import type { CallContext, GivenCall } from '../../core/call.ts';
import { HoldfastError } from '../../core/errors.ts';
import { SoloContext } from '../../core/solo-context.ts';

/** Given what went wrong, gives the caller something else. */
export type Fallback<F = unknown> = (error: unknown, context: CallContext) => F | PromiseLike<F>;

/**
 * Ask one level after the other, each at most once, until one answers or nobody waits any more. They stand outside the
 * timeout: their signal follows the caller's alone. Each is given the error the call ended with.
 *
 * throws  FALLBACK_FAILED whose cause is an AggregateError of that error and every level's own, in order
 */
export async function fallBack(
  levels: readonly Fallback[],
  error: unknown,
  pipeline: string,
  given: GivenCall,
  isWaitedFor: () => boolean,
): Promise<unknown> {
  const causes = [error];
  for (const level of levels) {
    try {
      return await level(error, new SoloContext(pipeline, given));
    } catch (own) {
      causes.push(own);
      if (!isWaitedFor()) break;
    }
  }
  throw new HoldfastError(
    'FALLBACK_FAILED',
    `"${pipeline}": the call failed, and so did all ${levels.length} fallbacks`,
    {
      component: pipeline,
      cause: new AggregateError(causes, 'the failure, then those of the fallbacks'),
    },
  );
}
