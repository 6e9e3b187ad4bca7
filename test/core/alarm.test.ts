/** One timer that goes off at a moment which may be moved. */
import { expect, test } from 'vitest';
import { Alarm } from '../../src/core/alarm.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

function rig() {
  const env = createVirtualEnv({ seed: 1 });
  const rungAt: number[] = [];
  return { env, rungAt, alarm: new Alarm(env, () => void rungAt.push(env.now())) };
}

test('goes off once, at its moment', () => {
  const { env, alarm, rungAt } = rig();
  alarm.set(1_234);
  env.advance(1_233);
  expect(rungAt).toEqual([]);
  env.advance(10_000);

  expect(rungAt).toEqual([1_234]);
});

test('of two moments the later word counts', () => {
  const { env, alarm, rungAt } = rig();
  alarm.set(100);
  alarm.set(5_000);
  env.advance(10_000);

  expect(rungAt).toEqual([5_000]);
});

test('a moment that has passed is at once, and one that never comes, or is taken back, is never', () => {
  const { env, alarm, rungAt } = rig();
  env.advance(50);
  alarm.set(10);
  env.advance(0);
  expect(rungAt).toEqual([50]);
  alarm.set(100);
  alarm.set(Infinity);
  env.advance(1_000);
  alarm.set(2_000);
  alarm.clear();
  env.advance(10_000);

  expect(rungAt).toEqual([50]);
});
