/** The fault catalogue's rows of the store, on real files: what it does, and that no call ever hears of it. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import type { Database, Env } from '../../../src/core/env.ts';
import type { HoldfastEvent } from '../../../src/core/events.ts';
import { realEnv } from '../../../src/core/real-env.ts';
import type { StoreReading } from '../../../src/core/readings.ts';
import { createRuntime, type Runtime } from '../../../src/runtime.ts';
import {
  commitOf,
  eventRow,
  type FileEnv,
  fileEnv,
  freshPath,
  select,
  usageLine,
  WALL_MS,
  Writer,
} from './store-rig.ts';

interface Stage {
  readonly env: FileEnv;
  readonly runtime: Runtime;
  readonly events: HoldfastEvent[];
  reading(): StoreReading;
  trip(): Promise<void>;
}

async function open(path: string, env: FileEnv = fileEnv(), maxBytes = 64 * 1_048_576): Promise<Stage> {
  const events: HoldfastEvent[] = [];
  const runtime = await env.settle(createRuntime({ name: 'test', env, store: { path, retention: { maxBytes } } }));
  runtime.events.on('*', (event) => void (event.type.startsWith('store.') && events.push(event)));
  onTestFinished(() => env.settle(runtime.stop()));
  const breaker = runtime.breaker('pay', { consecutiveFailures: 1 });
  return {
    env,
    runtime,
    events,
    reading: () => runtime.readings().store['self']!,
    trip: async () => {
      breaker.reset({ by: 'test', reason: 'again' });
      await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => {});
      expect(breaker.state).toBe('open');
    },
  };
}

/** Lets a test break the connection a writer has to its file. */
function tampered(): {
  readonly env: FileEnv;
  readonly writers: Database[];
  refuse: ((sql: string) => void) | undefined;
} {
  const writers: Database[] = [];
  const tamper = (database: Database, path: string): Database => {
    if (path.endsWith('.lock')) return database;
    writers.push(database);
    const heed = (sql: string): void => world.refuse?.(sql);
    return {
      get isInTransaction() {
        return database.isInTransaction;
      },
      exec: (sql) => {
        heed(sql);
        database.exec(sql);
      },
      run: (sql, ...values) => {
        heed(sql);
        database.run(sql, ...values);
      },
      all: (sql, ...values) => database.all(sql, ...values),
      close: () => database.close(),
    };
  };
  const world: ReturnType<typeof tampered> = { env: fileEnv(1, tamper), writers, refuse: undefined };
  return world;
}

function sqliteError(errcode: number, message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode });
}

/** Let time pass until the store is so. */
const becomes = async (stage: Stage, state: StoreReading['state']): Promise<void> => {
  while (stage.reading().state !== state) await elapse(stage, 100);
};
const types = (events: readonly HoldfastEvent[]): string[] => events.map(({ type }) => type);
const trips = (path: string): unknown =>
  select(path, "SELECT count(*) AS n FROM circuit_breaker_state_history WHERE to_state = 'open'")[0]!['n'];
const elapse = async ({ env, runtime }: Stage, ms: number): Promise<void> => {
  await env.advanceAsync(ms);
  await env.settle(runtime.history.trips());
};

test('fault 6: a writer that dies is started again, and nothing it was given is lost or there twice', async () => {
  const path = freshPath();
  const stage = await open(path);

  for (let round = 1; round <= 10; round++) {
    await stage.trip();
    stage.runtime.metering.record({ tenant: 'acme', operation: 'ask' });
    const flushed = stage.runtime.metering.flush();
    await stage.runtime.supervisor.kill('root/store/writer', { by: 'test', reason: 'drill' });
    await stage.env.settle(flushed);
    await becomes(stage, 'ready');
  }
  await stage.env.settle(stage.runtime.stop());

  expect(trips(path)).toBe(10);
  expect(select(path, 'SELECT tenant, count FROM metering_totals')).toEqual([{ tenant: 'acme', count: 10 }]);
  expect(select(path, 'SELECT records FROM store_state')).toEqual([{ records: 10 }]);
});

test('fault 8: after a stall of the loop the store goes on as if nothing had been', async () => {
  const path = freshPath();
  const stage = await open(path);
  await stage.trip();

  stage.env.advance(10_000); // timers fire, and no promise runs
  await elapse(stage, 0);

  expect(stage.reading()).toMatchObject({ state: 'ready', errors: 0, dropped: 0 });
  expect(trips(path)).toBe(1);
});

