/** Every chart there is to draw, by hand: those of machines, and those that hand-written logic carries. */
import { breakerMachine } from './breaker.machine.ts';
import { chartOf, type Chart } from './chart.ts';
import { resourceLogic } from './supervisor/resource.ts';
import { supervisorLogic } from './supervisor/supervisor.ts';

export function charts(): readonly Chart[] {
  return [breakerMachine, supervisorLogic, resourceLogic].flatMap((logic) => chartOf(logic) ?? []);
}
