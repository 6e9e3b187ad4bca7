/** Answers for what is inside, when that fails: a chain of fallbacks, which no timeout inside bounds. */
import { type Fallback, fallBack } from '../fallback/fallback.ts';
import { decide } from './decide.ts';
import { type End, isLost } from './end.ts';
import type { Done, Layer } from './layer.ts';
import type { Scope } from './scope.ts';

export function fallbackLayer(levels: readonly Fallback[]): Layer {
  return (inner) => (outer, done) => {
    const scope = outer.within();
    scope.mayGoOn = true;
    inner(scope, (end) => {
      if (!scope.close()) return;
      if (isLost(end)) decide(end, () => replace(levels, end, outer, done));
      else done(end);
    });
  };
}

function replace(levels: readonly Fallback[], end: End, outer: Scope, done: Done): void {
  if (outer.isOver) return; // the caller left in between
  const scope = outer.within();
  const answer = (given: End): void => {
    const isWaitedFor = scope.close();
    scope.leave();
    if (isWaitedFor) done(given);
  };
  scope.enter();
  void fallBack(levels, end.value, scope.pipeline, scope, () => !scope.isOver).then(
    (value) => answer({ outcome: 'fallback', vote: 'success', value }),
    (failure: unknown) => answer({ ...end, value: failure }),
  );
}
