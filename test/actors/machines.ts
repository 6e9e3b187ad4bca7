/**
 * Every statechart of actors/, found on disk: the machines, and the charts drawn for hand-written logic.
 *
 * A machine's row in `STIMULI` has what a graph walk cannot guess: its input, and one event of each type it reads more
 * of than the type.
 */
import { globSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { createMachine, type AnyEventObject, type AnyStateMachine, StateMachine } from 'xstate';
import { resourceLogic } from '../../actors/supervisor/resource.ts';
import { supervisorLogic } from '../../actors/supervisor/supervisor.ts';

export interface Stimuli {
  readonly input: unknown;
  readonly events: readonly AnyEventObject[];
}

export const STIMULI: Readonly<Record<string, Stimuli>> = {
  alert: { input: { alert: 'k3-1' }, events: [] },
  breaker: {
    input: { breaker: 'payments', expireOpening: () => {}, expireProbes: () => {} },
    events: [
      { type: 'probing', dueInMs: 1_000 },
      { type: 'waiting', dueInMs: 1_000 },
    ],
  },
  degradation: { input: { mayWorsen: () => true, mayImprove: () => true }, events: [] },
  recovery: { input: { service: 'payments' }, events: [] },
};

/** By file name, e.g. `breaker.machine.ts`. */
export async function machines(): Promise<readonly (readonly [string, AnyStateMachine])[]> {
  const files = globSync('actors/**/*.machine.ts').toSorted();
  const modules = await Promise.all(files.map((file) => import(resolve(file)) as Promise<Record<string, unknown>>));
  return modules.flatMap((module, at) =>
    Object.values(module).flatMap((value) =>
      value instanceof StateMachine ? [[basename(files[at]!), value as AnyStateMachine] as const] : [],
    ),
  );
}

/** The charts of what is no machine, as machines: they can be walked, never run. */
export function drawings(): readonly (readonly [string, AnyStateMachine])[] {
  return [
    ['supervisor.ts', createMachine(supervisorLogic.config as never)],
    ['resource.ts', createMachine(resourceLogic.config as never)],
  ];
}
