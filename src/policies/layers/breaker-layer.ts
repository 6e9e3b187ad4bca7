/** Admits what is inside, and lets its end count. The permit goes back exactly once, however the call ends. */
import type { Env } from '../../core/env.ts';
import { errorKind } from '../../core/error-kind.ts';
import type { Vote } from '../../core/outcome.ts';
import { retryAfterOf } from '../../core/retry-after.ts';
import { ballot } from '../breaker/ballot.ts';
import { breakerOpen } from '../breaker/rejection.ts';
import { type BreakerSlot, REJECTED } from '../breaker/slot.ts';
import type { Layer } from './layer.ts';
import type { Why } from './scope.ts';
import { turnAway } from './turn-away.ts';

/** in  slotFor   a tenant's row; the same for all where the breaker is not keyed */
export function breakerLayer(slotFor: (tenant: string | undefined) => BreakerSlot, env: Env): Layer {
  return (inner) => (outer, done) => {
    const name = outer.pipeline;
    const startedAt = env.now();
    const slot = slotFor(outer.tenant);
    const permit = slot.admit();
    if (permit === REJECTED)
      return turnAway(outer, 'BREAKER_OPEN', breakerOpen(name, slot.state, slot.rejectedForMs), done);
    if (outer.isOver) return slot.settle(permit, 'ignored', startedAt); // its caller left while this told of a transition

    const scope = outer.within();
    const settle = (vote: Vote, retryAfterMs = 0, failure?: string): void =>
      slot.settle(permit, vote, startedAt, retryAfterMs, failure);
    scope.refuses = () => (slot.stillAdmits(permit) ? undefined : breakerOpen(name, slot.state, slot.retryAfterMs()));
    /** Who left while a function runs keeps the permit until it settles; whose time is up has seen a failure. */
    scope.onReleased = (why: Why) => {
      if (why === 'overdue' && !scope.isAtRest) settle('failure', 0, 'TIMEOUT');
      else scope.whenAtRest(() => settle('ignored'));
    };
    scope.vote = ({ vote, value }) => {
      scope.vote = undefined;
      if (vote !== 'failure') return settle(vote);
      const kind = errorKind(value);
      settle(ballot(vote, kind, value), retryAfterOf(value), kind);
    };
    inner(scope, (end) => {
      if (!scope.close()) return;
      scope.vote?.(end);
      done(end);
    });
  };
}
