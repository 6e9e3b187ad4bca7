/** The supervised actor that follows a service's recovery. It is started, and restarted, from what the task says. */
import type { RecoveryState } from '../src/core/recovery-state.ts';
import { recoveryMachine } from './recovery.machine.ts';
import type { ChildSpec } from './supervisor/child-spec.ts';

export interface FollowedRecovery {
  readonly state: RecoveryState;
}

/** in  id   unique in its group: a service's name may be as long as an id, so it is not always the name */
export function recoveryChild(id: string, service: string, followed: FollowedRecovery): ChildSpec {
  const input = { service };
  return {
    id,
    logic: recoveryMachine,
    input,
    snapshot: () => recoveryMachine.resolveState({ value: followed.state, context: input }),
  };
}
