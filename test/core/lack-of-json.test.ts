/** What would not come back from JSON as it is. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lackOfJson } from '../../src/core/lack-of-json.ts';

test('whatever JSON has a word for lacks nothing, and comes back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(lackOfJson(value, 'state')).toBeUndefined();
      expect(JSON.stringify(JSON.parse(JSON.stringify(value)))).toBe(JSON.stringify(value));
    }),
  );
});

test.each<[unknown, string]>([
  [undefined, 'state: expected what JSON has a word for, received undefined'],
  [NaN, 'state: expected what JSON has a word for, received NaN'],
  [{ a: [1, { b: 1n }] }, 'state.a.1.b: expected what JSON has a word for, received 1n'],
  [{ a: () => 1 }, 'state.a: expected what JSON has a word for, received a function'],
  [[undefined], 'state.0: expected what JSON has a word for, received undefined'],
  [{ a: new Map() }, 'state.a: expected what JSON has a word for, received an object of Map'],
  [new Date(0), 'state: expected what JSON has a word for, received an object of Date'],
])('%o: %s', (value, lack) => {
  expect(lackOfJson(value, 'state')).toBe(lack);
});

test('what is not there is no lack, and an object without a prototype is one like any other', () => {
  expect(lackOfJson({ a: undefined }, 'state')).toBeUndefined();
  expect(lackOfJson(Object.assign(Object.create(null) as object, { b: 1 }), 'state')).toBeUndefined();
});

test('what never ends, and what ends too late, is said', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  let twins: unknown = 1;
  for (let level = 0; level < 60; level++) twins = [twins, twins];

  expect(lackOfJson(circle, 'state')).toBe('state: expected at most 64 levels, received more');
  expect(lackOfJson(twins, 'state')).toBe('state: expected at most 65536 values, received more');
});
