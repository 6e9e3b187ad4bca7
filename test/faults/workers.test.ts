/**
 * The fault catalogue's first six, against a whole runtime with real threads: whatever a worker does, it is replaced or
 * its pool restarted, nothing is orphaned, metering stays exact, and the process hears of it only as events: vitest fails the run on an uncaught exception.
 */
import { expect, onTestFinished, test } from 'vitest';
import { createRuntime, type Env, type EventType, type HoldfastEvent, type Runtime } from '../../src/index.ts';
import type { PoolOptions } from '../../src/core/env.ts';
import { realEnv } from '../../src/core/real-env.ts';
import { TASK_BUDGET_MS } from '../../src/hotpath/compute.ts';
import { type Fault, met, noFaults, order } from './fixtures/faults.ts';

/** A runtime whose workers commit faults to order, and whose tasks are overdue when the test says so. */
async function faulty() {
  const real = realEnv();
  const orders = noFaults();
  const budgets = new Set<() => void>();
  const env: Env = {
    ...real,
    pool: (options: PoolOptions) => {
      const entry = new URL('./fixtures/faulty-worker.ts', import.meta.url);
      return real.pool({ ...options, entry, shared: { memory: options.shared, orders } });
    },
    setTimer: (fn, ms, ref) => {
      if (ms !== TASK_BUDGET_MS) return real.setTimer(fn, ms, ref);
      budgets.add(fn);
      return fn;
    },
    clearTimer: (timer) => {
      if (!budgets.delete(timer as () => void)) real.clearTimer(timer);
    },
  };
  const runtime = await createRuntime({ name: 'faulty', env });
  onTestFinished(() => runtime.stop());
  const told: HoldfastEvent[] = [];
  runtime.events.on('*', (event) => told.push(event));
  const poolStarts = (incarnation: number): Promise<void> =>
    new Promise((resolve) => {
      const end = runtime.events.on('child.started', (event) => {
        if (event.child !== 'root/compute/pool' || event.incarnation !== incarnation) return;
        end();
        resolve();
      });
    });

  const up = poolStarts(1);
  record(runtime);
  await up;
  return {
    runtime,
    orders,
    poolStarts,
    count: (type: EventType) => told.filter((event) => event.type === type).length,
    /** Every task under way is overdue. */
    budgetIsOver: () => {
      for (const fn of budgets) {
        budgets.delete(fn);
        fn();
      }
    },
  };
}

const RECORDS = 300;
const TOKENS = (RECORDS * (RECORDS - 1)) / 2;

function record(runtime: Runtime): void {
  for (let n = 0; n < RECORDS; n++) runtime.metering.record({ tenant: `tenant ${n % 3}`, operation: 'o', tokens: n });
}

