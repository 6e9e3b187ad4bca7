import { describe, expect, test } from 'vitest';
import { RECORD_SEQUENCE, RING_RECORD_BYTES } from '../../../wasm/layout.ts';
import { meteringRig, type MeteringRig } from './metering-rig.ts';
import { linesOf } from './lines-of.ts';

const CHAT = { tenant: 'acme', operation: 'chat' };

/** That many records of one token each. */
function record({ metering }: MeteringRig, count: number): void {
  for (let index = 0; index < count; index++) metering.record({ ...CHAT, tokens: 1 });
}

describe('a drain comes', () => {
  test('a second after the first record, and not again while nothing waits', async () => {
    const rig = meteringRig();
    rig.metering.start();
    record(rig, 3);

    await rig.env.advanceAsync(999);
    expect(rig.metering.totals()).toMatchObject({ pending: 3, flushed: 0 });

    await rig.env.advanceAsync(1);
    expect(rig.metering.totals()).toMatchObject({ pending: 0, flushed: 3 });
    await rig.env.advanceAsync(10_000);
    expect(rig.drains).toEqual([[0, 3]]);
    expect(rig.env.pendingTimers).toBe(0);
  });

  test('at once when half of the ring is taken, and only one however many records follow', async () => {
    const rig = meteringRig();
    rig.metering.start();

    record(rig, 12);
    await rig.env.advanceAsync(0);

    expect(rig.deferrals).toBe(1);
    expect(rig.drains).toEqual([[0, 12]]);
    expect(rig.metering.totals()).toMatchObject({ pending: 0, flushed: 12 });
  });

  test('for what was recorded before the start, a second after it', async () => {
    const rig = meteringRig();
    record(rig, 16);
    await rig.env.advanceAsync(5_000);
    expect(rig.drains).toEqual([]);

    rig.metering.start();
    await rig.env.advanceAsync(1_000);

    expect(rig.metering.totals()).toMatchObject({ pending: 0, flushed: 16 });
  });

  test('without keeping the process alive', () => {
    const rig = meteringRig();
    rig.metering.start();

    record(rig, 1);

    expect(rig.env.pendingTimers).toBe(2); // of the drain, and of the window's end
    expect(rig.env.keepsAlive).toBe(false);
  });
});

test('a ring that holds more than one drain may take is emptied by several', async () => {
  const rig = meteringRig({ ringRecords: 131_072 });
  record(rig, 65_537);

  await rig.metering.flush();

  expect(rig.drains).toEqual([
    [0, 65_536],
    [65_536, 65_537],
  ]);
  expect(linesOf(rig.ledger)).toMatchObject([{ count: 65_537, tokens: 65_537 }]);
});

describe('what is committed', () => {
  test('is announced once, with what it holds', async () => {
    const rig = meteringRig();
    record(rig, 2);
    rig.metering.record({ tenant: 'zeta', operation: 'chat' });

    await rig.metering.flush();

    expect(rig.events).toHaveLength(1);
    expect(rig.events[0]).toMatchObject({ type: 'metering.committed', records: 3, groups: 2 });
  });

  test('shows in the usage of its tenant, and what was not given lowers no mean', async () => {
    const rig = meteringRig();
    const { metering } = rig;
    metering.record({ ...CHAT, tokens: 10, latencyMs: 4, score: 0.5 });
    metering.record({ ...CHAT, tokens: 5, latencyMs: 8, score: 1, agent: 'bot' });
    metering.record({ ...CHAT });
    metering.record({ tenant: '__proto__', operation: 'chat', tokens: 7 });

    await metering.flush();

    const usage = metering.usage();
    expect(Object.getPrototypeOf(usage)).toBe(null);
    expect(Object.entries(usage)).toEqual([
      ['acme', { count: 3, tokens: 15, latencyMeanMs: 6, latencyMaxMs: 8, scoreMean: 0.75 }],
      ['__proto__', { count: 1, tokens: 7, latencyMeanMs: null, latencyMaxMs: null, scoreMean: null }],
    ]);
  });

  test('adds up over drains, and the ledger has a line for each four names', async () => {
    const rig = meteringRig();
    for (let round = 0; round < 3; round++) {
      rig.metering.record({ ...CHAT, tokens: 1, latencyMs: round });
      rig.metering.record({ ...CHAT, tier: 'gold', tokens: 2 });
      await rig.metering.flush();
    }

    expect(linesOf(rig.ledger)).toMatchObject([
      { group: { ...CHAT, tier: 'standard', agent: '' }, count: 3, tokens: 3, latencyMinMs: 0, latencyMaxMs: 2 },
      { group: { ...CHAT, tier: 'gold', agent: '' }, count: 3, tokens: 6, latencyCount: 0 },
    ]);
    expect(rig.metering.usage()['acme']).toMatchObject({ count: 6, tokens: 9 });
  });
});

