/** How available a component was outlives the process, where there is a store. */
import { expect, test } from 'vitest';
import { createRuntime, type Runtime } from '../../src/index.ts';
import { fileEnv, freshPath, type FileEnv, select } from '../durable/stores/store-rig.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let started = 0;

interface Life {
  readonly env: FileEnv;
  readonly runtime: Runtime;
  /** Let time pass, and the file have what came of it. */
  pass(ms: number): Promise<void>;
  availability(key: string): number | null | undefined;
  end(): Promise<void>;
}

/** in  wallMs   between this process's wall clock and the test's */
async function live(path: string, wallMs = 0): Promise<Life> {
  const env = fileEnv(++started); // another process has other chances
  const { wall } = env;
  const shifted = Object.assign(Object.create(env) as FileEnv, { wall: () => wall() + wallMs });
  const runtime = await env.settle(createRuntime({ name: 'shop', env: shifted, store: { path } }));
  return {
    env,
    runtime,
    pass: async (ms) => {
      await env.advanceAsync(ms);
      await env.settle(runtime.history.trips()); // answered when what waited is written
    },
    availability: (key) => runtime.health.components()[key]?.availability,
    end: () => env.settle(runtime.stop()),
  };
}

const BY_HAND = { by: 'test', reason: 'outage' };

/** Ten minutes, of which the breaker is forced open for half. */
async function halfDown(life: Life): Promise<void> {
  const breaker = life.runtime.breaker('payments');
  await life.env.advanceAsync(5 * MINUTE + 1_000);
  breaker.forceOpen(BY_HAND);
  await life.env.advanceAsync(5 * MINUTE);
}

test('availability goes on where the process before has stopped, and what was between them is unknown', async () => {
  const path = freshPath();
  const first = await live(path);
  await halfDown(first);
  expect(first.availability('breaker/payments')).toBeCloseTo(0.5, 2);
  await first.end();

  const second = await live(path, 2 * HOUR); // long after the first
  second.runtime.breaker('payments').close(BY_HAND);
  second.runtime.breaker('other');
  await second.env.advanceAsync(10 * MINUTE);

  expect(second.availability('breaker/payments')).toBeCloseTo(0.75, 2);
  expect(second.availability('breaker/other')).toBe(1);
  await second.end();
});

test('a component that is made late takes up its past, and one that never comes back is not taken for there', async () => {
  const path = freshPath();
  const first = await live(path);
  await halfDown(first);
  await first.end();
  const second = await live(path, 2 * HOUR); // in which nobody makes it
  await second.env.advanceAsync(10 * MINUTE);
  await second.end();

  const third = await live(path, 4 * HOUR);
  await third.env.advanceAsync(2 * MINUTE);
  third.runtime.breaker('payments').close(BY_HAND);
  await third.env.advanceAsync(10 * MINUTE);

  expect(third.availability('breaker/payments')).toBeCloseTo(0.75, 2);
  await third.end();
});

test('a clock that was set back between two processes makes nobody less available', async () => {
  const path = freshPath();
  const first = await live(path);
  await halfDown(first);
  await first.end();

  const second = await live(path, -48 * HOUR);
  second.runtime.breaker('payments').close(BY_HAND);
  await second.env.advanceAsync(10 * MINUTE);

  expect(second.availability('breaker/payments')).toBe(1);
  await second.end();
});

test('a day later nothing of it is left, nor its rows', async () => {
  const path = freshPath();
  const first = await live(path);
  await halfDown(first);
  await first.end();

  const second = await live(path, 30 * HOUR);
  await second.env.advanceAsync(2 * MINUTE);

  expect(second.availability('breaker/payments')).toBeUndefined();
  await second.end();
  expect(rowsOf(path)).toEqual(['seen', 'supervisor/root']);
});

test('of signals and checks, too; one that ended is forgotten', async () => {
  const path = freshPath();
  const first = await live(path);
  const end = first.runtime.health.register('gone', () => 'unhealthy');
  first.runtime.health.register('disk', () => 'unhealthy');
  await first.pass(2.5 * MINUTE);
  expect(rowsOf(path)).toEqual(['check/disk', 'check/gone', 'seen', 'supervisor/root']);
  end();
  await first.pass(2 * MINUTE);
  expect(rowsOf(path)).toEqual(['check/disk', 'seen', 'supervisor/root']);
  await first.end();

  const second = await live(path, 5 * MINUTE);
  second.runtime.health.register('disk', () => 'healthy');
  await second.env.advanceAsync(4 * MINUTE);

  expect(second.availability('check/disk')).toBeCloseTo(0.5, 1);
  await second.end();
});

test('without a change one row a minute is written, however many components there are', async () => {
  const path = freshPath();
  const { pass, runtime, end } = await live(path);
  for (let made = 0; made < 200; made++) runtime.breaker(`breaker ${made}`);
  await pass(2.5 * MINUTE);
  const before = select(path, `SELECT id, value FROM kept_state WHERE kind = 'uptime'`);

  await pass(MINUTE);

  const after = select(path, `SELECT id, value FROM kept_state WHERE kind = 'uptime'`);
  const changed = after.filter(({ id, value }, at) => before[at]?.['id'] !== id || before[at]['value'] !== value);
  expect([after.length, changed.map(({ id }) => id)]).toEqual([202, ['seen']]);
  await end();
});

function rowsOf(path: string): unknown[] {
  return select(path, `SELECT id FROM kept_state WHERE kind = 'uptime' ORDER BY id`).map(({ id }) => id);
}
