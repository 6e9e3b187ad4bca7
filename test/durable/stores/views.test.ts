/** After an outage that goes by a script, the views say these rows. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { EventSink } from '../../../src/core/events.ts';
import { createRuntime, type Runtime } from '../../../src/runtime.ts';
import { fileEnv, freshPath, select, WALL_MS, Writer } from './store-rig.ts';
import { eventRow as rowOfEvent } from '../../../src/durable/stores/rows.ts';

/** Ten seconds: one breaker is down for four of them and comes back, another one goes down and stays so. */
async function outage(path: string): Promise<void> {
  const env = fileEnv();
  const runtime = await env.settle(createRuntime({ name: 'shop', env, store: { path } }));
  const second = async (): Promise<void> => {
    await env.advanceAsync(1_000);
    await env.settle(runtime.history.timeline());
  };
  const pay = runtime.breaker('pay', { consecutiveFailures: 2, openMs: 4_000, halfOpen: { permits: 1 } });
  const search = runtime.breaker('search', { consecutiveFailures: 1, openMs: 60_000 });
  const fail = (): Promise<unknown> => Promise.reject(new Error('down'));

  await second(); // 1
  await pay.execute(fail).catch(() => {});
  await pay.execute(fail).catch(() => {}); // opens
  for (let n = 2; n <= 4; n++) await second();
  await second(); // 5
  await pay.execute(() => 'well again'); // probes, and closes
  await second(); // 6
  await search.execute(fail).catch(() => {}); // opens, and stays
  for (let n = 7; n <= 10; n++) await second();
  await env.settle(runtime.stop());
}

const at = (seconds: number): number => WALL_MS + seconds * 1_000;

test('the breakers that are not closed, and since when', async () => {
  const path = freshPath();
  await outage(path);

  expect(select(path, 'SELECT * FROM active_circuit_breakers')).toEqual([
    {
      breaker: 'search',
      key: '',
      state: 'open',
      rule: 'consecutiveFailures',
      epoch: 2,
      since_ms: at(6),
      open_until_ms: at(66),
      actor: null,
      reason: null,
    },
  ]);
});

test('what was available, of the time there was', async () => {
  const path = freshPath();
  await outage(path);

  expect(select(path, 'SELECT * FROM component_availability_24h')).toEqual([
    { kind: 'breaker', component: 'pay', down_ms: 4_000, observed_ms: 10_000, availability: 0.6 },
    { kind: 'breaker', component: 'search', down_ms: 4_000, observed_ms: 10_000, availability: 0.6 },
  ]);
});

test('how the whole was in the end, and what its parts come to', async () => {
  const path = freshPath();
  await outage(path);

  expect(select(path, 'SELECT * FROM current_system_status')).toEqual([
    {
      status: 'degraded',
      score: 0.5,
      trend: expect.any(String) as string,
      at_ms: at(10),
      open_breakers: 1,
      unhealthy_checks: 0,
      level: 'full',
      flags_off: 0,
    },
  ]);
  expect(
    select(path, `SELECT kind, component, state, since_ms, changes, failures FROM component_health_summary`),
  ).toEqual([
    { kind: 'breaker', component: 'pay', state: 'closed', since_ms: at(5), changes: 3, failures: 1 },
    { kind: 'breaker', component: 'search', state: 'open', since_ms: at(6), changes: 1, failures: 1 },
  ]);
});

