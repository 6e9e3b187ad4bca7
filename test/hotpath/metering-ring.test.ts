import { describe, expect, test } from 'vitest';
import { allocateMemory, type SharedMemory } from '../../src/hotpath/memory.ts';
import { type MeteredRecord, MeteringRing } from '../../src/hotpath/metering-ring.ts';
import {
  RECORD_GROUP,
  RECORD_LATENCY_MS,
  RECORD_SCORE,
  RECORD_SEQUENCE,
  RECORD_TOKENS,
  RING_HEAD,
  RING_RECORD_BYTES,
  RING_TAIL,
} from '../../wasm/layout.ts';

const RECORD: MeteredRecord = {
  tenant: 'acme',
  operation: 'chat',
  tier: 'gold',
  agent: 'bot',
  tokens: 12,
  latencyMs: 3.5,
  score: 0.9,
};

interface Rig {
  readonly memory: SharedMemory;
  readonly ring: MeteringRing;
  /** What `onWaiting` was told, in order. */
  readonly waiting: boolean[];
}

function rig(startAt = 0, records = 16): Rig {
  const memory = allocateMemory({ slots: 16, blockBytes: 64, ringRecords: records, groups: 16 });
  const waiting: boolean[] = [];
  const ring = new MeteringRing(memory, { startAt, onWaiting: (isHalfFull) => void waiting.push(isHalfFull) });
  return { memory, ring, waiting };
}

/** The record at a place of the ring, as the kernel sees it. */
function readRecord({ i32, f64, ring }: SharedMemory, index: number): Record<string, number> {
  const at = ring.at + (index & (ring.records - 1)) * RING_RECORD_BYTES;
  return {
    group: i32[(at + RECORD_GROUP) >> 2]!,
    sequence: i32[(at + RECORD_SEQUENCE) >> 2]!,
    tokens: f64[(at + RECORD_TOKENS) >> 3]!,
    latencyMs: f64[(at + RECORD_LATENCY_MS) >> 3]!,
    score: f64[(at + RECORD_SCORE) >> 3]!,
  };
}

describe('a record', () => {
  test('lies in the ring under its number, and the tail stands behind it', () => {
    const { memory, ring } = rig();

    expect(ring.record(RECORD)).toBe(true);

    const group = ring.groups.find('acme', 'chat', 'gold', 'bot');
    expect(readRecord(memory, 0)).toEqual({ group, sequence: 0, tokens: 12, latencyMs: 3.5, score: 0.9 });
    expect([memory.i32[RING_HEAD >> 2], memory.i32[RING_TAIL >> 2]]).toEqual([0, 1]);
    expect(ring.reading()).toMatchObject({ recorded: 1, flushed: 0, pending: 1, dropped: 0, refused: 0 });
  });

  test('without tier and agent is standard and nobody; without amounts it uses no tokens and says nothing of the rest', () => {
    const { memory, ring } = rig();

    ring.record({ tenant: 'acme', operation: 'chat' });

    const { group, tokens, latencyMs, score } = readRecord(memory, 0);
    expect(ring.groups.namesOf(group!)).toEqual({ tenant: 'acme', operation: 'chat', tier: 'standard', agent: '' });
    expect([tokens, latencyMs, score]).toEqual([0, NaN, NaN]);
  });

  test('of a bound meter is the same record', () => {
    const { memory, ring } = rig();
    const { tokens, latencyMs, score, ...names } = RECORD;

    ring.record(RECORD);
    ring.bind(names).record({ tokens, latencyMs, score });

    expect({ ...readRecord(memory, 1), sequence: 0 }).toEqual(readRecord(memory, 0));
  });

  test.each([undefined, null, '', 5])(
    'of a bound meter is the same record, also with %j for a tier and an agent',
    (none) => {
      const { memory, ring } = rig();
      const names = { tenant: 'acme', operation: 'chat', tier: none, agent: none } as MeteredRecord;

      ring.record(names);
      ring.bind(names).record({});

      expect(readRecord(memory, 1).group).toBe(readRecord(memory, 0).group);
    },
  );

  test('may be as large as 2⁵³', () => {
    const { ring } = rig();

    expect(ring.record({ ...RECORD, tokens: 2 ** 53, latencyMs: 2 ** 53, score: 2 ** 53 })).toBe(true);
    expect(ring.record({ ...RECORD, tokens: 0, latencyMs: 0, score: 0 })).toBe(true);
  });
});

describe('M8 what is no amount is refused before the ring', () => {
  const RUBBISH = [
    NaN,
    -1,
    -Number.MIN_VALUE,
    Infinity,
    -Infinity,
    2 ** 53 + 2,
    null,
    '12',
    true,
    12n,
    {},
    [],
    Symbol('s'),
  ];

  test.each(RUBBISH)('%#', (rubbish) => {
    const { memory, ring } = rig();
    const bound = ring.bind(RECORD);

    for (const amount of ['tokens', 'latencyMs', 'score']) {
      expect(ring.record({ ...RECORD, [amount]: rubbish })).toBe(false);
      expect(bound.record({ [amount]: rubbish })).toBe(false);
    }

    expect(ring.reading()).toMatchObject({ recorded: 0, flushed: 0, pending: 0, dropped: 0, refused: 6 });
    expect(memory.i32[RING_TAIL >> 2]).toBe(0);
  });
});

