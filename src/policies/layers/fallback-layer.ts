/** Answers for what is inside, when that fails: the chain of fallbacks, which no timeout inside bounds. */
import { type Fallback, fallBack } from '../fallback/fallback.ts';
import { type End, isLost } from './end.ts';
import type { Done, Layer } from './layer.ts';
import type { Scope } from './scope.ts';

export function fallbackLayer(levels: readonly Fallback[]): Layer {
  return (inner) => (outer, done) => {
    const scope = outer.within();
    inner(scope, (end) => {
      if (!scope.close()) return;
      if (isLost(end)) replace(levels, end, outer.within(), done);
      else done(end);
    });
  };
}

function replace(levels: readonly Fallback[], end: End, scope: Scope, done: Done): void {
  scope.enter();
  const answer = (given: End): void => {
    const isWaitedFor = scope.close();
    scope.leave();
    if (isWaitedFor) done(given);
  };
  const ask = (): unknown => (scope.isReleased ? undefined : fallBack(levels, end.value, scope.pipeline, scope));
  void Promise.resolve()
    .then(ask) // when those inside have left their places: a fallback may want one
    .then(
      (value) => answer({ outcome: 'fallback', vote: 'success', value }),
      (failure: unknown) => answer({ ...end, value: failure }),
    );
}
