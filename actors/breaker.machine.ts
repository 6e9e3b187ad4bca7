/**
 * The breaker's statechart: the one definition of which states there are and what leads from one to the next.
 *
 * It runs twice. Compiled (`step.ts`) it is the only writer of a slot's word, inside `admit` and `settle`. As an actor
 * it follows a named breaker's slot, event by event: it keeps the probe deadline and is what the inspector draws. It
 * decides nothing; whether a rule trips is `policies/breaker/decisions.ts`.
 *
 * It has no edge closed → halfOpen, nor metricsOnly → open or halfOpen: asking for one is ILLEGAL_TRANSITION.
 */
import { cancel, raise, setup } from 'xstate';
import type { BreakerEvent } from '../src/core/breaker-state.ts';

export interface BreakerInput {
  readonly breaker: string;
  /** Called when the opening is over. Moves the slot, which sends `probe` here in turn. */
  readonly expireOpening: () => void;
  /** Called when a probe's result is overdue. Moves the slot, which sends `probeTimeout` here in turn. */
  readonly expireProbes: () => void;
}

export type BreakerActorEvent =
  | { readonly type: BreakerEvent }
  /** A permit was taken while no probe was under way; its result is due in so many milliseconds. */
  | { readonly type: 'probing'; readonly dueInMs: number }
  | { readonly type: 'overdue' }
  /** Somebody wants it to let probes in by itself, in so many milliseconds. */
  | { readonly type: 'waiting'; readonly dueInMs: number }
  | { readonly type: 'due' }
  | { readonly type: 'supervisor.shutdown' };

export const breakerMachine = setup({
  types: {} as { context: BreakerInput; input: BreakerInput; events: BreakerActorEvent },
  actions: {
    expireOpening: ({ context }) => context.expireOpening(),
    armOpening: raise(
      { type: 'due' },
      { id: 'opening', delay: ({ event }) => (event.type === 'waiting' ? event.dueInMs : 0) },
    ),
    disarmOpening: cancel('opening'),
    expireProbes: ({ context }) => context.expireProbes(),
    armProbeDeadline: raise(
      { type: 'overdue' },
      { id: 'probeDeadline', delay: ({ event }) => (event.type === 'probing' ? event.dueInMs : 0) },
    ),
    disarmProbeDeadline: cancel('probeDeadline'),
  },
}).createMachine({
  id: 'breaker',
  initial: 'closed',
  options: { maxIterations: 100 }, // it has no eventless edge: any loop is a mistake
  context: ({ input }) => input,
  on: { 'supervisor.shutdown': '.stopped' },
  states: {
    closed: {
      on: { trip: 'open', open: 'open', forceOpen: 'forcedOpen', disable: 'disabled', observe: 'metricsOnly' },
    },
    open: {
      exit: 'disarmOpening',
      on: {
        waiting: { actions: 'armOpening' },
        due: { actions: 'expireOpening' },
        probe: 'halfOpen',
        close: 'closed',
        forceOpen: 'forcedOpen',
        disable: 'disabled',
        observe: 'metricsOnly',
      },
    },
    halfOpen: {
      exit: 'disarmProbeDeadline',
      on: {
        probing: { actions: 'armProbeDeadline' },
        overdue: { actions: 'expireProbes' },
        recover: 'closed',
        trip: 'open',
        probeTimeout: 'open',
        open: 'open',
        close: 'closed',
        forceOpen: 'forcedOpen',
        disable: 'disabled',
        observe: 'metricsOnly',
      },
    },
    forcedOpen: {
      on: { open: 'open', probe: 'halfOpen', close: 'closed', disable: 'disabled', observe: 'metricsOnly' },
    },
    disabled: {
      on: { open: 'open', probe: 'halfOpen', close: 'closed', forceOpen: 'forcedOpen', observe: 'metricsOnly' },
    },
    metricsOnly: {
      on: { close: 'closed', forceOpen: 'forcedOpen', disable: 'disabled' },
    },
    stopped: { type: 'final' },
  },
});
