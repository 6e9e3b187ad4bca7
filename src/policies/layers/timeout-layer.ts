/** Bounds the time of what is inside: releases it when the time is up, and answers in its stead. */
import type { Env } from '../../core/env.ts';
import type { DeadlineList } from '../../hotpath/deadline-list.ts';
import { Deadline } from './deadline.ts';
import { timeoutEnd } from './end.ts';
import type { Layer } from './layer.ts';

/** in  listNow   the list of the time that is in force when it is asked */
export function timeoutLayer(listNow: () => DeadlineList, env: Env): Layer {
  return (inner) => (outer, done) => {
    const list = listNow();
    const scope = outer.within();
    const deadline = new Deadline(() => {
      const end = timeoutEnd(outer.pipeline, list.durationMs);
      scope.release(end.value, 'overdue');
      done(end);
    });
    list.add(deadline, env.now());
    scope.deadlineAt = Math.min(outer.deadlineAt, deadline.deadlineAt);
    scope.onReleased = () => list.remove(deadline);
    inner(scope, (end) => {
      if (!scope.close()) return;
      list.remove(deadline);
      done(end);
    });
  };
}
