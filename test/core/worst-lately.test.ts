import { expect, test } from 'vitest';
import { WorstLately } from '../../src/core/worst-lately.ts';

test('a maximum is shown to everyone for one turn to two, and to whoever asks after a long time', () => {
  const worst = new WorstLately(0);
  let shown = 40;
  const ask = (nowMs: number): number => worst.read(shown, nowMs, () => (shown = 0));

  expect([ask(10), ask(20), ask(999)]).toEqual([40, 40, 40]);
  expect([ask(1_000), shown]).toEqual([40, 0]);
  expect([ask(1_001), ask(1_999)]).toEqual([40, 40]);
  expect([ask(2_000), ask(2_001)]).toEqual([40, 0]);
  shown = 70;
  expect([ask(60_000), ask(60_001)]).toEqual([70, 70]);
});