describe('a drain that fails', () => {
  test.each(['lostBefore', 'lostHalfway', 'lostAfter'] as const)(
    'M2 because its worker was %s is run again a second later',
    async (fault) => {
      const rig = meteringRig();
      rig.metering.start();
      rig.workerFaults.push(fault);
      record(rig, 3);

      await rig.env.advanceAsync(1_000);
      expect(rig.metering.totals()).toMatchObject({ pending: 3, flushed: 0 });
      expect(rig.failures).toHaveLength(1);

      await rig.env.advanceAsync(1_000);
      expect(rig.metering.totals()).toMatchObject({ pending: 0, flushed: 3 });
      expect(linesOf(rig.ledger)).toMatchObject([{ count: 3, tokens: 3 }]);
    },
  );

  test.each([
    { fault: 'failsBefore', isLedgerAsync: false },
    { fault: 'failsAfter', isLedgerAsync: false },
    { fault: 'failsBefore', isLedgerAsync: true },
    { fault: 'failsAfter', isLedgerAsync: true },
  ] as const)(
    'M2 because the ledger $fault (async: $isLedgerAsync) sends the same batch again, and it counts once',
    async ({ fault, isLedgerAsync }) => {
      const rig = meteringRig({ isLedgerAsync });
      rig.metering.start();
      rig.ledgerFaults.push(fault);
      record(rig, 3);
      await rig.env.advanceAsync(1_000);
      record(rig, 2); // after the batch was made: it must not grow

      await rig.env.advanceAsync(1_000);

      expect(rig.metering.totals()).toMatchObject({ pending: 0, flushed: 5 });
      expect(linesOf(rig.ledger)).toMatchObject([{ count: 5, tokens: 5 }]);
      expect(rig.metering.usage()['acme']).toMatchObject({ count: 5, tokens: 5 });
      expect(rig.drains).toEqual([
        [0, 3],
        [3, 5],
      ]);
    },
  );

  test('makes flush reject with its reason, and the records go on waiting', async () => {
    const rig = meteringRig();
    rig.workerFaults.push('lostBefore');
    record(rig, 3);

    await expect(rig.metering.flush()).rejects.toThrow('the worker was lostBefore');
    expect(rig.metering.totals()).toMatchObject({ pending: 3, flushed: 0 });

    await rig.metering.flush();
    expect(rig.metering.totals()).toMatchObject({ pending: 0, flushed: 3 });
  });
});

test('M3 an unreadable record is counted as dropped, and those around it are flushed', async () => {
  const rig = meteringRig();
  record(rig, 3);
  rig.memory.i32[(rig.memory.ring.at + RING_RECORD_BYTES + RECORD_SEQUENCE) >> 2] = 99;

  await rig.metering.flush();

  expect(rig.metering.totals()).toEqual({ recorded: 3, flushed: 2, pending: 0, dropped: 1, refused: 0 });
});

test('records of a run that another one has replaced in the ledger are dropped, not counted there', async () => {
  const rig = meteringRig();
  record(rig, 2);
  await rig.metering.flush();
  rig.ledger.begin('another', []);
  record(rig, 3);

  await rig.metering.flush();

  expect(rig.metering.totals()).toEqual({ recorded: 5, flushed: 2, pending: 0, dropped: 3, refused: 0 });
  expect(linesOf(rig.ledger)).toMatchObject([{ count: 2 }]);
});

describe('flush', () => {
  test('called while a drain is under way does not begin a second one over the same records', async () => {
    const rig = meteringRig();
    record(rig, 3);

    await Promise.all([rig.metering.flush(), rig.metering.flush(), rig.metering.flush()]);

    expect(rig.drains).toEqual([[0, 3]]);
  });

  test('flushes what is recorded when it is called, also what comes while an earlier one is under way', async () => {
    const rig = meteringRig();
    record(rig, 3);
    const first = rig.metering.flush();
    await Promise.resolve(); // the first drain has taken its records
    record(rig, 2);
    const second = rig.metering.flush();

    await Promise.all([first, second]);

    expect(rig.metering.totals()).toMatchObject({ pending: 0, flushed: 5 });
  });

  test('of nothing does nothing', async () => {
    const rig = meteringRig();

    await rig.metering.flush();

    expect(rig.drains).toEqual([]);
    expect(rig.events).toEqual([]);
  });
});

describe('stop', () => {
  test('flushes what waits, drops what comes after, leaves no timer, and may be called again', async () => {
    const rig = meteringRig();
    rig.metering.start();
    record(rig, 3);

    await rig.metering.stop();
    expect(rig.metering.record({ ...CHAT })).toBe(false);
    await rig.metering.stop();

    expect(rig.metering.totals()).toEqual({ recorded: 4, flushed: 3, pending: 0, dropped: 1, refused: 0 });
    expect(rig.env.pendingTimers).toBe(0);
  });

  test('rejects when the ledger fails, and a start flushes what was left', async () => {
    const rig = meteringRig();
    rig.metering.start();
    rig.ledgerFaults.push('failsBefore');
    record(rig, 3);

    await expect(rig.metering.stop()).rejects.toThrow('the ledger failed');
    rig.metering.start();
    await rig.env.advanceAsync(1_000);

    expect(rig.metering.totals()).toMatchObject({ pending: 0, flushed: 3 });
  });
});