test('checks, recoveries and degradation, from the events that say so', async () => {
  const path = freshPath();
  const writer = new Writer(path);
  await writer.open();
  const envelope = { v: 1, atMs: 0, policyHash: 'hash' } as const;
  const row = (event: object, seconds: number) => rowOfEvent({ ...envelope, wallMs: at(seconds), ...event } as never);
  const ended = (task: string, result: string, durationMs: number) =>
    row({ type: 'recovery.ended', task, service: 'pay', result, attempts: 2, durationMs }, 3);

  await writer.write({
    wallMs: at(4),
    rows: [
      row({ type: 'check.changed', check: 'disk', from: null, to: 'healthy' }, 0),
      row({ type: 'check.changed', check: 'disk', from: 'healthy', to: 'unhealthy', error: 'full' }, 1),
      row({ type: 'check.changed', check: 'disk', from: 'unhealthy', to: 'degraded' }, 2),
      row({ type: 'degradation.changed', from: 'full', to: 'reduced', reason: 'load' }, 1),
      row({ type: 'degradation.changed', from: 'reduced', to: 'minimal', reason: 'load', by: 'ann' }, 2),
      row({ type: 'flag.changed', flag: 'recommendations', enabled: false, reason: 'minimal' }, 2),
      ended('t1', 'succeeded', 100),
      ended('t2', 'succeeded', 300),
      ended('t3', 'failed', 500),
      ended('t4', 'cancelled', 0),
    ],
  });

  expect(select(path, 'SELECT * FROM recent_health_failures')).toEqual([
    { component: 'disk', answer: 'degraded', error: null, at_ms: at(2) },
    { component: 'disk', answer: 'unhealthy', error: 'full', at_ms: at(1) },
  ]);
  expect(select(path, 'SELECT * FROM component_availability_24h')).toEqual([
    { kind: 'check', component: 'disk', down_ms: 1_000, observed_ms: 4_000, availability: 0.75 },
  ]);
  expect(select(path, 'SELECT * FROM recovery_success_rate')).toEqual([
    { service: 'pay', ended: 4, succeeded: 2, failed: 1, success_rate: 0.5, mean_duration_ms: 225 },
  ]);
  expect(select(path, 'SELECT * FROM active_degradation')).toEqual([
    { level: 'minimal', previous: 'reduced', reason: 'load', actor: 'ann', since_ms: at(2) },
  ]);
  expect(select(path, 'SELECT level, ended_ms FROM degradation_state')).toEqual([
    { level: 'reduced', ended_ms: at(2) },
    { level: 'minimal', ended_ms: null },
  ]);
  expect(select(path, 'SELECT flag, is_enabled, reason FROM feature_flags')).toEqual([
    { flag: 'recommendations', is_enabled: 0, reason: 'minimal' },
  ]);
});

const SQLITE3 = ['/usr/bin/sqlite3', '/usr/local/bin/sqlite3', '/opt/homebrew/bin/sqlite3'].find(existsSync);
if (SQLITE3 === undefined)
  process.stderr.write('The file was not tried with sqlite3: there is none on this machine.\n');

test.skipIf(SQLITE3 === undefined)('the sqlite3 program opens the file of a process that runs', async () => {
  const path = freshPath();
  const env = fileEnv();
  const runtime: Runtime = await env.settle(createRuntime({ env, store: { path } }));
  runtime.breaker('pay').forceOpen({ by: 'ann', reason: 'maintenance' });
  await env.settle(runtime.history.trips());

  const said = execFileSync(
    SQLITE3!,
    ['-readonly', path, 'SELECT breaker, state, actor FROM active_circuit_breakers'],
    {
      encoding: 'utf8',
    },
  );

  expect(said).toBe('pay|forcedOpen|ann\n');
  await env.settle(runtime.stop());
});

test('every event that can be recorded comes back from the file as it was said', async () => {
  const said: Parameters<EventSink['emit']>[] = [
    ['check.changed', { check: 'disk', from: null, to: 'unhealthy', error: 'Error: full' }],
    ['check.changed', { check: 'disk', from: 'unhealthy', to: 'healthy' }],
    ['recovery.scheduled', { task: 't1', service: 'pay', strategy: 'linear', priority: 5, reason: 'it failed' }],
    ['recovery.attempted', { task: 't1', service: 'pay', attempt: 1, succeeded: false, durationMs: 7, error: 'no' }],
    ['recovery.ended', { task: 't1', service: 'pay', result: 'succeeded', attempts: 2, durationMs: 9 }],
    ['recovery.ended', { task: 't2', service: 'pay', result: 'cancelled', attempts: 0, durationMs: 9, reason: 'ann' }],
    ['failover.switched', { component: 'pay', from: 'one', to: 'two', by: 'ann', reason: 'it failed' }],
    ['degradation.changed', { from: 'full', to: 'reduced', reason: 'load' }],
    ['flag.changed', { flag: '__proto__', enabled: false, reason: 'reduced' }],
    ['health.changed', { from: 'healthy', to: 'unknown', score: null }],
    ['worker.lost', { pool: 'pool', error: 'Error: out of memory' }],
  ];
  const path = freshPath();
  const writer = new Writer(path);
  await writer.open();
  const envelope = { v: 1, atMs: 0, policyHash: 'hash', wallMs: at(1) } as const;
  await writer.write({ rows: said.map(([type, payload]) => rowOfEvent({ ...envelope, type, ...payload } as never)) });
  await writer.close();

  const env = fileEnv();
  const runtime = await env.settle(createRuntime({ env, store: { path } }));
  const entries = await env.settle(runtime.history.timeline());
  const failovers = await env.settle(runtime.history.failovers());
  await env.settle(runtime.stop());

  expect(entries).toEqual(said.map(([type, payload], n) => ({ id: `e${n + 1}`, wallMs: at(1), type, ...payload })));
  expect(failovers).toEqual([{ id: 'e7', wallMs: at(1), type: 'failover.switched', ...said[6]![1] }]);
});
