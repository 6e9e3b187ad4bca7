/**
 * What a breaker is told of a call that threw.
 *
 * A call that a bulkhead or a rate limit further in turned away never reached the dependency: it is no evidence. The
 * call itself has failed all the same, so retry and fallback go by the vote, and only the breaker by this.
 */
import { isHoldfastError } from '../../core/errors.ts';
import type { Vote } from '../../core/outcome.ts';

/**
 * in  vote   what the error counts for, by the application's word or by default
 *     kind   the error's (`error-kind.ts`): looked at first, as most errors are not ours
 */
export function ballot(vote: Vote, kind: string, error: unknown): Vote {
  const isTurnedAway = kind === 'BULKHEAD_FULL' || kind === 'RATE_LIMITED';
  return isTurnedAway && isHoldfastError(error) ? 'ignored' : vote;
}
