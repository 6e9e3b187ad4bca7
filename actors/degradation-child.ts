/** The supervised actor that is the author of the level. A new incarnation begins at the level that is in force. */
import type { Level } from '../src/core/readings.ts';
import { degradationMachine, type DegradationInput } from './degradation.machine.ts';
import type { ChildSpec } from './supervisor/child-spec.ts';

export function degradationChild(input: DegradationInput, level: () => Level): ChildSpec {
  return {
    id: 'degradation',
    logic: degradationMachine,
    input,
    snapshot: () => degradationMachine.resolveState({ value: level(), context: input }),
  };
}
