/** One step of the recovery's statechart, without an actor: the writer of a task's state. */
import type { RecoveryEvent, RecoveryState } from '../src/core/recovery-state.ts';
import { recoveryMachine } from './recovery.machine.ts';

/** out  the state it leads to; undefined where the chart has no such edge */
export function stepRecovery(from: RecoveryState, event: RecoveryEvent): RecoveryState | undefined {
  const [edge] = recoveryMachine.root.states[from].transitions.get(event) ?? [];
  return edge?.target?.[0]?.key as RecoveryState | undefined;
}