/** in  times   `record` was called */
function expectExact(runtime: Runtime, times: number): void {
  const recorded = times * RECORDS;
  const usage = Object.values(runtime.readings().usage);
  expect(runtime.metering.totals()).toMatchObject({ recorded, flushed: recorded, pending: 0, dropped: 0, refused: 0 });
  expect(usage.reduce((sum, { count }) => sum + count, 0)).toBe(recorded);
  expect(usage.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(times * TOKENS);
}

function expectAllUp(runtime: Runtime): void {
  const states = Object.values(runtime.readings().children).map(({ state }) => state);
  expect(new Set(states)).toEqual(new Set(['running']));
  expect(runtime.readings().runtime['self']).toMatchObject({ degraded: false });
}

/** What a task throws reaches who asked for it; the thread goes on, and nothing was counted. */
const THROWS: readonly (readonly [Fault, unknown])[] = [
  ['throws an error', expect.objectContaining({ message: 'a fault' })],
  ['throws an error with its work half done', expect.objectContaining({ message: 'a fault' })],
  ['throws null', null],
  ['rejects with null', null],
  ['overflows its stack', expect.any(RangeError)],
  ['traps in Wasm', expect.objectContaining({ message: 'unreachable' })],
];

test.each(THROWS)('fault 1, 5: a task that %s fails, and the next one counts its records', async (fault, thrown) => {
  const { runtime, orders, count } = await faulty();
  order(orders, fault);

  const failure: unknown = await runtime.metering.flush().then(
    () => 'nothing',
    (error: unknown) => error,
  );
  record(runtime);
  await runtime.metering.flush();

  expect(failure).toEqual(thrown);
  expectExact(runtime, 2);
  expectAllUp(runtime);
  expect(count('worker.lost')).toBe(0);
  expect(runtime.readings().engine['self']).toMatchObject({ threads: 1, threadsLost: 0, overdue: 0 });
});

const KILLS: readonly Fault[] = [
  'throws what cannot be cloned',
  'throws null between tasks, and never answers',
  'calls process.exit(7)',
  'eats all its memory',
  'exits with its work half done',
];

test.each(KILLS)('fault 1, 2, 5, 6: a thread that %s is replaced, and its task run again', async (fault) => {
  const { runtime, orders, count } = await faulty();
  order(orders, fault);

  await runtime.metering.flush();

  expectExact(runtime, 1);
  expectAllUp(runtime);
  expect(count('worker.lost')).toBe(1);
  expect(runtime.readings().engine['self']).toMatchObject({ threads: 1, threadsLost: 1, overdue: 0 });
});

test.each(['loops for ever', 'loops for ever in Wasm', 'sleeps for ever'] as const)(
  'fault 3: a thread that %s is killed when its budget is over, and its task run again',
  async (fault) => {
    const { runtime, orders, count, budgetIsOver } = await faulty();
    order(orders, fault);
    const flushed = runtime.metering.flush();
    await met(orders, 1);

    budgetIsOver();
    await flushed;

    expectExact(runtime, 1);
    expectAllUp(runtime);
    expect(count('worker.lost')).toBe(1);
    expect(runtime.readings().engine['self']).toMatchObject({ threads: 1, threadsLost: 1, overdue: 1 });
  },
);

test('fault 3: a task that loops twice is given up, never run in our own thread, and its records wait', async () => {
  const { runtime, orders, budgetIsOver } = await faulty();
  order(orders, 'loops for ever');
  const failed = runtime.metering.flush().catch((error: unknown) => error);
  await met(orders, 1);
  order(orders, 'loops for ever');
  budgetIsOver();
  await met(orders, 2);
  budgetIsOver();

  expect(await failed).toMatchObject({ code: 'TIMEOUT', component: 'compute' });
  await runtime.metering.flush();

  expectExact(runtime, 1);
  expectAllUp(runtime);
  expect(runtime.readings().engine['self']).toMatchObject({ threads: 1, threadsLost: 2, overdue: 2 });
});

test('three tasks in a row that throw are a pool gone wrong: its supervisor starts it anew, and all is exact', async () => {
  const { runtime, orders, poolStarts, count } = await faulty();
  const again = poolStarts(2);
  for (let time = 1; time <= 3; time++) {
    order(orders, 'throws null');
    await runtime.metering.flush().catch(() => {});
  }

  record(runtime);
  await runtime.metering.flush(); // in our own thread, while there is no pool
  await again;
  record(runtime);
  await runtime.metering.flush();

  expectExact(runtime, 3);
  expectAllUp(runtime);
  expect(count('child.exited')).toBe(1);
  expect(runtime.readings().children['root/compute/pool']).toMatchObject({ restarts: 1, incarnation: 2 });
  expect(runtime.readings().engine['self']).toMatchObject({ threads: 1, threadsLost: 0 });
});

test('S6, X4: a runtime that is stopped while its worker loops ends with every record, and without a thread', async () => {
  const { runtime, orders, budgetIsOver } = await faulty();
  order(orders, 'loops for ever');
  const flushed = runtime.metering.flush();
  await met(orders, 1);

  const stopped = runtime.stop();
  budgetIsOver();
  await stopped;

  await flushed;
  expectExact(runtime, 1);
  expect(runtime.readings().engine['self']).toMatchObject({ threads: 0, threadsLost: 1, overdue: 1 });
});
