import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../src/durable/metering/ledger.ts';
import { MemoryLedger } from '../../../src/durable/metering/memory-ledger.ts';
import { WindowTotals } from '../../../src/durable/metering/window-totals.ts';
import type { GroupNames } from '../../../src/hotpath/metering-groups.ts';
import type { UsageLine } from '../../../src/hotpath/usage-line.ts';
import { linesOf } from './lines-of.ts';

const GROUP = { tenant: 'acme', operation: 'chat', tier: 'gold', agent: '' };

/** One record of 3 ms. */
const A_CALL = {
  latencyCount: 1,
  latencySumMs: 3,
  latencyMinMs: 3,
  latencyMaxMs: 3,
  latencyCells: [0, 1],
  scoreCount: 0,
  scoreSum: 0,
};

function batchOf(records: number, group = GROUP): Batch {
  const line = { ...A_CALL, group, count: records, tokens: records * 10 };
  return {
    id: `batch of ${records}`,
    records,
    windowStartWallMs: 0,
    windowMs: 60_000,
    policyHash: 'policy',
    lines: [line],
  };
}

function counts(ledger: MemoryLedger): readonly number[] {
  return linesOf(ledger).map(({ count }) => count);
}

test('batches that follow each other add up', () => {
  const ledger = new MemoryLedger();
  ledger.begin('a', []);

  expect(ledger.commit(batchOf(3), { runId: 'a', cursor: 0 })).toBe(true);
  expect(ledger.commit(batchOf(2), { runId: 'a', cursor: 3 })).toBe(true);

  expect(linesOf(ledger)).toEqual([
    {
      group: GROUP,
      count: 5,
      tokens: 50,
      latencyCount: 2,
      latencySumMs: 6,
      latencyMinMs: 3,
      latencyMaxMs: 3,
      latencyCells: [0, 2],
      scoreCount: 0,
      scoreSum: 0,
    },
  ]);
});

test('M2 a batch that is sent again is stored, and counted once', () => {
  const ledger = new MemoryLedger();
  ledger.begin('a', []);
  ledger.commit(batchOf(3), { runId: 'a', cursor: 0 });

  expect(ledger.commit(batchOf(3), { runId: 'a', cursor: 0 })).toBe(true);
  expect(counts(ledger)).toEqual([3]);
});

test.each([1, 2, 4, 100])(
  'a batch at cursor %d behind one that ended at 3 is refused, and changes nothing',
  (cursor) => {
    const ledger = new MemoryLedger();
    ledger.begin('a', []);
    ledger.commit(batchOf(3), { runId: 'a', cursor: 0 });

    expect(() => ledger.commit(batchOf(5), { runId: 'a', cursor })).toThrow(
      `ledger: expected batch batch of 5 to begin at cursor 3, received one that begins at ${cursor}`,
    );
    expect(counts(ledger)).toEqual([3]);
  },
);

test('a commit of a run that has not begun, or is over, is ignored', () => {
  const ledger = new MemoryLedger();
  expect(ledger.commit(batchOf(1), { runId: 'a', cursor: 0 })).toBe(false);
  ledger.begin('a', []);
  ledger.commit(batchOf(3), { runId: 'a', cursor: 0 });
  ledger.begin('b', []);

  expect(ledger.commit(batchOf(2), { runId: 'a', cursor: 3 })).toBe(false);
  expect(ledger.commit(batchOf(7), { runId: 'b', cursor: 0 })).toBe(true);
  expect(counts(ledger)).toEqual([10]);
});

test('M9 the same names in another run are the same line', () => {
  const ledger = new MemoryLedger();
  ledger.begin('a', []);
  ledger.commit(batchOf(3), { runId: 'a', cursor: 0 });
  ledger.begin('b', []);
  ledger.commit(batchOf(4, { ...GROUP }), { runId: 'b', cursor: 0 });

  expect(counts(ledger)).toEqual([7]);
});

function lineOf(group: GroupNames, count = 1): UsageLine {
  return { ...A_CALL, group, count, tokens: count * 10 };
}

const groupNames = (tenant: string): GroupNames => ({ ...GROUP, tenant });

