import { expect, test } from 'vitest';
import { axisOf } from '../../../src/surfaces/dashboard/axis.ts';
import { historyOf, nearest, niceAbove, type History } from '../../../src/surfaces/dashboard/history.ts';
import type { Readings } from '../../../src/index.ts';

type Sample = Readings['samples'][string];
const NONE = { success: 0, failure: 0, ignored: 0, timeout: 0, aborted: 0, rejected: 0, fallback: 0 };

function sample(atMs: number, score: number | null, outcomes: Partial<Sample['outcomes']> = {}): Sample {
  return { atMs, score, outcomes: { ...NONE, ...outcomes } };
}

function drawn(...samples: readonly Sample[]): History {
  return historyOf(samples, axisOf(samples));
}

test('each sample has its place on the axis', () => {
  const { moments } = drawn(sample(10_000, 1), sample(40_000, 1), sample(70_000, 1));

  expect(moments.map(({ x }) => x)).toEqual([0, 0.5, 1]);
});

test('a moment without a score leaves a gap in the line', () => {
  const { line } = drawn(sample(0, 1), sample(15_000, null), sample(30_000, 0.25));

  expect(line).toBe('M0 0M1 0.75');
});

test('the rate is a second’s, however long a sample took', () => {
  const { moments } = drawn(sample(0, 1, { success: 3 }), sample(2_000, 1, { success: 8, failure: 2 }));

  expect(moments.map(({ rate }) => rate)).toEqual([3, 5]);
});

test('bars are stacked from the floor, success first', () => {
  const { bars, topRate } = drawn(sample(0, 1), sample(30_000, 1, { success: 90, failure: 30 }));

  expect(topRate).toBe(4);
  expect(bars.success).toBe('M0 0.25h0.86v0.75h-0.86z');
  expect(bars.failure).toBe('M0 0h0.86v0.25h-0.86z');
  expect(bars.timeout).toBe('');
});

test('the oldest bar has no neighbour to reach to: it is a second wide, and never sticks out on the left', () => {
  const young = drawn(sample(5_000, 1), sample(15_000, 1, { success: 1 }));
  const full = drawn(sample(0, 1, { success: 1 }), sample(30_000, 1));
  const first = drawn(sample(15_000, 1, { success: 1 }));

  expect(young.bars.success).toBe('M0.6667 0.9h0.2867v0.1h-0.2867z');
  expect(full.bars.success).toBe('');
  expect(first.bars.success).toBe('M0.9667 0h0.0287v1h-0.0287z');
});

test('pointing reads the nearest moment, and nothing where there is none', () => {
  const { moments } = drawn(sample(0, 1), sample(30_000, 0.5));

  expect(nearest(moments, 0.4)?.sample.score).toBe(1);
  expect(nearest(moments, 0.6)?.sample.score).toBe(0.5);
  expect(nearest([], 0.5)).toBeUndefined();
});

test.each([
  [1, 1],
  [4, 4],
  [61, 80],
  [81, 100],
  [118, 150],
])('the scale for %d ends at %d', (value, top) => {
  expect(niceAbove(value)).toBe(top);
});
