/**
 * The statechart of degradation: the one definition of which level may follow which.
 *
 * It runs twice, as the breaker's does. Read by `step-level.ts` it is the only author of the level; as an actor it
 * follows, is supervised, and is what the inspector draws. By itself the level goes one step at a time, and only where
 * the dwell is over: that is asked of its input, because the time since the last change outlives an incarnation. A
 * person may go from any level to any other at once.
 */
import { setup } from 'xstate';
import type { LevelEvent } from '../src/core/levels.ts';

export interface DegradationInput {
  /** Whether the dwell is over: before a step to the worse, and before one to the better. */
  readonly mayWorsen: () => boolean;
  readonly mayImprove: () => boolean;
}

export type DegradationEvent = { readonly type: LevelEvent } | { readonly type: 'supervisor.shutdown' };

export const degradationMachine = setup({
  types: {} as { context: DegradationInput; input: DegradationInput; events: DegradationEvent },
  guards: {
    mayWorsen: ({ context }) => context.mayWorsen(),
    mayImprove: ({ context }) => context.mayImprove(),
  },
}).createMachine({
  id: 'degradation',
  initial: 'full',
  options: { maxIterations: 100 }, // it has no eventless edge: any loop is a mistake
  context: ({ input }) => input,
  on: { 'supervisor.shutdown': '.stopped' },
  states: {
    full: {
      on: {
        worsen: { guard: 'mayWorsen', target: 'reduced' },
        overrideReduced: 'reduced',
        overrideMinimal: 'minimal',
        overrideEmergency: 'emergency',
      },
    },
    reduced: {
      on: {
        worsen: { guard: 'mayWorsen', target: 'minimal' },
        improve: { guard: 'mayImprove', target: 'full' },
        overrideFull: 'full',
        overrideMinimal: 'minimal',
        overrideEmergency: 'emergency',
      },
    },
    minimal: {
      on: {
        worsen: { guard: 'mayWorsen', target: 'emergency' },
        improve: { guard: 'mayImprove', target: 'reduced' },
        overrideFull: 'full',
        overrideReduced: 'reduced',
        overrideEmergency: 'emergency',
      },
    },
    emergency: {
      on: {
        improve: { guard: 'mayImprove', target: 'minimal' },
        overrideFull: 'full',
        overrideReduced: 'reduced',
        overrideMinimal: 'minimal',
      },
    },
    stopped: { type: 'final' },
  },
});