test('fault 9: a wall clock that jumped ahead or back keeps no breaker open longer than an opening lasts (B14)', async () => {
  for (const [jumpMs, state] of [
    [-3_600_000, 'open'],
    [7_200_000, 'open'],
  ] as const) {
    const path = freshPath();
    const first = fileEnv();
    const before = await first.settle(createRuntime({ env: first, store: { path } }));
    await before
      .breaker('pay', { consecutiveFailures: 1, openMs: 5_000 })
      .execute(() => Promise.reject(new Error('down')))
      .catch(() => {});
    await first.settle(before.stop());

    const env = fileEnv();
    env.jumpWall(jumpMs);
    const after = await env.settle(createRuntime({ env, store: { path } }));
    const breaker = after.breaker('pay', { consecutiveFailures: 1, openMs: 5_000 });

    expect(breaker.state).toBe(state);
    expect(breaker.snapshot().remainingOpenMs).toBe(jumpMs < 0 ? 5_000 : 0);
    await env.settle(after.stop());
  }
});

test('fault 10, P3: on a full disk what happens waits in memory, is counted, and is written when there is room', async () => {
  const path = freshPath();
  const stage = await open(path, fileEnv(), 1_048_576);
  const filler = new DatabaseSync(path); // somebody else fills the file up to what it may have
  filler.exec('CREATE TABLE filler (v BLOB)');
  filler.exec('INSERT INTO filler VALUES (zeroblob(900000))');
  filler.exec('PRAGMA wal_checkpoint(TRUNCATE)');

  stage.runtime.metering.record({ tenant: 'acme', operation: 'ask' });
  await stage.env.settle(stage.runtime.metering.flush());
  for (let n = 0; n < 600; n++) await stage.trip();
  await becomes(stage, 'degraded');
  expect(stage.reading()).toMatchObject({ state: 'degraded', lastError: expect.stringContaining('full') as string });
  expect(await stage.env.settle(stage.runtime.history.trips({ limit: 3 }))).toHaveLength(3); // from memory
  stage.runtime.metering.record({ tenant: 'acme', operation: 'ask' });
  await stage.env.settle(stage.runtime.metering.flush());
  expect(stage.reading().unsaved).toBe(1);
  expect(stage.runtime.readings().usage['acme']!.count).toBe(2);

  filler.exec('DROP TABLE filler');
  filler.close();
  await becomes(stage, 'ready');
  await elapse(stage, 0);

  expect(stage.reading()).toMatchObject({ state: 'ready', dropped: 0, unsaved: 0, queued: 0 });
  expect(types(stage.events).filter((type) => type !== 'store.committed')).toEqual([
    'store.degraded',
    'store.recovered',
  ]);
  expect(trips(path)).toBe(600);
  expect(select(path, 'SELECT count FROM metering_totals')).toEqual([{ count: 2 }]);
  expect(select(path, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
});

test('fault 11, P3: another connection that holds the lock delays the writer, never a call, and nothing is lost', async () => {
  const path = freshPath();
  const world = tampered();
  const stage = await open(path, world.env);
  let isHeld = true;
  world.refuse = (sql) => {
    if (isHeld && sql === 'BEGIN IMMEDIATE') throw sqliteError(5, 'database is locked');
  };

  await stage.trip();
  await becomes(stage, 'degraded');
  expect(stage.reading().lastError).toContain('locked');
  isHeld = false;
  await becomes(stage, 'ready');

  expect(stage.reading().state).toBe('ready');
  expect(trips(path)).toBe(1);
});

test("P5: no statement of SQLite runs in the application's thread, neither to write nor to answer", async () => {
  const path = freshPath();
  const opened: string[] = [];
  const database: Env['database'] = (file) => Promise.reject(new Error(`opened ${opened.push(file)}`));
  const runtime = await createRuntime({ env: { ...realEnv(), database }, store: { path } });
  onTestFinished(() => runtime.stop());

  runtime.breaker('pay').open({ by: 'ann', reason: 'drill' });
  runtime.metering.record({ tenant: 'acme', operation: 'ask' });
  await runtime.metering.flush();
  const trips = await runtime.history.trips();
  const [usage] = await runtime.metering.usage();
  await runtime.stop();

  expect([trips[0]!.breaker, trips[0]!.id, usage!.count]).toEqual(['pay', expect.stringMatching(/^e/), 1]);
  expect(opened).toEqual([]);
});

test('fault 11: a lock that another connection really holds is waited for in the thread, and then said', async () => {
  const path = freshPath();
  const writer = new Writer(path);
  await writer.open();
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');

  await expect(writer.write({ firstRow: 1, rows: [eventRow(1)] })).rejects.toMatchObject({ kind: 'busy' });
  other.exec('COMMIT');
  other.close();
  await writer.write({ firstRow: 1, rows: [eventRow(1)] });

  expect(select(path, 'SELECT id FROM events')).toEqual([{ id: 1 }]);
});

test.each([
  ['no database at all', (path: string) => writeFileSync(path, 'these are not the bytes of a database'.repeat(300))],
  ['one with a broken header', (path: string) => writeFileSync(path, overwritten(path, 0, 'garbage!'))],
  ['one with a broken page', (path: string) => writeFileSync(path, overwritten(path, 12_288, '\xff'.repeat(8_192)))],
  ['one that was cut off', (path: string) => truncateSync(path, 40_000)],
])('fault 12, P9: a file that is %s is put aside as it is, and the store begins anew', async (_name, spoil) => {
  const path = freshPath();
  const writer = new Writer(path);
  await writer.open();
  await writer.write({ rows: Array.from({ length: 500 }, (_, n) => eventRow(n)) });
  await writer.ask({ kind: 'close', wallMs: WALL_MS });
  markOpen(path); // as after a crash: only then the whole file is looked at
  spoil(path);
  const broken = readFileSync(path);

  const { quarantined } = await writer.open();

  expect(quarantined!.aside).toBe(`${path}.corrupt-${WALL_MS}`);
  expect(readFileSync(quarantined!.aside).equals(broken)).toBe(true);
  expect(select(path, 'SELECT count(*) AS n FROM events')).toEqual([{ n: 0 }]);
});

test('P9: what was put aside earlier is not written over, should the wall clock say the same again', async () => {
  const path = freshPath();
  writeFileSync(path, 'no database '.repeat(400));
  writeFileSync(`${path}.corrupt-${WALL_MS}`, 'an earlier one');

  const { quarantined } = await new Writer(path).open();

  expect(quarantined!.aside).toBe(`${path}.corrupt-${WALL_MS}-2`);
  expect(readFileSync(`${path}.corrupt-${WALL_MS}`, 'utf8')).toBe('an earlier one');
});

test('fault 12, P3: a file found broken while it is in use is put aside, which is said, and what is metered goes on', async () => {
  const path = freshPath();
  const world = tampered();
  const stage = await open(path, world.env);
  stage.runtime.metering.record({ tenant: 'acme', operation: 'ask' });
  await stage.env.settle(stage.runtime.metering.flush());
  world.refuse = (sql) => {
    if (!sql.startsWith('INSERT INTO circuit_breakers')) return;
    world.refuse = undefined;
    throw sqliteError(11, 'database disk image is malformed');
  };

  await stage.trip();
  await becomes(stage, 'degraded');
  await becomes(stage, 'ready');
  stage.runtime.metering.record({ tenant: 'acme', operation: 'ask' });
  await stage.env.settle(stage.runtime.metering.flush());

  expect(types(stage.events).filter((type) => type !== 'store.committed')).toEqual([
    'store.degraded',
    'store.quarantined',
    'store.recovered',
  ]);
  expect(stage.reading()).toMatchObject({ state: 'ready', quarantined: 1, unsaved: 0 });
  expect(stage.runtime.readings().usage['acme']!.count).toBe(2);
  expect(trips(path)).toBe(1);
  const aside = readdirSync(dirname(path)).filter((file) => file.startsWith(`${basename(path)}.corrupt-`));
  expect(aside.filter((file) => !file.endsWith('-wal') && !file.endsWith('-shm'))).toHaveLength(1);
});

test('fault 12: a bit that flips inside of a value, which SQLite does not see, is found, and the row put aside', async () => {
  const path = freshPath();
  const writer = new Writer(path);
  await writer.open();
  await writer.write({
    rows: [eventRow(1), eventRow(2)],
    kept: [
      { kind: 'flag', id: 'dark', value: '{"on":true}' },
      { kind: 'flag', id: 'light', value: '{"on":true}' },
    ],
    commits: [commitOf(1, 0, [usageLine('acme', 7), usageLine('umbra', 1)])],
  });
  await writer.close();
  const tool = new DatabaseSync(path); // as a flipped bit would, whatever the file's own checks say
  tool.exec(`UPDATE metering_totals SET count = 8 WHERE tenant = 'acme'; UPDATE kept_state SET value = '{"on":frue}' WHERE id = 'dark';
    UPDATE metering_usage SET count = 8 WHERE tenant = 'acme'`);
  tool.close();

  const { restored, levels } = await writer.open();
  await writer.write({ commits: [commitOf(2, 8, [usageLine('acme', 1)])] });

  expect(restored.totals.map(({ group, count }) => [group.tenant, count])).toEqual([['umbra', 1]]);
  expect(restored.kept).toEqual([{ kind: 'flag', id: 'light', value: '{"on":true}' }]);
  expect(levels.damaged).toBe(2);
  expect(select(path, 'SELECT table_name FROM damaged_rows ORDER BY id')).toEqual([
    { table_name: 'kept_state' },
    { table_name: 'metering_totals' },
    { table_name: 'metering_usage' },
  ]);
});

test('fault 13: a folder that is missing, or a folder in the place of the file, fails the start, naming the path', async () => {
  const path = freshPath();
  mkdirSync(path);

  for (const wrong of [path, `${path}/none/holdfast.db`]) {
    const env = fileEnv();
    await expect(env.settle(createRuntime({ env, store: { path: wrong } }))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: `store ${JSON.stringify(wrong)}: expected a file in a folder that is there, received none that can be opened`,
    });
    expect(env.keepsAlive).toBe(false);
  }
});

test('fault 12: something else in the place of the lock fails the start, and the file is not put aside for it', async () => {
  const path = freshPath();
  writeFileSync(`${path}.lock`, 'somebody else was here '.repeat(400));
  const env = fileEnv();

  await expect(env.settle(createRuntime({ env, store: { path } }))).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('received another file') as string,
  });
  expect(readdirSync(dirname(path))).toEqual([basename(`${path}.lock`)]);
});

