import { expect, test } from 'vitest';
import { backoffMs } from '../../../actors/supervisor/backoff.ts';
import { countRestart } from '../../../actors/supervisor/intensity.ts';

test.each([
  {
    name: 'the first restart at intensity 0 is one too many',
    before: [],
    now: 0,
    intensity: 0,
    after: [0],
    exceeded: true,
  },
  { name: 'as many as the intensity are fine', before: [0], now: 10, intensity: 2, after: [0, 10], exceeded: false },
  { name: 'one more is too many', before: [0, 10], now: 20, intensity: 2, after: [0, 10, 20], exceeded: true },
  {
    name: 'one exactly a period old counts',
    before: [0, 900],
    now: 1000,
    intensity: 2,
    after: [0, 900, 1000],
    exceeded: true,
  },
  {
    name: 'one older than the period does not',
    before: [0, 900],
    now: 1001,
    intensity: 2,
    after: [900, 1001],
    exceeded: false,
  },
  {
    name: 'fractions of a millisecond count too',
    before: [0.5],
    now: 1000.75,
    intensity: 1,
    after: [1000.75],
    exceeded: false,
  },
  { name: 'endless patience remembers nothing', before: [], now: 5, intensity: Infinity, after: [], exceeded: false },
])('S1: $name', ({ before, now, intensity, after, exceeded }) => {
  expect(countRestart(before, now, { intensity, periodMs: 1000 })).toEqual({ restarts: after, exceeded });
});

const BACKOFF = { minMs: 50, maxMs: 5_000, factor: 2, jitter: 0.2 };

test.each([
  [1, 0, 50],
  [1, 0.5, 55],
  [2, 0, 100],
  [3, 0.5, 220],
  [7, 0, 3_200],
  [7, 0.999, 3_839.36],
  [8, 0, 5_000],
  [8, 0.999, 5_000],
  [100_000, 0.5, 5_000],
])('failure %i with chance %f waits %f ms: never more than the cap, jitter or not', (failures, chance, ms) => {
  expect(backoffMs(failures, BACKOFF, chance)).toBeCloseTo(ms, 9);
});
