/**
 * Compiles the breaker's statechart into a table of small integers: a transition becomes one load.
 *
 * Only what the table can express is accepted; an edge it cannot express is an error at start, not a difference
 * between the two runs of the machine that shows at night.
 */
import { BREAKER_EVENTS, BREAKER_STATES, type StepTable } from '../src/core/breaker-state.ts';
import { breakerMachine } from './breaker.machine.ts';

/** out  `table[state * BREAKER_EVENTS.length + event]`: the next state's number, −1 where there is no edge. */
export function compileBreaker(): StepTable {
  const table = new Int8Array(BREAKER_STATES.length * BREAKER_EVENTS.length).fill(-1);
  for (const [from, state] of BREAKER_STATES.entries()) {
    const node = breakerMachine.root.states[state];
    if (node === undefined) throw new Error(`breaker.machine.ts: expected a state "${state}", found none`);
    for (const [column, event] of BREAKER_EVENTS.entries()) {
      const edges = node.transitions.get(event) ?? [];
      if (edges.length === 0) continue;
      const to = BREAKER_STATES.indexOf(edges[0]!.target?.[0]?.key as (typeof BREAKER_STATES)[number]);
      if (edges.length > 1 || edges[0]!.guard !== undefined || to < 0)
        throw new Error(`breaker.machine.ts: "${state}" on "${event}": expected one plain edge to a breaker state`);
      table[from * BREAKER_EVENTS.length + column] = to;
    }
  }
  return table;
}
