/** The innermost: lends the function a resource, calls it, and says what became of it. */
import type { Vote } from '../../core/outcome.ts';
import type { Done, Way } from './layer.ts';
import type { Scope } from './scope.ts';

type ToVote = (error: unknown) => Vote;

/** in  toVote   what an error counts for; never throws */
export function door(toVote: ToVote): Way {
  return (outer, done) => void call(outer.within(), toVote, done);
}

async function call(scope: Scope, toVote: ToVote, done: Done): Promise<void> {
  const { whole, lender } = scope;
  let value: unknown;
  let hasThrown = false;
  scope.enter();
  try {
    if (lender !== undefined) scope.lease = await lender.borrow();
    if (!scope.isReleased) value = await whole.fn(scope);
  } catch (error) {
    value = error;
    hasThrown = true;
  }
  if (scope.lease !== undefined) lender?.giveBack(scope.lease);
  const isInTime = scope.close();
  if (!isInTime) {
    whole.counts.late();
    scope.settleProvider('ignored');
  }
  scope.leave();
  if (!isInTime) return; // and nobody is asked what its error counts for
  if (!hasThrown) {
    scope.settleProvider('success');
    return done({ outcome: 'success', vote: 'success', value });
  }
  const vote = toVote(value);
  scope.settleProvider(vote);
  done({ outcome: vote === 'failure' ? 'failure' : 'ignored', vote, value });
}
