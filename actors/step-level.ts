/** One step of the level's statechart, without an actor: the author of the level. */
import type { LevelEvent } from '../src/core/levels.ts';
import type { Level } from '../src/core/readings.ts';
import { degradationMachine, type DegradationInput } from './degradation.machine.ts';

/** out  the level it leads to; undefined where the chart has no such edge, or its guard says no */
export function stepLevel(from: Level, event: LevelEvent, may: DegradationInput): Level | undefined {
  const [edge] = degradationMachine.root.states[from].transitions.get(event) ?? [];
  if (edge?.guard !== undefined && !may[edge.guard as keyof DegradationInput]()) return undefined;
  return edge?.target?.[0]?.key as Level | undefined;
}
