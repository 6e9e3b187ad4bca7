import { expect, test } from 'vitest';
import type { EventPayload } from '../../src/core/events.ts';
import { Happenings } from '../../src/core/happenings.ts';

const opened = (n: number): EventPayload<'breaker.transitioned'> => ({
  breaker: `b${n}`,
  from: 'closed',
  to: 'open',
  rule: 'failureRate',
  epoch: 2,
});
const raised = { alert: 'k-1', rule: 'stock', severity: 'critical', component: 'system', message: 'few left' } as const;

test('they are in the order they came in, whatever their kind, under one running number', () => {
  const happenings = new Happenings();

  happenings.add('breaker.transitioned', opened(1), 10);
  happenings.add('alert.raised', raised, 11);
  happenings.add('breaker.transitioned', opened(2), 12);

  const entries = Object.entries(happenings.section());
  expect(entries.map(([key, { atMs, kind, subject }]) => [key, atMs, kind, subject])).toEqual([
    ['1', 10, 'breaker', 'b1'],
    ['2', 11, 'alert', 'system'],
    ['3', 12, 'breaker', 'b2'],
  ]);
});

test('ten thousand breakers that open push out each other, and nothing else', () => {
  const happenings = new Happenings();
  happenings.add('alert.raised', raised, 1);
  for (let n = 1; n <= 10_000; n++) happenings.add('breaker.transitioned', opened(n), n);
  happenings.add('alert.resolved', { ...raised, durationMs: 1 }, 10_001);

  const all = Object.entries(happenings.section());
  const breakers = all.filter(([, { kind }]) => kind === 'breaker');
  expect(all.filter(([, { kind }]) => kind === 'alert').map(([key, { became }]) => [key, became])).toEqual([
    ['1', 'raised as critical'],
    ['10002', 'resolved'],
  ]);
  expect(breakers.length).toBe(64);
  expect([breakers[0]?.[1].subject, breakers.at(-1)?.[1].subject]).toEqual(['b9937', 'b10000']);
});

test('keys of a keyed breaker take no place, and no number', () => {
  const happenings = new Happenings();
  for (let n = 0; n < 100; n++) happenings.add('breaker.transitioned', { ...opened(n), key: `k${n}` }, n);
  happenings.add('breaker.transitioned', opened(1), 100);

  expect(Object.keys(happenings.section())).toEqual(['1']);
});

test('an entry is made once, and cannot be changed by who looks at it', () => {
  const happenings = new Happenings();
  happenings.add('alert.raised', raised, 1);

  const [first, again] = [happenings.section()['1'], happenings.section()['1']];

  expect(first).toBe(again);
  expect(Object.isFrozen(first)).toBe(true);
});

test('a place that is written over shows what is there now, also to who looked before', () => {
  const happenings = new Happenings();
  const looked = Array.from({ length: 25 }, (_, n) => {
    happenings.add('signal.raised', { signal: `s${n}`, severity: 1, algedonic: false }, n);
    return Object.values(happenings.section()).at(-1)?.subject;
  });

  expect(looked).toEqual(Array.from({ length: 25 }, (_, n) => `s${n}`));
  expect(Object.values(happenings.section())[0]?.subject).toBe('s1');
});
