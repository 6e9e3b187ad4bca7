/** M2 with real threads: a worker killed in the middle of a drain loses nothing and counts nothing twice. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Dispatcher } from '../../../src/core/dispatcher.ts';
import type { Pool } from '../../../src/core/env.ts';
import { realEnv } from '../../../src/core/real-env.ts';
import { MemoryLedger } from '../../../src/durable/metering/memory-ledger.ts';
import { Metering } from '../../../src/durable/metering/metering.ts';
import { Compute } from '../../../src/hotpath/compute.ts';
import { allocateMemory } from '../../../src/hotpath/memory.ts';
import { ARRIVED, arrived, HOLD, makeGate, STAGE, STAGES } from './fixtures/gate.ts';
import { gatedCore } from './fixtures/gated-core.ts';
import { linesOf } from './lines-of.ts';

const ROUNDS = 30;
const RECORDS_A_ROUND = 7_000;
const TENANTS = ['acme', 'zeta', 'omega', 'nadir', '__proto__'];

const env = realEnv();
const events = new Dispatcher(env, 'policy');
const memory = allocateMemory({ slots: 16, blockBytes: 64, ringRecords: 16_384, groups: 64 });
const gate = makeGate();
const compute = new Compute({
  env,
  events,
  threads: 1,
  entry: new URL('./fixtures/gated-worker.ts', import.meta.url),
  shared: { memory, gate },
  core: gatedCore,
});
const ledger = new MemoryLedger();
const metering = new Metering({
  env,
  events,
  memory,
  ledger,
  windowMs: 60_000,
  sinks: [],
  policyHash: 'policy',
  drain: (from, to) => compute.run({ kind: 'drain', from, to }) as Promise<number>,
  onFailure: (error) => {
    throw error;
  },
});
let pool: Pool;

beforeAll(async () => {
  pool = await compute.start(() => {});
});
afterAll(() => compute.stop(pool));

/** By `tenant/operation`: what the ledger must say in the end. */
const expected = new Map<string, { count: number; tokens: number }>();
let recorded = 0;

function record(count: number): void {
  for (let index = 0; index < count; index++) {
    const tenant = TENANTS[recorded % TENANTS.length]!;
    const operation = `operation-${recorded % 3}`;
    const tokens = recorded % 1_000;
    recorded++;
    if (!metering.record({ tenant, operation, tokens })) continue;
    const key = `${tenant}/${operation}`;
    const before = expected.get(key) ?? { count: 0, tokens: 0 };
    expected.set(key, { count: before.count + 1, tokens: before.tokens + tokens });
  }
}

function expectLaw(): void {
  const totals = metering.totals();
  expect(totals.recorded).toBe(recorded);
  expect(totals.flushed + totals.pending + totals.dropped).toBe(recorded);
}

test(`M2 ${ROUNDS} workers killed before, halfway through and after the kernel's work: every total is exact`, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    record(RECORDS_A_ROUND);
    Atomics.store(gate, STAGE, round % STAGES.length);
    Atomics.store(gate, HOLD, 1);
    const flushed = metering.flush();
    await arrived(gate, round + 1);
    record(100);
    expectLaw();

    Atomics.store(gate, HOLD, 0); // for the next worker; the one that waits is not woken
    await compute.killThread();
    await flushed;
    expectLaw();
  }
  await metering.flush();

  expect(compute.reading.threadsLost).toBe(ROUNDS);
  expect(Atomics.load(gate, ARRIVED)).toBe(ROUNDS);
  expect(recorded).toBeGreaterThan(200_000);
  expect(metering.totals()).toMatchObject({ recorded, flushed: recorded, pending: 0, dropped: 0, refused: 0 });
  const lines = linesOf(ledger).map(({ group, count, tokens }) => [
    `${group.tenant}/${group.operation}`,
    { count, tokens },
  ]);
  expect(new Map(lines as [string, unknown][])).toEqual(expected);
});

test('M1 while the worker stands still the ring fills, drops and counts; then it is exact again', async () => {
  Atomics.store(gate, STAGE, STAGES.indexOf('after'));
  Atomics.store(gate, HOLD, 1);
  record(1_000);
  const flushed = metering.flush();
  await arrived(gate, ROUNDS + 1);

  record(20_000);
  expect(metering.totals()).toMatchObject({ pending: 16_384, dropped: 21_000 - 16_384 });
  expectLaw();

  Atomics.store(gate, HOLD, 0);
  await compute.killThread();
  await flushed;
  await metering.flush();
  expectLaw();
  expect(metering.totals().pending).toBe(0);
  const counted = linesOf(ledger).reduce((sum, { count }) => sum + count, 0);
  expect(counted).toBe(metering.totals().flushed);
});

test('with the pool down for good the same kernel drains in this thread', async () => {
  await compute.stop(pool);
  const before = metering.totals().flushed;
  record(5_000);

  await metering.flush();

  expect(compute.reading.threads).toBe(0);
  expect(metering.totals()).toMatchObject({ flushed: before + 5_000, pending: 0 });
});
