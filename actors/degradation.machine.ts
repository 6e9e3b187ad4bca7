/**
 * The statechart of degradation, and the author of the level: who wants another level asks here, and what is entered
 * here is in force.
 *
 * By itself it goes one level at a time, and only where the dwell is over: that is asked of its input, because the time
 * since the last change outlives an incarnation. A person may go from any level to any other at once.
 */
import { setup } from 'xstate';
import type { Level } from '../src/core/readings.ts';

export interface DegradationInput {
  /** Whether the dwell is over: before a step to the worse, and before one to the better. */
  readonly mayWorsen: () => boolean;
  readonly mayImprove: () => boolean;
  /** The level is in force. Also called when a first incarnation starts. Must not throw. */
  readonly entered: (level: Level, why: LevelEvent | undefined) => void;
}

export interface LevelEvent {
  readonly type: 'worsen' | 'improve' | 'overrideFull' | 'overrideReduced' | 'overrideMinimal' | 'overrideEmergency';
  readonly reason: string;
  /** The person who wants it. */
  readonly by?: string;
  /** Asked for because a sensor stayed broken. */
  readonly isFailSafe?: boolean;
}

export type DegradationEvent = LevelEvent | { readonly type: 'supervisor.shutdown' };

export const degradationMachine = setup({
  types: {} as { context: DegradationInput; input: DegradationInput; events: DegradationEvent },
  actions: {
    enter: ({ context, event }, { level }: { readonly level: Level }) =>
      context.entered(level, 'reason' in event ? event : undefined),
  },
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
      entry: { type: 'enter', params: { level: 'full' } },
      on: {
        worsen: { guard: 'mayWorsen', target: 'reduced' },
        overrideReduced: 'reduced',
        overrideMinimal: 'minimal',
        overrideEmergency: 'emergency',
      },
    },
    reduced: {
      entry: { type: 'enter', params: { level: 'reduced' } },
      on: {
        worsen: { guard: 'mayWorsen', target: 'minimal' },
        improve: { guard: 'mayImprove', target: 'full' },
        overrideFull: 'full',
        overrideMinimal: 'minimal',
        overrideEmergency: 'emergency',
      },
    },
    minimal: {
      entry: { type: 'enter', params: { level: 'minimal' } },
      on: {
        worsen: { guard: 'mayWorsen', target: 'emergency' },
        improve: { guard: 'mayImprove', target: 'reduced' },
        overrideFull: 'full',
        overrideReduced: 'reduced',
        overrideEmergency: 'emergency',
      },
    },
    emergency: {
      entry: { type: 'enter', params: { level: 'emergency' } },
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
