import { expect, test } from 'vitest';
import { axisOf, placeOn } from '../../../src/surfaces/dashboard/axis.ts';

const at = (...times: readonly number[]): readonly { readonly atMs: number }[] => times.map((atMs) => ({ atMs }));

test('a young runtime fills the strip from the right, over half a minute', () => {
  const axis = axisOf(at(1_000, 4_000));

  expect(axis).toEqual({ lastMs: 4_000, spanMs: 30_000 });
  expect([placeOn(axis, 1_000), placeOn(axis, 4_000)]).toEqual([0.9, 1]);
});

test('an older one spans its samples', () => {
  const axis = axisOf(at(10_000, 40_000, 70_000));

  expect(axis.spanMs).toBe(60_000);
  expect([10_000, 40_000, 70_000].map((atMs) => placeOn(axis, atMs))).toEqual([0, 0.5, 1]);
});

test('what is newer than the newest sample is on it; what is older than the oldest is before it', () => {
  const axis = axisOf(at(10_000, 70_000), [], at(5_000, 72_000));

  expect(axis).toEqual({ lastMs: 72_000, spanMs: 62_000 });
  expect(placeOn(axis, 5_000)).toBeLessThan(0);
});

test('before there is anything it is there all the same', () => {
  expect(axisOf([])).toEqual({ lastMs: 0, spanMs: 30_000 });
});
