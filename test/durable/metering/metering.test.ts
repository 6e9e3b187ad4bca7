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

test('M9 what an earlier process committed counts in the usage of its tenant, which only grows', async () => {
  const rig = meteringRig();
  record(rig, 3);
  await rig.metering.flush();
  const earlier = linesOf(rig.ledger);

  const later = meteringRig();
  later.metering.restore(earlier);
  record(later, 2);
  await later.metering.flush();

  expect(later.metering.usage()['acme']).toMatchObject({ count: 5, tokens: 5 });
  expect(later.metering.totals()).toMatchObject({ recorded: 2, flushed: 2 });
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

  expect(rig.metering.totals()).toMatchObject({ recorded: 3, flushed: 2, pending: 0, dropped: 1, refused: 0 });
});

test('records of a run that another one has replaced in the ledger are dropped, not counted there', async () => {
  const rig = meteringRig();
  record(rig, 2);
  await rig.metering.flush();
  rig.ledger.begin('another', []);
  record(rig, 3);

  await rig.metering.flush();

  expect(rig.metering.totals()).toMatchObject({ recorded: 5, flushed: 2, pending: 0, dropped: 3, refused: 0 });
  expect(linesOf(rig.ledger)).toMatchObject([{ count: 2 }]);
});

describe('flush', () => {
  test('M6 called while a drain is under way does not begin a second one over the same records', async () => {
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

    expect(rig.metering.totals()).toMatchObject({ recorded: 4, flushed: 3, pending: 0, dropped: 1, refused: 0 });
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

describe('a window', () => {
  const MINUTE = 60_000;
  /** [start within the test, count] of every window, oldest first. */
  const windowsOf = (rig: MeteringRig, beganAt: number): [number, number][] =>
    rig.ledger.usage({}).map(({ windowStartWallMs, line }) => [windowStartWallMs - beganAt, line.count]);

  test('ends with the minute of the wall clock, and no batch is of two', async () => {
    const rig = meteringRig({ sinks: ['all'] });
    const beganAt = rig.env.wall(); // a whole minute
    rig.metering.start();
    await rig.env.advanceAsync(MINUTE - 500);
    record(rig, 3);
    await rig.env.advanceAsync(500);
    record(rig, 2);
    await rig.env.advanceAsync(1_000);

    expect(windowsOf(rig, beganAt)).toEqual([
      [0, 3],
      [MINUTE, 2],
    ]);
    const batches = rig.ledger.waiting('all', 10);
    expect(
      batches.map(({ windowStartWallMs, windowMs, records }) => [windowStartWallMs - beganAt, windowMs, records]),
    ).toEqual([
      [0, MINUTE, 3],
      [MINUTE, MINUTE, 2],
    ]);
  });

  test('in which nothing was recorded leaves no trace and no timer', async () => {
    const rig = meteringRig();
    const beganAt = rig.env.wall();
    rig.metering.start();
    record(rig, 1);
    await rig.env.advanceAsync(10 * MINUTE);
    expect(rig.env.pendingTimers).toBe(0);

    record(rig, 1);
    await rig.env.advanceAsync(1_000);

    expect(windowsOf(rig, beganAt)).toEqual([
      [0, 1],
      [10 * MINUTE, 1],
    ]);
  });

  test('keeps what was recorded in it however long nobody could flush', async () => {
    const rig = meteringRig();
    const beganAt = rig.env.wall();
    rig.metering.start();
    for (let minute = 0; minute < 3; minute++) {
      rig.workerFaults.push(...Array.from({ length: 60 }, () => 'lostBefore' as const));
      record(rig, minute + 1);
      await rig.env.advanceAsync(MINUTE);
    }
    rig.workerFaults.length = 0;
    await rig.metering.flush();

    expect(windowsOf(rig, beganAt)).toEqual([
      [0, 1],
      [MINUTE, 2],
      [2 * MINUTE, 3],
    ]);
  });

  test('is named by the wall clock, which may jump, and ends by the monotonic one', async () => {
    const rig = meteringRig();
    const beganAt = rig.env.wall();
    rig.metering.start();
    record(rig, 1);
    rig.env.jumpWall(-3_600_000);
    await rig.env.advanceAsync(MINUTE);
    record(rig, 1);
    await rig.env.advanceAsync(1_000);

    expect(windowsOf(rig, beganAt)).toEqual([
      [-3_600_000 + MINUTE, 1],
      [0, 1],
    ]);
  });
});

describe('M10 the lag', () => {
  test('is how long the oldest record that waits has waited at most, and 0 when none does', async () => {
    const rig = meteringRig();
    record(rig, 1);
    await rig.env.advanceAsync(300);
    record(rig, 1);
    await rig.env.advanceAsync(400);
    expect(rig.metering.totals().lagMs).toBe(700);

    const flushed = rig.metering.flush();
    record(rig, 1);
    await flushed;
    expect(rig.metering.totals()).toMatchObject({ lagMs: 0, pending: 0 });
  });

  test('of what was recorded behind a batch counts from when the batch was taken', async () => {
    const rig = meteringRig();
    record(rig, 2);
    await rig.env.advanceAsync(500);
    const flushed = rig.metering.flush();
    await Promise.resolve(); // the batch is taken
    record(rig, 1);
    await flushed;

    await rig.env.advanceAsync(250);

    expect(rig.metering.totals()).toMatchObject({ lagMs: 250, pending: 1 });
  });
});

test('a record under another policy hash is refused before the ring, counted, and announced once', async () => {
  const rig = meteringRig();

  expect(rig.metering.record({ ...CHAT, policyHash: 'policy' })).toBe(true);
  expect(rig.metering.record({ ...CHAT, policyHash: 'other' })).toBe(false);
  expect(rig.metering.record({ ...CHAT, policyHash: 7 as never })).toBe(false);

  expect(rig.metering.totals()).toMatchObject({ recorded: 1, refused: 0, mismatched: 2 });
  expect(rig.events).toMatchObject([{ type: 'metering.mismatched', expected: 'policy', given: '"other"' }]);
  expect(() => rig.metering.bind({ ...CHAT, policyHash: 'other' })).toThrow(
    'metering.bind: expected policyHash "policy", received "other"',
  );
  expect(rig.metering.bind({ ...CHAT, policyHash: 'policy' }).record({ tokens: 1 })).toBe(true);
});

describe('metadata', () => {
  const notesOf = (rig: MeteringRig): unknown[] =>
    rig.ledger.waiting('all', 10).map(({ notes }) => notes?.map((note) => JSON.parse(note) as unknown));

  test('goes with the batch of its record, with names and amounts, and groups nothing', async () => {
    const rig = meteringRig({ sinks: ['all'] });
    rig.metering.record({ ...CHAT, tokens: 3, latencyMs: 1.5, metadata: { model: 'm', cached: true, left: null } });
    rig.metering.record({ ...CHAT, metadata: { model: 'n' } });
    await rig.metering.flush();
    rig.metering.bind({ tenant: 'zeta', operation: 'chat' }).record({ score: 1, metadata: { n: 1 } });
    await rig.metering.flush();

    const names = { ...CHAT, tier: 'standard', agent: '' };
    expect(notesOf(rig)).toEqual([
      [
        { ...names, tokens: 3, latencyMs: 1.5, metadata: { model: 'm', cached: true, left: null } },
        { ...names, tokens: 0, metadata: { model: 'n' } },
      ],
      [{ ...names, tenant: 'zeta', tokens: 0, score: 1, metadata: { n: 1 } }],
    ]);
    expect(linesOf(rig.ledger)).toHaveLength(2);
    expect(rig.metering.totals().metadataCut).toBe(0);
  });

  test('of a record that was dropped or refused is nowhere', async () => {
    const rig = meteringRig({ sinks: ['all'] });
    for (let index = 0; index < 20; index++) rig.metering.record({ ...CHAT, metadata: { index } });
    rig.metering.record({ ...CHAT, tokens: NaN, metadata: { index: -1 } });

    await rig.metering.flush();

    expect(notesOf(rig)).toMatchObject([Array.from({ length: 16 }, (_, index) => ({ metadata: { index } }))]);
  });

  test('stays with its record when the drain is run again', async () => {
    const rig = meteringRig({ sinks: ['all'] });
    rig.workerFaults.push('lostHalfway');
    rig.ledgerFaults.push('failsAfter');
    rig.metering.record({ ...CHAT, metadata: { n: 1 } });
    await rig.metering.flush().catch(() => {});
    rig.metering.record({ ...CHAT, metadata: { n: 2 } });
    await rig.metering.flush().catch(() => {});
    await rig.metering.flush();

    const notes = notesOf(rig).flat();
    expect(notes).toMatchObject([{ metadata: { n: 1 } }, { metadata: { n: 2 } }]);
  });

  test.each([
    { what: 'what is nested', metadata: { a: 1, deep: { b: 2 } }, kept: { a: 1 } },
    { what: 'what is no JSON', metadata: { a: 1, f: () => 1, big: 1n, nan: NaN }, kept: { a: 1 } },
    { what: 'a text longer than all there is room for', metadata: { a: 1, text: 'x'.repeat(1_025) }, kept: { a: 1 } },
    {
      what: 'more bytes than a kibibyte',
      metadata: { a: 'ä'.repeat(500), b: 'ä'.repeat(20) },
      kept: { a: 'ä'.repeat(500) },
    },
    { what: 'a key longer than all there is room for', metadata: { a: 1, ['k'.repeat(2_000)]: 2 }, kept: { a: 1 } },
  ])('is cut, and counted: $what', async ({ metadata, kept }) => {
    const rig = meteringRig({ sinks: ['all'] });

    expect(rig.metering.record({ ...CHAT, metadata: metadata as never })).toBe(true);
    await rig.metering.flush();

    expect(notesOf(rig)).toMatchObject([[{ metadata: kept }]]);
    expect(rig.metering.totals().metadataCut).toBe(1);
  });

  test.each([
    ['null', null],
    ['a text', 'text'],
    ['a number', 1],
    ['a getter that throws', Object.defineProperty({}, 'a', { enumerable: true, get: () => expect.fail('a getter') })],
    ['a proxy that throws', new Proxy({}, { ownKeys: () => expect.fail('a trap') })],
  ])('that cannot be read is left out, counted, and hurts nobody: %s', async (_, metadata) => {
    const rig = meteringRig({ sinks: ['all'] });

    expect(rig.metering.record({ ...CHAT, metadata: metadata as never })).toBe(true);
    await rig.metering.flush();

    expect(notesOf(rig)).toEqual([undefined]);
    expect(rig.metering.totals()).toMatchObject({ flushed: 1, metadataCut: 1 });
  });

  test('is left out and counted when a thousand records with some wait', async () => {
    const rig = meteringRig({ sinks: ['all'], ringRecords: 2_048 });
    for (let index = 0; index < 1_030; index++) rig.metering.record({ ...CHAT, metadata: { index } });

    await rig.metering.flush();

    expect((notesOf(rig)[0] as unknown[]).length).toBe(1_024);
    expect(rig.metering.totals()).toMatchObject({ flushed: 1_030, metadataCut: 6 });
  });

  test('is not looked at where there is no sink', async () => {
    const rig = meteringRig();
    const metadata = new Proxy({}, { ownKeys: () => expect.fail('looked at') });

    expect(rig.metering.record({ ...CHAT, metadata })).toBe(true);
    expect(rig.metering.totals().metadataCut).toBe(0);
  });
});
