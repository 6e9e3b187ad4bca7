/**
 * Lets so many in at the same time. A place is kept until the last function inside has settled, or has had long enough;
 * a pool's resource is borrowed at the door, so that the time it takes counts for the timeouts inside.
 */
import type { Bulkhead } from '../bulkhead/bulkhead.ts';
import type { ResourcePool } from '../bulkhead/pool.ts';
import { bulkheadFull } from '../bulkhead/rejection.ts';
import { Stay } from '../bulkhead/stay.ts';
import type { Layer } from './layer.ts';
import { turnAway } from './turn-away.ts';

export function bulkheadLayer(bulkhead: Bulkhead, pool: ResourcePool | undefined): Layer {
  return (inner) => (outer, done) => {
    const stay = new Stay(bulkhead);
    const scope = outer.within();
    if (pool !== undefined)
      scope.lender = { borrow: () => stay.borrow(pool), giveBack: (lease) => stay.giveBack(lease) };

    const run = (): void =>
      inner(scope, (end) => {
        if (!scope.close()) return;
        if (!scope.isAtRest) stay.giveUp(); // a timeout inside has answered for a function that still runs
        outer.voteOn(end); // before the place is left: who comes in next must find the breaker open
        scope.whenAtRest(() => stay.leave());
        done(end);
      });
    const noRoom = (): void => {
      if (scope.close()) turnAway(outer, 'BULKHEAD_FULL', bulkheadFull(outer.pipeline, bulkhead.reading()), done);
    };
    /** It has a place now; but a breaker around may have opened while it waited. */
    const admitted = (): void => {
      const error = outer.refusal();
      if (error === undefined) return run();
      scope.close();
      stay.leave();
      turnAway(outer, 'BREAKER_OPEN', error, done);
    };

    scope.onReleased = () => {
      const hasWaited = stay.giveUp();
      if (!hasWaited) scope.whenAtRest(() => stay.leave());
    };
    if (stay.enter()) run();
    else if (!stay.wait(outer, admitted, noRoom)) noRoom();
  };
}