describe('windows', () => {
  /** Commits one record for each start, as a run would. */
  function commitAt(ledger: MemoryLedger, starts: readonly number[], group = GROUP): void {
    ledger.begin('a', []);
    for (const [cursor, windowStartWallMs] of starts.entries())
      ledger.commit(
        {
          id: `b${cursor}`,
          records: 1,
          windowStartWallMs,
          windowMs: 100,
          policyHash: 'policy',
          lines: [lineOf(group)],
        },
        { runId: 'a', cursor },
      );
  }

  test('are kept apart, and given oldest first, also when the wall clock jumped back', () => {
    const ledger = new MemoryLedger();
    commitAt(ledger, [200, 300, 300, 100]);

    const windows = ledger.usage({}).map(({ windowStartWallMs, line }) => [windowStartWallMs, line.count]);

    expect(windows).toEqual([
      [100, 1],
      [200, 1],
      [300, 2],
    ]);
  });

  test.each([
    { query: {}, starts: [100, 200, 300] },
    { query: { fromWallMs: 200 }, starts: [200, 300] },
    { query: { toWallMs: 300 }, starts: [100, 200] },
    { query: { fromWallMs: 101, toWallMs: 300 }, starts: [200] },
    { query: { tenant: 'acme' }, starts: [100, 200, 300] },
    { query: { tenant: '__proto__' }, starts: [] },
  ])('that begin within $query are $starts', ({ query, starts }) => {
    const ledger = new MemoryLedger();
    commitAt(ledger, [100, 200, 300]);

    expect(ledger.usage(query).map(({ windowStartWallMs }) => windowStartWallMs)).toEqual(starts);
  });

  test('M7 that are too many become one with the next, and no total changes', () => {
    const totals = new WindowTotals(2);
    for (const windowStartWallMs of [100, 200, 300, 50, 400])
      totals.add({
        id: '',
        records: 1,
        windowStartWallMs,
        windowMs: 100,
        policyHash: 'policy',
        lines: [lineOf(GROUP)],
      });

    expect(totals.matching({}).map(({ line, ...window }) => ({ ...window, count: line.count }))).toEqual([
      { windowStartWallMs: 50, windowMs: 350, count: 4 },
      { windowStartWallMs: 400, windowMs: 100, count: 1 },
    ]);
  });

  test('what is handed out does not change when more is committed', () => {
    const ledger = new MemoryLedger();
    commitAt(ledger, [100]);
    const [before] = ledger.usage({});

    ledger.commit(
      { id: 'b', records: 1, windowStartWallMs: 100, windowMs: 100, policyHash: 'policy', lines: [lineOf(GROUP)] },
      { runId: 'a', cursor: 1 },
    );

    expect(before!.line).toEqual(lineOf(GROUP));
  });
});

describe('what a sink is owed', () => {
  const batchAt = (cursor: number, lines = 1): Batch => ({
    id: `b${cursor}`,
    records: 1,
    windowStartWallMs: 0,
    windowMs: 60_000,
    policyHash: 'policy',
    lines: Array.from({ length: lines }, (_, line) => lineOf(groupNames(`tenant-${line}`))),
  });

  test('is every batch, oldest first, until it is delivered; the one sink does not see what the other had', () => {
    const ledger = new MemoryLedger();
    ledger.begin('a', ['one', 'other']);
    for (const cursor of [0, 1, 2]) ledger.commit(batchAt(cursor), { runId: 'a', cursor });

    ledger.delivered('one', ['b0', 'never committed']);

    expect(ledger.waiting('one', 10).map(({ id }) => id)).toEqual(['b1', 'b2']);
    expect(ledger.waiting('other', 2).map(({ id }) => id)).toEqual(['b0', 'b1']);
    expect(ledger.waiting('unknown', 10)).toEqual([]);
  });

  test('is owed to it in the next run too', () => {
    const ledger = new MemoryLedger();
    ledger.begin('a', ['one']);
    ledger.commit(batchAt(0), { runId: 'a', cursor: 0 });
    ledger.begin('b', ['one', 'late']);
    ledger.commit({ ...batchAt(0), id: 'b-0' }, { runId: 'b', cursor: 0 });

    expect(ledger.waiting('one', 10).map(({ id }) => id)).toEqual(['b0', 'b-0']);
    expect(ledger.waiting('late', 10).map(({ id }) => id)).toEqual(['b-0']);
  });

  test('M2 is owed once when a batch is sent again', () => {
    const ledger = new MemoryLedger();
    ledger.begin('a', ['one']);
    ledger.commit(batchAt(0), { runId: 'a', cursor: 0 });
    ledger.commit(batchAt(0), { runId: 'a', cursor: 0 });

    expect(ledger.waiting('one', 10)).toHaveLength(1);
  });

  test('M10 is bounded: batches beyond 16,384 lines are counted and in the totals, and there is room again when some are delivered', () => {
    const ledger = new MemoryLedger();
    ledger.begin('a', ['one']);
    for (let cursor = 0; cursor < 20; cursor++) ledger.commit(batchAt(cursor, 1_000), { runId: 'a', cursor });
    expect([ledger.waiting('one', 100).length, ledger.overflow]).toEqual([16, 4]);

    ledger.delivered('one', ['b0']);
    ledger.commit(batchAt(20, 1_000), { runId: 'a', cursor: 20 });

    expect(ledger.waiting('one', 100).at(-1)?.id).toBe('b20');
    expect(ledger.overflow).toBe(4);
    expect(counts(ledger).every((count) => count === 21)).toBe(true);
  });

  test('a batch that alone is more than the bound has room when nothing else waits', () => {
    const ledger = new MemoryLedger();
    ledger.begin('a', ['one']);
    ledger.commit(batchAt(0, 20_000), { runId: 'a', cursor: 0 });

    expect(ledger.waiting('one', 1)).toHaveLength(1);
  });
});
