import { expect, test } from 'vitest';
import { historyOf, nearest, niceAbove } from '../../../src/surfaces/dashboard/history.ts';
import type { Readings } from '../../../src/index.ts';

type Sample = Readings['samples'][string];
type Transition = Readings['transitions'][string];
const NONE = { success: 0, failure: 0, ignored: 0, timeout: 0, aborted: 0, rejected: 0, fallback: 0 };

function sample(atMs: number, score: number | null, outcomes: Partial<Sample['outcomes']> = {}): Sample {
  return { atMs, score, outcomes: { ...NONE, ...outcomes } };
}

function transition(atMs: number, from: Transition['from'], to: Transition['to'], breaker = 'payments'): Transition {
  return { breaker, from, to, rule: 'probes', atMs };
}

test('a young runtime fills the strip from the right, over half a minute', () => {
  const { spanMs, moments } = historyOf([sample(1_000, 1), sample(4_000, 1)], []);

  expect(spanMs).toBe(30_000);
  expect(moments.map(({ x }) => x)).toEqual([0.9, 1]);
});

test('an older one spans its samples', () => {
  const { spanMs, moments } = historyOf([sample(10_000, 1), sample(40_000, 1), sample(70_000, 1)], []);

  expect(spanMs).toBe(60_000);
  expect(moments.map(({ x }) => x)).toEqual([0, 0.5, 1]);
});

test('a moment without a score leaves a gap in the line', () => {
  const { line } = historyOf([sample(0, 1), sample(15_000, null), sample(30_000, 0.25)], []);

  expect(line).toBe('M0 0M1 0.75');
});

test('the rate is a second’s, however long a sample took', () => {
  const { moments } = historyOf([sample(0, 1, { success: 3 }), sample(2_000, 1, { success: 8, failure: 2 })], []);

  expect(moments.map(({ rate }) => rate)).toEqual([3, 5]);
});

test('bars are stacked from the floor, success first', () => {
  const { bars, topRate } = historyOf([sample(0, 1), sample(30_000, 1, { success: 90, failure: 30 })], []);

  expect(topRate).toBe(4);
  expect(bars.success).toBe('M0 0.25h0.86v0.75h-0.86z');
  expect(bars.failure).toBe('M0 0h0.86v0.25h-0.86z');
  expect(bars.timeout).toBe('');
});

test('the oldest bar has no neighbour to reach to: it is a second wide, and never sticks out on the left', () => {
  const young = historyOf([sample(5_000, 1), sample(15_000, 1, { success: 1 })], []);
  const full = historyOf([sample(0, 1, { success: 1 }), sample(30_000, 1)], []);
  const first = historyOf([sample(15_000, 1, { success: 1 })], []);

  expect(young.bars.success).toBe('M0.6667 0.9h0.2867v0.1h-0.2867z');
  expect(full.bars.success).toBe('');
  expect(first.bars.success).toBe('M0.9667 0h0.0287v1h-0.0287z');
});

test('a lane shows which state a breaker was in, also before the strip began', () => {
  const transitions = [transition(50_000, 'closed', 'open'), transition(62_500, 'open', 'halfOpen')];

  const { lanes } = historyOf([sample(25_000, 1), sample(75_000, 1)], transitions);

  expect(lanes).toEqual([
    {
      breaker: 'payments',
      spells: [
        { state: 'closed', x: 0, width: 0.5, since: null },
        { state: 'open', x: 0.5, width: 0.25, since: transitions[0] },
        { state: 'halfOpen', x: 0.75, width: 0.25, since: transitions[1] },
      ],
    },
  ]);
});

test('a breaker that changed only before the strip began has no lane', () => {
  const { lanes } = historyOf([sample(25_000, 1), sample(75_000, 1)], [transition(10_000, 'closed', 'open')]);

  expect(lanes).toEqual([]);
});

test('pointing reads the nearest moment, and nothing where there is none', () => {
  const { moments } = historyOf([sample(0, 1), sample(30_000, 0.5)], []);

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
