/** B10 for counts: the window is what a recount of the last so many calls says, at every step. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CountWindow } from '../../src/hotpath/count-window.ts';
import { Slots } from '../../src/hotpath/slots.ts';
import { marksOf, smallMemory } from '../support/breaker-rig.ts';

const outcome = fc.record({ failed: fc.boolean(), slow: fc.boolean() });

test('B10 totals equal a recount of the last N calls', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.array(outcome, { maxLength: 150 }), (calls, outcomes) => {
      const window = new CountWindow(new Slots(smallMemory()).take(), calls, 1);
      outcomes.forEach(({ failed, slow }, index) => {
        window.record(marksOf(failed, slow));

        const recent = outcomes.slice(0, index + 1).slice(-calls);
        expect(window.total).toBe(recent.length);
        expect(window.failed).toBe(recent.filter((call) => call.failed).length);
        expect(window.slow).toBe(recent.filter((call) => call.slow).length);
        expect(window.above).toBe(window.slow);
      });
    }),
  );
});

test('after a clear nothing of before comes back', () => {
  const window = new CountWindow(new Slots(smallMemory()).take(), 4, 1);
  for (let call = 0; call < 4; call++) window.record(marksOf(true, true));
  window.clear();
  for (let call = 0; call < 6; call++) window.record(0);

  expect([window.total, window.failed, window.slow]).toEqual([4, 0, 0]);
});
