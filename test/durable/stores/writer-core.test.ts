import { describe, expect, test } from 'vitest';
import type { HistoryQuery, StoredRow } from '../../../src/durable/stores/requests.ts';
import { storeCore } from '../../../src/durable/stores/store-core.ts';
import { realEnv } from '../../../src/core/real-env.ts';
import { commitOf, eventRow, freshPath, select, usageLine, WALL_MS, Writer } from './store-rig.ts';
import { DatabaseSync } from 'node:sqlite';

const ALL = { fromWallMs: null, toWallMs: null, afterId: 0, isNewestFirst: false, limit: 100 } as const;

async function history(path: string, query: Partial<HistoryQuery>): Promise<readonly StoredRow[]> {
  const read = storeCore({ role: 'reader', path, maxAgeMs: 1, maxBytes: 1 } as never, realEnv()) as never as (
    request: unknown,
  ) => Promise<{ value: readonly StoredRow[] }>;
  return (await read({ kind: 'history', tables: ['events'], ...ALL, ...query })).value;
}

const numbers = (rows: readonly StoredRow[]): unknown[] => rows.map(([, row]) => row['id']);

describe('history', () => {
  test('rows that are sent again after a lost answer are there once', async () => {
    const path = freshPath();
    const writer = new Writer(path);
    await writer.open();

    await writer.write({ firstRow: 1, rows: [eventRow(1), eventRow(2)] });
    await writer.write({ firstRow: 1, rows: [eventRow(1), eventRow(2), eventRow(3)] });

    expect(select(path, 'SELECT id, payload FROM events')).toEqual([
      { id: 1, payload: '{"pool":"pool","error":"no. 1"}' },
      { id: 2, payload: '{"pool":"pool","error":"no. 2"}' },
      { id: 3, payload: '{"pool":"pool","error":"no. 3"}' },
    ]);
  });

  test('ids go on where the last process ended', async () => {
    const path = freshPath();
    const first = new Writer(path);
    await first.open();
    await first.write({ rows: [eventRow(1)] });
    await first.close();

    const second = new Writer(path);
    await second.open({ runId: 'run-2' });
    await second.write({ rows: [eventRow(1)] });

    expect(numbers(await history(path, {}))).toEqual([1, 2]);
  });

  test('is read within a span, a page at a time, in both directions', async () => {
    const path = freshPath();
    const writer = new Writer(path);
    await writer.open();
    await writer.write({ rows: [1, 2, 3, 4, 5].map((n) => eventRow(n, WALL_MS + n)) });

    expect(numbers(await history(path, { fromWallMs: WALL_MS + 2, toWallMs: WALL_MS + 4 }))).toEqual([2, 3]);
    expect(numbers(await history(path, { limit: 2 }))).toEqual([1, 2]);
    expect(numbers(await history(path, { limit: 2, afterId: 2 }))).toEqual([3, 4]);
    expect(numbers(await history(path, { limit: 2, isNewestFirst: true }))).toEqual([5, 4]);
  });

  test('a breaker is one row as it is, and a row for each time it changed', async () => {
    const path = freshPath();
    const writer = new Writer(path);
    await writer.open();
    const to = (state: string, from: string, epoch: number) =>
      ['circuit_breakers', 'pay', '', state, from, 'rule', epoch, null, null, 'h', null, 1, WALL_MS + epoch] as const;

    await writer.write({ rows: [to('open', 'closed', 2), to('halfOpen', 'open', 3), to('closed', 'halfOpen', 4)] });

    expect(select(path, 'SELECT breaker, state, epoch, event_id FROM circuit_breakers')).toEqual([
      { breaker: 'pay', state: 'closed', epoch: 4, event_id: 3 },
    ]);
    expect(select(path, 'SELECT id, from_state, to_state FROM circuit_breaker_state_history')).toEqual([
      { id: 1, from_state: 'closed', to_state: 'open' },
      { id: 2, from_state: 'open', to_state: 'halfOpen' },
      { id: 3, from_state: 'halfOpen', to_state: 'closed' },
    ]);
    expect(numbers(await history(path, { tables: ['circuit_breakers'], isTrips: true }))).toEqual([1]);
  });
});

