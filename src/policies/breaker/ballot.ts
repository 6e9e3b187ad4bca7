/**
 * What a breaker is told of a call that threw.
 *
 * A call that a bulkhead or a rate limit further in turned away never reached the dependency: it is no evidence. The
 * call itself has failed all the same, so retry and fallback go by the vote, and only the breaker by this.
 */
import { type ErrorCode, isHoldfastError } from '../../core/errors.ts';
import type { Vote } from '../../core/outcome.ts';

const TURNED_AWAY: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['BULKHEAD_FULL', 'RATE_LIMITED']);

/** in  vote   what the error counts for, by the application's word or by default */
export function ballot(vote: Vote, error: unknown): Vote {
  return isHoldfastError(error) && TURNED_AWAY.has(error.code) ? 'ignored' : vote;
}
