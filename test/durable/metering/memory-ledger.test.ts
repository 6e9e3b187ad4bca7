import { expect, test } from 'vitest';
import type { Batch } from '../../../src/durable/metering/ledger.ts';
import { MemoryLedger } from '../../../src/durable/metering/memory-ledger.ts';
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
  return { id: `batch of ${records}`, records, windowStartWallMs: 0, windowMs: 60_000, lines: [line] };
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
