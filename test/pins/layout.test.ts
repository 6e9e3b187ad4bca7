/**
 * The byte map, in numbers. Two compilers and every thread read it; a field that moves without this page moving with it
 * is an accident.
 */
import { expect, test } from 'vitest';
import * as layout from '../../wasm/layout.ts';

const PINNED = {
  BUCKET_ABOVE: 12,
  BUCKET_BYTES: 16,
  BUCKET_FAILED: 4,
  BUCKET_SLOW: 8,
  BUCKET_TOTAL: 0,
  CAPACITY: 8,
  CLOSED: 0,
  DEADLINE_COLUMN: 1,
  DISABLED: 4,
  FAILED_COLUMN: 1,
  FORCED_OPEN: 3,
  FREE: 7,
  FRESH_UNTIL_COLUMN: 0,
  GROUP_BYTES: 256,
  GROUP_COUNT: 0,
  GROUP_LATENCY_CELLS: 64,
  GROUP_LATENCY_COUNT: 48,
  GROUP_LATENCY_MAX: 32,
  GROUP_LATENCY_MIN: 24,
  GROUP_LATENCY_SUM: 16,
  GROUP_SCORE_COUNT: 52,
  GROUP_SCORE_SUM: 40,
  GROUP_TOKENS: 8,
  GROUP_TOUCHED: 4,
  HALF_OPEN: 1,
  HEADER_BYTES: 256,
  LATENCY_CELLS: 48,
  LATENCY_FIRST_OCTAVE: -6,
  LAYOUT_VERSION: 2,
  LINE: 64,
  MAGIC: 0,
  MAGIC_NUMBER: 0x68666173,
  METRICS_ONLY: 5,
  MINIMUM_COLUMN: 3,
  OPEN: 2,
  RECORD_GROUP: 0,
  RECORD_LATENCY_MS: 16,
  RECORD_SCORE: 24,
  RECORD_SEQUENCE: 4,
  RECORD_TOKENS: 8,
  RING_HEAD: 128,
  RING_RECORD_BYTES: 32,
  RING_TAIL: 64,
  SLOW_COLUMN: 5,
  STATE_BITS: 3,
  STATE_MASK: 7,
  TOTAL_COLUMN: 2,
  VERSION: 4,
  WINDOW_ABOVE: 20,
  WINDOW_BUCKETS: 16,
  WINDOW_BUCKET_MS: 0,
  WINDOW_COLUMN: 4,
  WINDOW_HEADER_BYTES: 32,
  WINDOW_INDEX: 8,
  WORD_COLUMN: 0,
};

test('every constant of the layout is this number', () => {
  const constants = Object.entries(layout).filter(([, value]) => typeof value === 'number');

  expect(Object.fromEntries(constants)).toEqual(PINNED);
});

test('for 16 slots the columns lie like this', () => {
  const { columnAt, timeColumnAt, blocksAt } = layout;

  expect([0, 1, 2, 3, 4, 5].map((column) => columnAt(16, column))).toEqual([256, 320, 384, 448, 512, 576]);
  expect([0, 1].map((column) => timeColumnAt(16, column))).toEqual([640, 768]);
  expect(blocksAt(16)).toBe(896);
});

test.each([16, 1_024, 100_000])('for %d slots every part is aligned to what it holds', (slots) => {
  const { columnAt, timeColumnAt, blocksAt, LINE } = layout;

  for (const column of [0, 1, 2, 3, 4, 5]) expect(columnAt(slots, column) % LINE).toBe(0);
  for (const column of [0, 1]) expect(timeColumnAt(slots, column) % LINE).toBe(0);
  expect(blocksAt(slots) % LINE).toBe(0);
});
