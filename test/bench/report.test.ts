/** What `npm run bench` prints and writes, from rows alone. */
import { describe, expect, test } from 'vitest';
import { jsonOf, noteOf, tableOf, verdictOf } from '../../bench/report.ts';
import type { Row } from '../../bench/row.ts';

const BREAKER: Row = {
  name: 'breaker, time window',
  ns: 140.4,
  spread: 0.034,
  p99: 1_234,
  bytes: 1_247,
  ratio: { cockatiel: 0.875, opossum: 0.0467 },
  limit: { p99: 2_000, ratio: { cockatiel: 1, opossum: 0.5 } },
  stretch: { ratio: { cockatiel: 0.8 } },
};
const COCKATIEL: Row = {
  name: 'breaker, time window · cockatiel',
  ns: 160,
  spread: 0,
  p99: 1_500_000,
  bytes: null,
  ratio: {},
  limit: null,
  stretch: null,
};

test('the table has a line for each row, aligned', () => {
  expect(tableOf([BREAKER, COCKATIEL])).toEqual([
    '                                  median    ±      p99  bytes  ours ÷ theirs                   at most',
    '─'.repeat(144),
    'breaker, time window              140 ns  3 %  1.23 µs  1,247  0.88 cockatiel · 0.047 opossum  1.00 cockatiel · 0.50 opossum · 2.00 µs p99  held',
    'breaker, time window · cockatiel  160 ns  0 %  1.50 ms',
  ]);
});

describe('a row', () => {
  test.each<{ title: string; row: Partial<Row>; verdict: ReturnType<typeof verdictOf> }>([
    { title: 'within its limits is held', row: {}, verdict: 'held' },
    { title: 'exactly at its limit is held', row: { p99: 2_000 }, verdict: 'held' },
    {
      title: 'beyond one of its limits is missed',
      row: { ratio: { cockatiel: 1.001, opossum: 0.1 } },
      verdict: 'missed',
    },
    { title: 'whose limit was not measured is missed', row: { p99: null }, verdict: 'missed' },
    { title: 'whose peer was not measured is missed', row: { ratio: { cockatiel: 0.5 } }, verdict: 'missed' },
    { title: 'that is not a number is missed', row: { p99: Number.NaN }, verdict: 'missed' },
    {
      title: 'as good as was hoped reached its stretch',
      row: { ratio: { cockatiel: 0.8, opossum: 0.1 } },
      verdict: 'stretch',
    },
    {
      title: 'without a limit can still reach its stretch',
      row: { limit: null, stretch: { bytes: 1_300 } },
      verdict: 'stretch',
    },
    { title: 'without limit or stretch is not judged', row: { limit: null, stretch: null }, verdict: '' },
  ])('$title', ({ row, verdict }) => {
    expect(verdictOf({ ...BREAKER, ...row })).toBe(verdict);
  });
});

test('a missed target is in the table and, by how much, in the closing note', () => {
  const row: Row = { ...BREAKER, p99: 2_004, ratio: { cockatiel: 1.003, opossum: 0.1 } };

  const note = noteOf([row, BREAKER, COCKATIEL]);

  expect(tableOf([row])[2]).toMatch(/ {2}MISSED$/);
  expect(note).toEqual([
    '1 of 2 rows with a limit are within it; 0 reached their stretch.',
    'missed: breaker, time window, cockatiel: expected at most 1.000, received 1.003',
    'missed: breaker, time window, p99: expected at most 2.000 µs, received 2.004 µs',
  ]);
});

test('the JSON is the rows as they are', () => {
  const parsed: unknown = JSON.parse(jsonOf([BREAKER, COCKATIEL]));

  expect(parsed).toEqual([BREAKER, COCKATIEL]);
});
