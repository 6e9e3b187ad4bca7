import { expect, test } from 'vitest';
import { Guesses } from '../../../src/surfaces/feed/guesses.ts';
import { FEED_LIMITS } from '../../../src/surfaces/feed/limits.ts';

test('remembers no more addresses than its bound, and forgets the oldest', () => {
  const guesses = new Guesses({ ...FEED_LIMITS, guesses: 1, guessAddresses: 2 });

  guesses.wrong('a', 0);
  guesses.wrong('b', 0);
  guesses.wrong('c', 0);

  expect(['a', 'b', 'c'].map((address) => guesses.exhausted(address, 1))).toEqual([false, true, true]);
});

test('a window begins with its first wrong token and ends at its full length', () => {
  const guesses = new Guesses({ ...FEED_LIMITS, guesses: 2, guessWindowMs: 100 });

  guesses.wrong('a', 50);
  guesses.wrong('a', 149);

  expect(guesses.exhausted('a', 149)).toBe(true);
  expect(guesses.exhausted('a', 150)).toBe(false);
  guesses.wrong('a', 150);
  expect(guesses.exhausted('a', 151)).toBe(false);
});
