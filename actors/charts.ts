/** Every chart there is to draw, by hand: those of machines, and those that hand-written logic carries. */
import type { AnyActorLogic } from 'xstate';
import { nullRecord } from '../src/core/null-record.ts';
import type { ChartReading, Section } from '../src/core/readings.ts';
import { alertMachine } from './alert.machine.ts';
import { breakerMachine } from './breaker.machine.ts';
import { chartOf, type Chart } from './chart.ts';
import { degradationMachine } from './degradation.machine.ts';
import { recoveryMachine } from './recovery.machine.ts';
import { resourceLogic } from './supervisor/resource.ts';
import { supervisorLogic } from './supervisor/supervisor.ts';

const DRAWN: readonly AnyActorLogic[] = [
  breakerMachine,
  recoveryMachine,
  degradationMachine,
  alertMachine,
  supervisorLogic,
  resourceLogic,
];

export function charts(): readonly Chart[] {
  return DRAWN.flatMap((logic) => chartOf(logic) ?? []);
}

/** By id, for the feed. */
export function chartSection(): Section<ChartReading> {
  const section = nullRecord<ChartReading>();
  for (const { id, states, edges } of charts()) section[id] = { states, edges };
  return section;
}

/** The id of the chart that this very logic is drawn by; null for any other. */
export function chartIdOf(logic: AnyActorLogic): string | null {
  return DRAWN.includes(logic) ? ((logic as { readonly config?: { readonly id?: string } }).config?.id ?? null) : null;
}