test('fault 13, P3: a file that cannot be written degrades the store, and the runtime starts', async () => {
  const path = freshPath();
  const world = tampered();
  const first = await open(path, world.env);
  await first.env.settle(first.runtime.stop());
  world.refuse = (sql) => {
    if (/^(INSERT|UPDATE|DELETE)/.test(sql)) throw sqliteError(8, 'attempt to write a readonly database');
  };

  const stage = await open(path, world.env);
  await stage.trip();
  expect(stage.reading()).toMatchObject({
    state: 'degraded',
    lastError: expect.stringContaining('readonly') as string,
  });
  expect(await stage.env.settle(stage.runtime.history.trips())).toHaveLength(1);
  world.refuse = undefined;
  await becomes(stage, 'ready');

  expect(trips(path)).toBe(1);
});

test('a file that somebody takes away is missed, and made anew', async () => {
  const path = freshPath();
  const stage = await open(path);
  await elapse(stage, 1_000);
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });

  await becomes(stage, 'degraded');
  await becomes(stage, 'ready');
  await stage.trip();
  await elapse(stage, 0);

  expect(stage.reading()).toMatchObject({ state: 'ready', errors: 1 });
  expect(existsSync(path)).toBe(true);
  expect(trips(path)).toBe(1);
});

test('fault 35: a second runtime on the same file is told so and kept out, until the first has ended', async () => {
  const path = freshPath();
  const first = await open(path);
  const env = fileEnv();

  await expect(env.settle(createRuntime({ env, store: { path } }))).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  await first.env.settle(first.runtime.stop());
  const second = await env.settle(createRuntime({ env, store: { path } }));

  expect(second.readings().store['self']!.state).toBe('ready');
  await env.settle(second.stop());
});