describe('M4 record never throws', () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const trap = {
    get tenant(): string {
      throw new Error('a getter');
    },
    get tokens(): number {
      throw new Error('a getter');
    },
  };

  const unreadable = [
    { what: 'null', rubbish: null },
    { what: 'nothing', rubbish: undefined },
    { what: 'getters that throw', rubbish: trap },
    { what: 'a revoked proxy', rubbish: revoked.proxy },
  ];
  const nameless = [
    { what: 'a number', rubbish: 0 },
    { what: 'a text', rubbish: 'text' },
    { what: 'an empty object', rubbish: {} },
    { what: 'an array', rubbish: [] },
    { what: 'a function', rubbish: () => {} },
  ];

  test.each(unreadable)('and refuses what cannot be read: $what', ({ rubbish }) => {
    const { ring } = rig();

    expect(ring.record(rubbish as never)).toBe(false);
    expect(ring.bind(RECORD).record(rubbish as never)).toBe(false);
    expect(ring.reading().refused).toBe(2);
  });

  test.each(nameless)('and charges what has no names to __other: $what', ({ rubbish }) => {
    const { memory, ring } = rig();

    expect(ring.record(rubbish as never)).toBe(true);
    expect(ring.groups.namesOf(readRecord(memory, 0)['group']!).tenant).toBe('__other');
  });

  test.each([...unreadable, ...nameless])(
    'nor does bind, whose records are then charged to __other: $what',
    ({ rubbish }) => {
      const { memory, ring } = rig();

      expect(ring.bind(rubbish as never).record({ tokens: 1 })).toBe(true);
      expect(ring.groups.namesOf(readRecord(memory, 0)['group']!).tenant).toBe('__other');
    },
  );
});

describe('a full ring', () => {
  test('drops and counts, and takes records again when the oldest are released', () => {
    const { ring } = rig();
    for (let record = 0; record < 20; record++) ring.record(RECORD);
    expect(ring.reading()).toMatchObject({ recorded: 20, flushed: 0, pending: 16, dropped: 4, refused: 0 });

    ring.release(3, 3);

    expect([ring.record(RECORD), ring.record(RECORD), ring.record(RECORD), ring.record(RECORD)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(ring.reading()).toMatchObject({ recorded: 24, flushed: 3, pending: 16, dropped: 5, refused: 0 });
  });

  test('that is closed drops everything, keeps what it has, and can be opened again', () => {
    const { ring } = rig();
    ring.record(RECORD);

    ring.close();
    expect(ring.record(RECORD)).toBe(false);
    expect(ring.reading()).toMatchObject({ pending: 1, dropped: 1 });

    ring.open();
    expect(ring.record(RECORD)).toBe(true);
  });

  test('what was released without being flushed is dropped', () => {
    const { ring } = rig();
    for (let record = 0; record < 5; record++) ring.record(RECORD);

    ring.release(5, 3);

    expect(ring.reading()).toMatchObject({ recorded: 5, flushed: 3, pending: 0, dropped: 2, refused: 0 });
    expect(ring.released).toBe(5);
  });
});

test('whoever empties it is told of the first record, and of each one once half of the room is taken', () => {
  const { ring, waiting } = rig();
  for (let record = 0; record < 8; record++) ring.record(RECORD);
  expect(waiting).toEqual([false]);

  ring.record(RECORD);
  ring.record(RECORD);
  expect(waiting).toEqual([false, true, true]);

  ring.release(10, 10);
  ring.record(RECORD);
  expect(waiting).toEqual([false, true, true, false]);
});

describe.each([2 ** 31 - 3, 2 ** 32 - 3])('M5 a ring that begins at %d', (startAt) => {
  test('numbers its records across the wrap, fills, drops and empties like any other', () => {
    const { memory, ring } = rig(startAt);

    for (let record = 0; record < 20; record++) ring.record({ ...RECORD, tokens: record });
    const stored = Array.from({ length: 16 }, (_, number) => readRecord(memory, (startAt + number) | 0));
    expect(stored.map(({ tokens }) => tokens)).toEqual([...Array(16).keys()]);
    expect(stored.map(({ sequence }) => sequence)).toEqual(stored.map((_, number) => (startAt + number) | 0));
    expect(ring.reading()).toMatchObject({ recorded: 20, flushed: 0, pending: 16, dropped: 4, refused: 0 });

    ring.release(16, 16);
    expect(ring.pending).toBe(0);
    expect(ring.head).toBe((startAt + 16) | 0);
  });
});
