/**
 * Bounds the time of the whole, from when the call first comes here until its caller has an answer.
 *
 * While something runs inside, it ends that, as a timeout does: who stands further out may still answer. What is done
 * about it afterwards, a fallback's work, is bounded too: then the call itself is over. One of these in a pipeline.
 */
import type { Env } from '../../core/env.ts';
import type { DeadlineList } from '../../hotpath/deadline-list.ts';
import { Deadline } from './deadline.ts';
import { timeoutEnd } from './end.ts';
import type { Layer } from './layer.ts';
import type { Whole } from './scope.ts';

export function totalTimeoutLayer(list: DeadlineList, env: Env): Layer {
  return (inner) => (outer, done) => {
    const { whole } = outer;
    if (whole.deadlineAt === Infinity) begin(whole, list, env); // else a retry around comes here again
    const scope = outer.within();
    whole.cutShort = (end) => {
      scope.release(end.value, 'overdue');
      done(end);
    };
    scope.onReleased = () => (whole.cutShort = undefined);
    inner(scope, (end) => {
      if (!scope.close()) return;
      whole.cutShort = undefined;
      done(end);
    });
  };
}

function begin(whole: Whole, list: DeadlineList, env: Env): void {
  const deadline = new Deadline(() => {
    const end = timeoutEnd(whole.name, list.durationMs);
    if (whole.cutShort === undefined) whole.cut(end);
    else whole.cutShort(end);
  });
  list.add(deadline, env.now());
  whole.deadlineAt = deadline.deadlineAt;
  whole.whenAnswered = () => list.remove(deadline);
}
