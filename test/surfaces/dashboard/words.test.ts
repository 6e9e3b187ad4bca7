import { expect, test } from 'vitest';
import {
  availability,
  count,
  duration,
  milliseconds,
  moment,
  percent,
  score,
  stateWord,
} from '../../../src/surfaces/dashboard/words.ts';

test('numbers read as people write them', () => {
  expect([null, 0.4, 9.96, 12.5, 999, 1_204, 61_000].map(milliseconds)).toEqual([
    '–',
    '0.4 ms',
    '10.0 ms',
    '13 ms',
    '999 ms',
    '1.2 s',
    '61 s',
  ]);
  expect([null, 0, 0.623].map(percent)).toEqual(['–', '0 %', '62 %']);
  expect([null, 1, 0.99999, 0.5, 0].map(availability)).toEqual(['–', '100 %', '99.99 %', '50.00 %', '0.00 %']);
  expect([null, 1, 0.7].map(score)).toEqual(['–', '1.00', '0.70']);
  expect([7, 999, 1_000, 1_234_567].map(count)).toEqual(['7', '999', '1\u2009000', '1\u2009234\u2009567']);
});

test('times read as people say them', () => {
  expect([-5, 4_000, 75_000, 7_500_000].map(duration)).toEqual(['0 s', '4 s', '1 min 15 s', '2 h 5 min']);
  expect([0, 4_449, 59_990, 60_000, 723_999].map(moment)).toEqual(['0:00.0', '0:04.4', '0:59.9', '1:00.0', '12:03.9']);
});

test('a state is a word', () => {
  expect(['closed', 'halfOpen', 'metricsOnly'].map(stateWord)).toEqual(['closed', 'half-open', 'metrics-only']);
});
