/**
 * The statechart of one alert: the one definition of which states there are and what leads to the next.
 *
 * It is read by `step-alert.ts`, which is the only writer of an alert's state, and drawn; no actor runs on it. An alert
 * does nothing by itself: `src/control/alerts/alerts.ts`, which is supervised, decides about all of them.
 */
import { setup } from 'xstate';
import type { AlertEvent } from '../src/core/alert-state.ts';

export interface AlertInput {
  readonly alert: string;
}

export type AlertActorEvent = { readonly type: AlertEvent } | { readonly type: 'supervisor.shutdown' };

export const alertMachine = setup({
  types: {} as { context: AlertInput; input: AlertInput; events: AlertActorEvent },
}).createMachine({
  id: 'alert',
  initial: 'pending',
  options: { maxIterations: 100 }, // it has no eventless edge: any loop is a mistake
  context: ({ input }) => input,
  on: { 'supervisor.shutdown': '.stopped' },
  states: {
    pending: { on: { fire: 'firing', mute: 'silenced', clear: 'resolved' } },
    firing: { on: { acknowledge: 'acknowledged', mute: 'silenced', clear: 'resolved' } },
    acknowledged: { on: { clear: 'resolved' } },
    silenced: { on: { unmute: 'firing', acknowledge: 'acknowledged', clear: 'resolved' } },
    resolved: {},
    stopped: { type: 'final' },
  },
});
