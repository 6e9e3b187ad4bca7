/** The histogram against a sort of what it was given. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram } from '../../src/hotpath/histogram.ts';
import { Slots } from '../../src/hotpath/slots.ts';
import { smallMemory } from '../support/breaker-rig.ts';

const fresh = (turnMs = 10_000): Histogram => new Histogram(new Slots(smallMemory()).take(), turnMs, 0);

test('a quantile is within 1/32 of that of a sort, from 16 µs to 33 s', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 16, max: 33_000_000 }), { minLength: 1, maxLength: 300 }),
      fc.constantFrom(0.01, 0.5, 0.95, 0.99, 0.999, 1),
      (latenciesUs, q) => {
        const histogram = fresh();
        for (const us of latenciesUs) histogram.record(us / 1_000, 0);
        const exact = latenciesUs.toSorted((a, b) => a - b)[Math.ceil(q * latenciesUs.length) - 1]!;

        const us = histogram.quantiles([q], 0)![0]! * 1_000;

        // 1 µs is lost where a whole number of microseconds is not one as a fraction of milliseconds
        expect(Math.abs(us - exact)).toBeLessThanOrEqual(exact / 32 + 1);
      },
    ),
  );
});

test.each([
  [0, 0],
  [0.004, 0.004],
  [0.015, 0.015],
  [100, 100.3515],
  [40_000, 33_030.1435],
  [Infinity, 33_030.1435],
])('a latency of %d ms reads as %d', (latencyMs, reading) => {
  const histogram = fresh();
  histogram.record(latencyMs, 0);

  expect(histogram.quantiles([0.5], 0)![0]).toBeCloseTo(reading, 9);
});

test('several shares are read in one pass, and each is what it is when asked alone, also across a turn', () => {
  const shares = [0.01, 0.5, 0.5, 0.95, 0.99, 0.999, 1];
  const call = fc.record({ waitMs: fc.nat(400), latencyMs: fc.nat(30_000) });
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 100 }), (calls) => {
      const histogram = fresh(1_000);
      let now = 0;
      for (const { waitMs, latencyMs } of calls) histogram.record(latencyMs, (now += waitMs));

      const alone = shares.map((q) => histogram.quantiles([q], now)![0]);

      expect(histogram.quantiles(shares, now)).toEqual(alone);
    }),
  );
});

test('nothing recorded reads as undefined', () => {
  expect(fresh().quantiles([0.5], 0)).toBeUndefined();
});

test('a latency is remembered for one turn at least and two at most', () => {
  const histogram = fresh(1_000);
  histogram.record(5, 0);

  expect(histogram.quantiles([0.5], 1_999)).not.toBeUndefined();
  expect(histogram.quantiles([0.5], 2_000)).toBeUndefined();
});

test('an idle gap longer than two turns leaves nothing', () => {
  const histogram = fresh(1_000);
  histogram.record(5, 0);

  expect(histogram.quantiles([0.5], 60_000)).toBeUndefined();
});
