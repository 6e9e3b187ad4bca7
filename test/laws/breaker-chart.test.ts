/** The statechart runs twice, as a table and as an actor: whatever happens, both are in the same state. */
import fc from 'fast-check';
import { createActor } from 'xstate';
import { expect, test } from 'vitest';
import { breakerMachine } from '../../actors/breaker.machine.ts';
import { compileBreaker } from '../../actors/step.ts';
import { BREAKER_EVENTS, BREAKER_STATES, type BreakerEvent } from '../../src/core/breaker-state.ts';
import { breakerRig } from '../support/breaker-rig.ts';

const INPUT = { breaker: 'b', expireOpening: () => {}, expireProbes: () => {} };
const events = fc.array(fc.constantFrom(...BREAKER_EVENTS), { maxLength: 40 });

test('B6 table and actor agree after every event of any sequence, and each change is one epoch and one announcement', () => {
  fc.assert(
    fc.property(events, (sequence) => {
      const rig = breakerRig();
      const actor = createActor(breakerMachine, { input: INPUT }).start();
      let epoch = rig.slot.epoch;
      for (const type of sequence) {
        const reached = rig.slot.step(type, 'test');
        actor.send({ type });

        expect(actor.getSnapshot().value).toBe(rig.slot.state);
        if (reached !== undefined) epoch++;
        expect(rig.slot.epoch).toBe(epoch);
      }
      expect(rig.transitions.map((transition) => transition.to).at(-1) ?? 'closed').toBe(rig.slot.state);
      rig.transitions.forEach((transition, index) =>
        expect(transition.from).toBe(rig.transitions[index - 1]?.to ?? 'closed'),
      );
      actor.stop();
    }),
    { numRuns: 500 },
  );
});

test('an actor restored from the slot goes on where the slot is', () => {
  fc.assert(
    fc.property(events, events, (before, after) => {
      const rig = breakerRig();
      for (const type of before) rig.slot.step(type, 'test');
      const input = INPUT;
      const snapshot = breakerMachine.resolveState({ value: rig.slot.state, context: input });
      const actor = createActor(breakerMachine, { input, snapshot }).start();

      for (const type of after) {
        rig.slot.step(type, 'test');
        actor.send({ type });
      }

      expect(actor.getSnapshot().value).toBe(rig.slot.state);
      actor.stop();
    }),
  );
});

test('the compiled table, as a literal', () => {
  const table = compileBreaker();
  const edges = BREAKER_STATES.map((from, row) => {
    const targets = BREAKER_EVENTS.map((event: BreakerEvent, column): string | undefined => {
      const to = table[row * BREAKER_EVENTS.length + column]!;
      return to < 0 ? undefined : `${event}→${BREAKER_STATES[to]}`;
    });
    return `${from}: ${targets.filter((edge) => edge !== undefined).join(' ')}`;
  });

  expect(edges).toEqual([
    'closed: trip→open open→open forceOpen→forcedOpen disable→disabled observe→metricsOnly',
    'halfOpen: trip→open recover→closed probeTimeout→open open→open close→closed forceOpen→forcedOpen disable→disabled observe→metricsOnly',
    'open: probe→halfOpen close→closed forceOpen→forcedOpen disable→disabled observe→metricsOnly',
    'forcedOpen: probe→halfOpen open→open close→closed disable→disabled observe→metricsOnly',
    'disabled: probe→halfOpen open→open close→closed forceOpen→forcedOpen observe→metricsOnly',
    'metricsOnly: close→closed forceOpen→forcedOpen disable→disabled',
  ]);
});
