/** The kernel's score: the vectors of the specification, and a slow twin that must agree to the last bit. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openKernel, type ScoreSum } from '../../src/hotpath/kernel.ts';
import { allocateMemory, type SharedMemory } from '../../src/hotpath/memory.ts';
import { FAILED } from '../../src/hotpath/outcome-window.ts';
import { nextWord, type Row, Slots } from '../../src/hotpath/slots.ts';
import { TimeWindow } from '../../src/hotpath/time-window.ts';
import {
  CLOSED,
  DISABLED,
  FORCED_OPEN,
  FREE,
  HALF_OPEN,
  METRICS_ONLY,
  OPEN,
  WINDOW_BUCKET_MS,
  WINDOW_BUCKETS,
  WINDOW_INDEX,
} from '../../wasm/layout.ts';
import { scoreTwin } from './score-twin.ts';

function memoryFor(slots: number): SharedMemory {
  return allocateMemory({ slots, blockBytes: 65_536, ringRecords: 16, groups: 16 });
}

/** A slot in that state; open ones may probe from `deadline`. */
function place(slots: Slots, state: number, deadline = Infinity): Row {
  const row = slots.take();
  row.f64[row.deadline] = deadline;
  row.i32[row.word] = nextWord(row.i32[row.word]!, state);
  return row;
}

/** A window of ten seconds in ten buckets, filled at `nowMs`. */
function fill(row: Row, total: number, failed: number, minimumCalls: number, nowMs: number): TimeWindow {
  const window = new TimeWindow(row, 1_000, 10, minimumCalls, nowMs);
  for (let call = 0; call < total; call++) window.record(call < failed ? FAILED : 0, nowMs);
  return window;
}

function scoreOf(states: readonly number[], nowMs = 0): ScoreSum {
  const memory = memoryFor(16);
  const slots = new Slots(memory);
  for (const state of states) place(slots, state, state === OPEN ? 1_000 : Infinity);
  return openKernel(memory).score(slots.used, nowMs);
}

const several = (count: number, state: number): number[] => Array.from({ length: count }, () => state);

describe('the vectors of the specification', () => {
  test.each([
    { name: '3 of 10 open', states: [...several(3, OPEN), ...several(7, CLOSED)], score: 0.7 },
    { name: '4 of 10 open', states: [...several(4, OPEN), ...several(6, CLOSED)], score: 0.6 },
    { name: '6 of 10 open', states: [...several(6, OPEN), ...several(4, CLOSED)], score: 0.4 },
    { name: '1 of 2 halfOpen', states: [HALF_OPEN, CLOSED], score: 0.75 },
    { name: 'one forced open of two', states: [FORCED_OPEN, CLOSED], score: 0.5 },
  ])('$name → $score', ({ states, score }) => {
    const { sum, count } = scoreOf(states);

    expect(sum / count).toBe(score);
  });

  test('one closed with failureRate 0.4 and one without → 0.8', () => {
    const memory = memoryFor(16);
    const slots = new Slots(memory);
    fill(place(slots, CLOSED), 10, 4, 5, 0);
    place(slots, CLOSED);

    const { sum, count, min } = openKernel(memory).score(slots.used, 0);

    expect(sum / count).toBe(0.8);
    expect(min).toBe(0.6);
  });

  test('a closed breaker without failures scores 1, however many there are of them', () => {
    for (const count of [1, 7, 8, 9, 16])
      expect(scoreOf(several(count, CLOSED))).toEqual({ sum: count, count, min: 1 });
  });

  test('disabled and metricsOnly are left out: all disabled is nothing at all', () => {
    expect(scoreOf([DISABLED, METRICS_ONLY, CLOSED])).toEqual({ sum: 1, count: 1, min: 1 });
    expect(scoreOf(several(9, DISABLED))).toEqual({ sum: 0, count: 0, min: 1 });
    expect(scoreOf([])).toEqual({ sum: 0, count: 0, min: 1 });
  });

  test('an open breaker scores 0.5 from its deadline on', () => {
    expect(scoreOf([OPEN], 999.9).sum).toBe(0);
    expect(scoreOf([OPEN], 1_000).sum).toBe(0.5);
  });

  test('opened by a failure rate of 1, idle, and past its deadline it scores 0.5: what opened it does not weigh', () => {
    const memory = memoryFor(16);
    const slots = new Slots(memory);
    fill(place(slots, OPEN, 1_000), 10, 10, 5, 0);
    fill(place(slots, CLOSED), 10, 5, 5, 0);
    const kernel = openKernel(memory);

    expect(kernel.score(slots.used, 999)).toEqual({ sum: 0.5, count: 2, min: 0 });
    expect(kernel.score(slots.used, 1_000)).toEqual({ sum: 1, count: 2, min: 0.5 });
  });

  test('the failures of a half-open breaker weigh half', () => {
    const memory = memoryFor(16);
    const slots = new Slots(memory);
    fill(place(slots, HALF_OPEN), 10, 5, 5, 0);

    expect(openKernel(memory).score(slots.used, 0).sum).toBe(0.25);
  });

  test('below the minimum of calls there is no failure rate', () => {
    const memory = memoryFor(16);
    const slots = new Slots(memory);
    fill(place(slots, CLOSED), 4, 4, 5, 0);
    fill(place(slots, CLOSED), 5, 4, 5, 0);

    expect(openKernel(memory).score(slots.used, 0)).toEqual({ sum: 1 + (1 - 4 / 5), count: 2, min: 1 - 4 / 5 });
  });
});