test('fault 40: a file of a later version fails the start', async () => {
  const path = freshPath();
  const stage = await open(path);
  await stage.env.settle(stage.runtime.stop());
  const later = new DatabaseSync(path);
  later.exec('PRAGMA user_version = 99');
  later.close();

  const env = fileEnv();
  await expect(env.settle(createRuntime({ env, store: { path } }))).rejects.toMatchObject({ code: 'STORE_NEWER' });
});

test('P4: whatever SQLite says, and wherever, no transaction is left open, and the next one is whole', async () => {
  const path = freshPath();
  const world = tampered();
  const writer = new Writer(path, {}, world.env);
  await writer.open();
  const write = () =>
    writer.write({ firstRow: 1, rows: [eventRow(1)], commits: [commitOf(1, 0, [usageLine('acme')])] });

  for (const errcode of [5, 10, 13, 266, 517, 778]) {
    for (let survives = 0; survives < 12; survives++) {
      let ran = 0;
      world.refuse = (sql) => {
        if (sql !== 'ROLLBACK' && ran++ === survives) throw sqliteError(errcode, 'no');
      };
      await expect(write()).rejects.toThrow('no');
      expect(world.writers.at(-1)!.isInTransaction).toBe(false);
    }
  }
  world.refuse = undefined;
  await write();

  expect(select(path, 'SELECT count(*) AS n FROM events')).toEqual([{ n: 1 }]);
  expect(select(path, 'SELECT count FROM metering_totals')).toEqual([{ count: 1 }]);
});

