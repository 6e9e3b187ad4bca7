/** Turns what a function threw into a vote, whatever the application's classifier does. */
import { disown } from '../core/disown.ts';
import { isVote, type Vote } from '../core/outcome.ts';

export type Classify = (error: unknown) => Vote;

/** out  a classifier that never throws: one that did, or gave no vote, is reported and counts as `failure` */
export function voter(classify: Classify | undefined, onFailure: (error: unknown) => void): Classify {
  if (classify === undefined) return () => 'failure';
  return (error) => {
    try {
      const vote: unknown = classify(error);
      if (isVote(vote)) return vote;
      disown(vote); // an async classifier is a mistake, not an unhandled rejection
      onFailure(new TypeError('expected "success", "failure" or "ignored"'));
    } catch (thrown) {
      onFailure(thrown);
    }
    return 'failure';
  };
}
