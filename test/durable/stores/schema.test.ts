import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { Database } from '../../../src/core/env.ts';
import { openDatabase } from '../../../src/core/real-database.ts';
import { APPLICATION_ID, migrate, SCHEMA_VERSION, versionOf } from '../../../src/durable/stores/schema/migrations.ts';
import { eventRow, freshPath, select, Writer } from './store-rig.ts';

const TABLES = [
  'chaos_experiment_events',
  'chaos_experiments',
  'circuit_breaker_state_history',
  'circuit_breakers',
  'component_health_summary',
  'damaged_rows',
  'degradation_state',
  'events',
  'feature_flag_history',
  'feature_flags',
  'health_checks',
  'kept_state',
  'metering_batches',
  'metering_outbox',
  'metering_runs',
  'metering_sinks',
  'metering_totals',
  'metering_usage',
  'recovery_events',
  'retention',
  'runs',
  'schema_migrations',
  'store_state',
  'system_health_snapshots',
];
const VIEWS = [
  'active_circuit_breakers',
  'active_degradation',
  'component_availability_24h',
  'current_system_status',
  'recent_health_failures',
  'recovery_success_rate',
];

test('a new file has these tables and views', async () => {
  const path = freshPath();
  await new Writer(path).open();

  const names = (type: string): unknown[] =>
    select(
      path,
      `SELECT name FROM sqlite_schema WHERE type = '${type}' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
    ).map(({ name }) => name);

  expect(names('table')).toEqual(TABLES);
  expect(names('view')).toEqual(VIEWS);
  expect(select(path, 'SELECT version, name FROM schema_migrations')).toEqual([{ version: 1, name: 'the beginning' }]);
  expect(select(path, 'PRAGMA application_id')).toEqual([{ application_id: APPLICATION_ID }]);
});

test('P6: migrating twice is migrating once', () => {
  const database = openDatabase(':memory:');

  migrate(database, 1);
  const schema = database.all('SELECT sql FROM sqlite_schema');
  migrate(database, 2);

  expect(database.all('SELECT sql FROM sqlite_schema')).toEqual(schema);
  expect(database.all('SELECT applied_ms FROM schema_migrations').map((row) => ({ ...row }))).toEqual([
    { applied_ms: 1 },
  ]);
});

test('P6: a migration that ends at any of its statements leaves nothing, and the next one does all of it', () => {
  const statements: string[] = [];
  const whole = openDatabase(':memory:');
  migrate(cutOff(whole, Infinity, statements), 1);
  const schema = whole.all('SELECT sql FROM sqlite_schema ORDER BY name');

  for (let survives = 0; survives < statements.length; survives++) {
    const path = freshPath();
    const killed = openDatabase(path);
    expect(() => migrate(cutOff(killed, survives), 1)).toThrow('killed');
    killed.close(); // as the system does for a process that has died

    const next = openDatabase(path);
    expect([survives, versionOf(next), next.all('SELECT count(*) AS n FROM sqlite_schema')[0]!['n']]).toEqual([
      survives,
      0,
      0,
    ]);
    migrate(next, 2);
    expect(next.all('SELECT sql FROM sqlite_schema ORDER BY name')).toEqual(schema);
    next.close();
  }
  expect(statements.length).toBeGreaterThan(50);
});

test('fault 40, P6: a file of a later version is refused, and stays as it is to the byte', async () => {
  const path = freshPath();
  const writer = new Writer(path);
  await writer.open();
  await writer.write({ rows: [eventRow(1)] });
  await writer.close();
  const later = new DatabaseSync(path);
  later.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}; PRAGMA wal_checkpoint(TRUNCATE)`);
  later.close();
  const before = readFileSync(path);

  await expect(writer.open()).rejects.toMatchObject({
    kind: 'newer',
    message: `expected schema version ${SCHEMA_VERSION} at most, received version ${SCHEMA_VERSION + 1}`,
  });

  expect(readFileSync(path).equals(before)).toBe(true);
});

test("another program's database is refused, and stays as it is to the byte", async () => {
  const path = freshPath();
  const theirs = new DatabaseSync(path);
  theirs.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY)');
  theirs.close();
  const before = readFileSync(path);

  await expect(new Writer(path).open()).rejects.toMatchObject({ kind: 'foreign' });

  expect(readFileSync(path).equals(before)).toBe(true);
});

test('an empty file is taken for a new one', async () => {
  const path = freshPath();
  writeFileSync(path, '');

  await new Writer(path).open();

  expect(select(path, 'PRAGMA user_version')).toEqual([{ user_version: SCHEMA_VERSION }]);
});

/** A process that dies before its (n + 1)-th statement. */
function cutOff(database: Database, survives: number, ran: string[] = []): Database {
  const count = (sql: string): void => {
    if (ran.length >= survives) throw new Error('killed');
    ran.push(sql);
  };
  return {
    isInTransaction: false,
    exec: (sql) => {
      count(sql);
      database.exec(sql);
    },
    run: (sql, ...values) => {
      count(sql);
      database.run(sql, ...values);
    },
    all: (sql, ...values) => database.all(sql, ...values),
    close: () => {},
  };
}