describe('retention', () => {
  test('what is older than its age goes as new rows come, by a trigger of the file', async () => {
    const path = freshPath();
    const writer = new Writer(path, { maxAgeMs: 1_000 });
    await writer.open();
    await writer.write({ rows: Array.from({ length: 200 }, (_, n) => eventRow(n, WALL_MS)) });

    await writer.write({ rows: Array.from({ length: 200 }, (_, n) => eventRow(n, WALL_MS + 5_000)) });

    expect(select(path, 'SELECT count(*) AS n, min(id) AS first FROM events')).toEqual([{ n: 200, first: 201 }]);
  });

  test('the oldest goes when the file has too much in it, and what is metered stays', async () => {
    const path = freshPath();
    const writer = new Writer(path, { maxBytes: 1_048_576 });
    await writer.open();
    await writer.write({ commits: [commitOf(1, 0, [usageLine('acme', 3)])] });
    const large = 'x'.repeat(1_000);
    const rows = Array.from(
      { length: 100 },
      () => ['events', 'worker.lost', JSON.stringify({ large }), WALL_MS] as const,
    );

    for (let turn = 0; turn < 40; turn++) {
      await writer.write({ rows });
      await writer.ask({ kind: 'tidy', wallMs: WALL_MS });
    }

    const [{ n, last }] = select(path, 'SELECT count(*) AS n, max(id) AS last FROM events') as [Record<string, number>];
    expect(last).toBe(4_000);
    expect(n).toBeLessThan(1_000);
    expect(select(path, 'SELECT tenant, count FROM metering_totals')).toEqual([{ tenant: 'acme', count: 3 }]);
  });

  test('windows of usage are forgotten, totals are not (M9)', async () => {
    const path = freshPath();
    const writer = new Writer(path, { maxAgeMs: 100_000 });
    await writer.open();
    await writer.write({ commits: [commitOf(1, 0, [usageLine('acme', 3)])] });

    await writer.ask({ kind: 'tidy', wallMs: WALL_MS + 200_000 });
    const { restored } = await writer.open();

    expect(select(path, 'SELECT * FROM metering_usage')).toEqual([]);
    expect(restored.totals.map(({ group, count, tokens }) => [group.tenant, count, tokens])).toEqual([['acme', 3, 30]]);
  });

  test('a write that finds the file at its bound has the oldest forgotten, and does not wait to be tidied', async () => {
    const path = freshPath();
    const writer = new Writer(path, { maxBytes: 1_048_576 });
    await writer.open();
    const rows = Array.from({ length: 256 }, (_, n) => eventRow(n));

    for (let turn = 0; turn < 100; turn++) await writer.write({ rows });

    const [{ first, last }] = select(path, 'SELECT min(id) AS first, max(id) AS last FROM events') as [
      Record<string, number>,
    ];
    expect(last).toBe(25_600);
    expect(first).toBeGreaterThan(10_000);
  });

  test('windows of usage and delivered batches make room, too, and totals stay exact (M9)', async () => {
    const path = freshPath();
    const writer = new Writer(path, { maxBytes: 1_048_576 });
    await writer.open();
    await writer.write({ rows: [eventRow(1)] });

    for (let n = 0; n < 10_000; n += 500) {
      const commits = Array.from({ length: 500 }, (_, each) => {
        const { batch, place } = commitOf(n + each, n + each, [usageLine('acme')]);
        return { batch: { ...batch, windowStartWallMs: WALL_MS + 60_000 * (n + each) }, place };
      });
      await writer.write({ commits });
    }

    expect(select(path, 'SELECT count FROM metering_totals')).toEqual([{ count: 10_000 }]);
    expect(select(path, 'SELECT max(window_start_ms) AS at FROM metering_usage')).toEqual([
      { at: WALL_MS + 60_000 * 9_999 },
    ]);
    expect(select(path, 'SELECT id FROM events')).toEqual([{ id: 1 }]);
  });

  test('what a sink is owed goes last, the oldest first, and is counted (M10)', async () => {
    const path = freshPath();
    const writer = new Writer(path, { maxBytes: 1_048_576 });
    await writer.open({ metering: { runId: 'meter-1', sinks: ['down'], cursor: 0 } });
    const lines = Array.from({ length: 64 }, (_, n) => usageLine(`tenant ${n}`));

    for (let n = 0; n < 200; n++) await writer.write({ commits: [commitOf(n, n * 64, lines)] });

    const [{ owed, last, undelivered }] = select(
      path,
      'SELECT count(*) AS owed, max(seq) AS last, undelivered FROM metering_outbox, store_state',
    ) as [Record<string, number>];
    expect([owed! + undelivered!, last]).toEqual([200, 200]);
    expect(undelivered).toBeGreaterThan(0);
    expect(select(path, 'SELECT sum(count) AS sum FROM metering_totals')).toEqual([{ sum: 200 * 64 }]);
  });

  test('a key that is closed again leaves its history only', async () => {
    const path = freshPath();
    const writer = new Writer(path);
    await writer.open();
    const moved = (key: string, to: string, from: string) =>
      ['circuit_breakers', 'tenants', key, to, from, 'manual', 1, null, null, null, null, 0, WALL_MS] as const;
    await writer.write({
      rows: [moved('a', 'open', 'closed'), moved('b', 'open', 'closed'), moved('a', 'closed', 'open')],
    });

    await writer.ask({ kind: 'tidy', wallMs: WALL_MS });
    await writer.write({ rows: [moved('a', 'open', 'closed')] });

    expect(select(path, 'SELECT key FROM active_circuit_breakers ORDER BY key')).toEqual([{ key: 'a' }, { key: 'b' }]);
    expect(select(path, 'SELECT key, to_state FROM circuit_breaker_state_history ORDER BY id')).toEqual([
      { key: 'a', to_state: 'open' },
      { key: 'b', to_state: 'open' },
      { key: 'a', to_state: 'closed' },
      { key: 'a', to_state: 'open' },
    ]);
  });
});

describe('the log', () => {
  test('P8: the write-ahead log is cut back however much is written', async () => {
    const path = freshPath();
    const writer = new Writer(path);
    await writer.open();
    const rows = Array.from({ length: 1_000 }, (_, n) => eventRow(n));
    let longest = 0;

    for (let turn = 0; turn < 100; turn++) {
      const { levels } = await writer.write({ rows });
      longest = Math.max(longest, levels?.walBytes ?? 0);
    }

    expect(longest).toBeLessThanOrEqual(16 * 1_048_576);
  });

  test('P8: a reader that holds an old snapshot does not let it grow for ever: the writer says so, and goes on after it', async () => {
    const path = freshPath();
    const writer = new Writer(path, { maxBytes: 1_024 * 1_048_576 });
    await writer.open();
    const reader = new DatabaseSync(path);
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM events').get();
    const large = JSON.stringify({ large: 'x'.repeat(100_000) });
    const rows = Array.from({ length: 20 }, () => ['events', 'worker.lost', large, WALL_MS] as const);
    const fill = async (): Promise<void> => {
      for (let turn = 0; turn < 400; turn++) await writer.write({ rows });
    };

    await expect(fill()).rejects.toMatchObject({ kind: 'wal' });
    reader.close();
    const { levels } = await writer.open();

    expect(levels.walBytes).toBeLessThanOrEqual(16 * 1_048_576);
  });
});