test('the store is well again when the file has every batch that waited', async () => {
  const world = tampered();
  const stage = await open(freshPath(), world.env);
  const { metering } = stage.runtime;
  world.refuse = (sql) => {
    if (sql === 'BEGIN IMMEDIATE') throw sqliteError(10, 'disk I/O error');
  };
  for (let n = 0; n < 20; n++) {
    metering.record({ tenant: 'acme', operation: 'ask' });
    await stage.env.settle(metering.flush());
  }
  const unsaved: number[] = [stage.reading().unsaved];
  stage.runtime.events.on('store.recovered', () => void unsaved.push(stage.reading().unsaved));

  world.refuse = () => {};
  while (stage.reading().state !== 'ready') await stage.env.advanceAsync(1_000);

  expect(unsaved).toEqual([20, 0]);
});

test('a stop that finds the writer between two lives has what waits written all the same', async () => {
  const path = freshPath();
  const { env, runtime, reading } = await open(path);
  runtime.metering.record({ tenant: 'acme', operation: 'ask' });
  await env.settle(runtime.metering.flush());
  await env.settle(runtime.supervisor.kill('root/store/writer', { by: 'test', reason: 'drill' }));
  runtime.metering.record({ tenant: 'acme', operation: 'ask' });
  await env.settle(runtime.metering.flush());
  expect(reading().unsaved).toBe(1);

  await env.settle(Promise.all([runtime.stop(), runtime.stop()]));

  expect(reading().unsaved).toBe(0);
  expect(select(path, 'SELECT count FROM metering_totals')).toEqual([{ count: 2 }]);
  expect(select(path, 'SELECT is_open FROM store_state')).toEqual([{ is_open: 0 }]);
});

test('memory is bounded while the file cannot be used: the oldest of history goes, and is counted', async () => {
  const world = tampered();
  const stage = await open(freshPath(), world.env);
  world.refuse = (sql) => {
    if (sql === 'BEGIN IMMEDIATE') throw sqliteError(10, 'disk I/O error');
  };
  const breaker = stage.runtime.breaker('pay');

  for (let n = 0; n < 35_000; n++) {
    breaker.forceOpen({ by: 'test', reason: 'storm' });
    breaker.close({ by: 'test', reason: 'storm' });
  }

  expect(stage.reading().dropped).toBeGreaterThan(0);
  expect(stage.reading().queued).toBeLessThanOrEqual(65_536);
  expect(stage.reading().dropped + stage.reading().queued).toBeGreaterThanOrEqual(70_000);
});

function overwritten(path: string, at: number, text: string): Buffer {
  const bytes = readFileSync(path);
  bytes.write(text, at, 'latin1');
  return bytes;
}

/** What a process leaves that did not get to close the file. */
function markOpen(path: string): void {
  const database = new DatabaseSync(path);
  database.exec('UPDATE store_state SET is_open = 1');
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  copyFileSync(path, `${path}.copy`);
}
