/** One step of the alert's statechart, without an actor: the writer of an alert's state. */
import type { AlertEvent, AlertState } from '../src/core/alert-state.ts';
import { alertMachine } from './alert.machine.ts';

/** out  the state it leads to; undefined where the chart has no such edge */
export function stepAlert(from: AlertState, event: AlertEvent): AlertState | undefined {
  const [edge] = alertMachine.root.states[from].transitions.get(event) ?? [];
  return edge?.target?.[0]?.key as AlertState | undefined;
}
