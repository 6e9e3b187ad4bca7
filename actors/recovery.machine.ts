/**
 * The statechart of one service's recovery: the one definition of which states there are and what leads to the next.
 *
 * It runs twice, as the breaker's does. Read by `step-recovery.ts` it is the only writer of a task's state; as an actor
 * it follows the task, is supervised, and is what the inspector draws. It decides nothing: when an attempt begins and
 * what becomes of a failed one is `src/control/recovery/recovery.ts`.
 */
import { setup } from 'xstate';
import type { RecoveryEvent } from '../src/core/recovery-state.ts';

export interface RecoveryInput {
  readonly service: string;
}

export type RecoveryActorEvent = { readonly type: RecoveryEvent } | { readonly type: 'supervisor.shutdown' };

export const recoveryMachine = setup({
  types: {} as { context: RecoveryInput; input: RecoveryInput; events: RecoveryActorEvent },
}).createMachine({
  id: 'recovery',
  initial: 'idle',
  options: { maxIterations: 100 }, // it has no eventless edge: any loop is a mistake
  context: ({ input }) => input,
  on: { 'supervisor.shutdown': '.stopped' },
  states: {
    idle: { on: { schedule: 'scheduled', hold: 'awaitingManual' } },
    scheduled: {
      on: { begin: 'inProgress', cancel: 'cancelled', heal: 'succeeded', hold: 'awaitingManual', fail: 'failed' },
    },
    inProgress: {
      on: { succeed: 'succeeded', retry: 'scheduled', hold: 'awaitingManual', fail: 'failed', cancel: 'cancelled' },
    },
    awaitingManual: { on: { approve: 'scheduled', cancel: 'cancelled', heal: 'succeeded' } },
    succeeded: { on: { schedule: 'scheduled', hold: 'awaitingManual' } },
    failed: { on: { schedule: 'scheduled', hold: 'awaitingManual' } },
    cancelled: { on: { schedule: 'scheduled', hold: 'awaitingManual' } },
    stopped: { type: 'final' },
  },
});
