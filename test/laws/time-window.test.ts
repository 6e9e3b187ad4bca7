/** B10: the sliding window is what a brute-force recount of the raw events says, at every step. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Slots } from '../../src/hotpath/slots.ts';
import { TimeWindow } from '../../src/hotpath/time-window.ts';
import { marksOf, smallMemory } from '../support/breaker-rig.ts';

interface Seen {
  readonly index: number;
  readonly failed: boolean;
  readonly slow: boolean;
}

const step = fc.record({
  waitMs: fc.oneof(fc.nat(30), fc.nat(400), fc.nat(5_000)),
  failed: fc.boolean(),
  slow: fc.boolean(),
});

test('B10 totals equal a recount of the events whose bucket index is above current − N', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 250 }),
      fc.nat(100_000),
      fc.array(step, { maxLength: 120 }),
      (buckets, bucketMs, start, steps) => {
        let now = start;
        const seen: Seen[] = [];
        const window = new TimeWindow(new Slots(smallMemory()).take(), bucketMs, buckets, 1, now);
        for (const { waitMs, failed, slow } of steps) {
          now += waitMs;
          const index = Math.floor(now / bucketMs);
          const recount = (): Seen[] => seen.filter((event) => event.index > index - buckets);

          window.advance(now);
          expect(window.total).toBe(recount().length);
          window.record(marksOf(failed, slow), now);
          seen.push({ index, failed, slow });

          expect(window.total).toBe(recount().length);
          expect(window.failed).toBe(recount().filter((event) => event.failed).length);
          expect(window.slow).toBe(recount().filter((event) => event.slow).length);
          expect(window.above).toBe(window.slow);
        }
      },
    ),
  );
});

test('B10 an idle gap longer than the window leaves nothing in it', () => {
  const window = new TimeWindow(new Slots(smallMemory()).take(), 100, 10, 1, 0);
  window.record(marksOf(true, true), 50);

  window.advance(1_050);

  expect([window.total, window.failed, window.slow]).toEqual([0, 0, 0]);
});

test('a window that is given back leaves its block to the next', () => {
  const slots = new Slots(smallMemory());
  const row = slots.take();
  for (let life = 0; life < 2_000; life++) new TimeWindow(row, 100, 10, 1, 0).release();

  expect(row.i32[row.window]).toBe(0);
});
