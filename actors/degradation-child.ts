/**
 * The supervised actor that follows the level. A new incarnation begins at the level that is in force, and goes along
 * with every step: that the dwell was over has been asked when the step was taken.
 */
import type { Level } from '../src/core/readings.ts';
import { degradationMachine } from './degradation.machine.ts';
import type { ChildSpec } from './supervisor/child-spec.ts';

export function degradationChild(level: () => Level): ChildSpec {
  const input = { mayWorsen: () => true, mayImprove: () => true };
  return {
    id: 'degradation',
    logic: degradationMachine,
    input,
    snapshot: () => degradationMachine.resolveState({ value: level(), context: input }),
  };
}
