/** The supervised actor that follows a named breaker. It is started, and restarted, from what the slot says. */
import type { BreakerState } from '../src/core/breaker-state.ts';
import { breakerMachine } from './breaker.machine.ts';
import type { ChildSpec } from './supervisor/child-spec.ts';

export interface FollowedBreaker {
  readonly state: BreakerState;
  expireOpening(): void;
  expireProbes(): void;
}

export function breakerChild(breaker: string, followed: FollowedBreaker): ChildSpec {
  const input = {
    breaker,
    expireOpening: () => followed.expireOpening(),
    expireProbes: () => followed.expireProbes(),
  };
  return {
    id: breaker,
    logic: breakerMachine,
    input,
    snapshot: () => breakerMachine.resolveState({ value: followed.state, context: input }),
  };
}