describe('a slot nobody touches any more', () => {
  test('loses its failures bucket by bucket, and all of them when it was idle for longer than the window', () => {
    const memory = memoryFor(16);
    const slots = new Slots(memory);
    const window = fill(place(slots, CLOSED), 2, 2, 1, 0);
    for (let call = 0; call < 2; call++) window.record(0, 5_500);
    const kernel = openKernel(memory);

    expect(kernel.score(slots.used, 5_600).sum).toBe(0.5);
    expect(kernel.score(slots.used, 9_999).sum).toBe(0.5);
    expect(kernel.score(slots.used, 10_000).sum).toBe(1);
    expect(kernel.score(slots.used, 1e9).sum).toBe(1);
  });

  test('that was given back counts no more, and the one that lives there next begins well', () => {
    const memory = memoryFor(16);
    const slots = new Slots(memory);
    const row = place(slots, CLOSED);
    const window = fill(row, 9, 9, 1, 0);
    place(slots, CLOSED);
    const kernel = openKernel(memory);

    window.release();
    slots.give(row);
    expect(kernel.score(slots.used, 0)).toEqual({ sum: 1, count: 1, min: 1 });

    place(slots, CLOSED);
    expect(kernel.score(slots.used, 0)).toEqual({ sum: 2, count: 2, min: 1 });
  });
});

describe('what another thread may see half-written', () => {
  test('more failures than outcomes score 0, not less', () => {
    const memory = memoryFor(16);
    const slots = new Slots(memory);
    const row = place(slots, CLOSED);
    fill(row, 10, 10, 1, 0);
    row.i32[row.total] = 3;

    expect(openKernel(memory).score(slots.used, 0)).toEqual({ sum: 0, count: 1, min: 0 });
  });

  test.each([
    { what: 'buckets beyond the memory', buckets: 2 ** 31 - 1, index: 5, bucketMs: 1 },
    { what: 'fewer than no buckets', buckets: -5, index: 5, bucketMs: 1 },
    { what: 'an index that is no number', buckets: 10, index: NaN, bucketMs: 1 },
    { what: 'an index without end', buckets: 10, index: Infinity, bucketMs: 1 },
    { what: 'an index below 0', buckets: 10, index: -1e300, bucketMs: 1 },
    { what: 'a bucket that lasts no time', buckets: 10, index: 5, bucketMs: 0 },
  ])('a block used anew, with $what, ends in a score', ({ buckets, index, bucketMs }) => {
    const memory = memoryFor(16);
    const slots = new Slots(memory);
    const row = place(slots, CLOSED);
    fill(row, 10, 10, 1, 0);
    const block = row.i32[row.window]!;
    row.i32[(block + WINDOW_BUCKETS) >> 2] = buckets;
    row.f64[(block + WINDOW_INDEX) >> 3] = index;
    row.f64[(block + WINDOW_BUCKET_MS) >> 3] = bucketMs;

    const { sum, count } = openKernel(memory).score(slots.used, 5_000);

    expect(count).toBe(1);
    expect(sum).toBeGreaterThanOrEqual(0);
    expect(sum).toBeLessThanOrEqual(1);
  });
});

const slot = fc.record({
  state: fc.oneof(
    { weight: 3, arbitrary: fc.constant(CLOSED) },
    { weight: 2, arbitrary: fc.constantFrom(HALF_OPEN, OPEN, FORCED_OPEN, DISABLED, METRICS_ONLY, FREE) },
  ),
  deadline: fc.double({ min: 0, max: 20_000, noNaN: true }),
  window: fc.option(
    fc.record({
      bucketMs: fc.integer({ min: 1, max: 2_000 }),
      buckets: fc.integer({ min: 1, max: 12 }),
      minimumCalls: fc.integer({ min: 1, max: 8 }),
      calls: fc.array(fc.record({ waitMs: fc.nat(1_500), failed: fc.boolean() }), { maxLength: 20 }),
    }),
  ),
});

test('a twin in plain numbers gets the same bits, whatever lives in the slots and however late it is asked', () => {
  fc.assert(
    fc.property(fc.array(slot, { maxLength: 40 }), fc.double({ min: 0, max: 40_000, noNaN: true }), (given, nowMs) => {
      const memory = memoryFor(48);
      const slots = new Slots(memory);
      for (const { state, deadline, window } of given) {
        const row = place(slots, state, state === OPEN ? deadline : Infinity);
        if (window === null) continue;
        const times = new TimeWindow(row, window.bucketMs, window.buckets, window.minimumCalls, 0);
        let at = 0;
        for (const { waitMs, failed } of window.calls) times.record(failed ? FAILED : 0, (at += waitMs));
      }

      expect(openKernel(memory).score(slots.used, nowMs)).toEqual(scoreTwin(memory, slots.used, nowMs));
    }),
    { numRuns: 500 },
  );
});
