/** The kernel in a worker is the kernel in the thread: the same module over the same memory. */
import { afterEach, expect, test } from 'vitest';
import { Dispatcher } from '../../src/core/dispatcher.ts';
import type { Pool } from '../../src/core/env.ts';
import { realEnv } from '../../src/core/real-env.ts';
import { Compute } from '../../src/hotpath/compute.ts';
import { openKernel } from '../../src/hotpath/kernel.ts';
import { allocateMemory } from '../../src/hotpath/memory.ts';
import { MeteringRing } from '../../src/hotpath/metering-ring.ts';
import { Slots } from '../../src/hotpath/slots.ts';
import { readScratch } from '../../src/hotpath/usage-line.ts';
import { workerCore, workerEntry } from '../../src/hotpath/worker-core.ts';
import { createVirtualEnv } from '../../src/testing/virtual-env.ts';

const pools: Pool[] = [];
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.destroy())));

test('a worker scores and drains what this thread wrote, and this thread reads what it found', async () => {
  const memory = allocateMemory({ slots: 16, blockBytes: 64, ringRecords: 16, groups: 16 });
  const slots = new Slots(memory);
  for (let slot = 0; slot < 5; slot++) slots.take();
  const ring = new MeteringRing(memory, { onWaiting: () => {} });
  for (const tokens of [1, 2, 3]) ring.record({ tenant: 'acme', operation: 'chat', tokens, latencyMs: tokens });
  const pool = await realEnv().pool({
    entry: workerEntry,
    shared: memory,
    core: workerCore,
    threads: 1,
    onThreadLost: () => {},
  });
  pools.push(pool);

  expect(await pool.run({ kind: 'score', used: slots.used, nowMs: 0 })).toEqual({ sum: 5, count: 5, min: 1 });
  expect(await pool.run({ kind: 'drain', from: 0, to: 3 })).toBe(1);
  expect(readScratch(memory, 1, ring.groups)).toEqual([
    {
      group: { tenant: 'acme', operation: 'chat', tier: 'standard', agent: '' },
      count: 3,
      tokens: 6,
      latencyCount: 3,
      latencySumMs: 6,
      latencyMinMs: 1,
      latencyMaxMs: 3,
      latencyCells: Array.from({ length: 48 }, (_, cell) => (cell === 12 || cell === 14 || cell === 15 ? 1 : 0)),
      scoreCount: 0,
      scoreSum: 0,
    },
  ]);
});

test('two kernels over one memory do not see each other', () => {
  const memory = allocateMemory({ slots: 16, blockBytes: 64, ringRecords: 16, groups: 16 });
  const slots = new Slots(memory);
  const before = openKernel(memory);
  slots.take();
  const first = before.score(slots.used, 0);
  slots.take();

  expect(openKernel(memory).score(slots.used, 0)).toEqual({ sum: 2, count: 2, min: 1 });
  expect(first).toEqual({ sum: 1, count: 1, min: 1 });
});

test('a task says whether a worker ran it', async () => {
  const env = createVirtualEnv({ seed: 1 });
  const shared = allocateMemory({ slots: 16, blockBytes: 64, ringRecords: 16, groups: 16 });
  const events = new Dispatcher(env, 'hash');
  const compute = new Compute({ env, events, threads: 1, entry: workerEntry, shared, core: workerCore });
  const task = { kind: 'score', used: 0, nowMs: 0 } as const;
  const result = { sum: 0, count: 0, min: 1 };

  expect(await compute.runSomewhere(task)).toEqual({ result, onWorker: false });
  const started = compute.start(() => {});
  await env.advanceAsync(0);
  const ran = compute.runSomewhere(task);
  await env.advanceAsync(0);

  expect(await ran).toEqual({ result, onWorker: true });
  const lost = compute.runSomewhere(task);
  const stopped = compute.stop(await started);
  await env.advanceAsync(0);
  await stopped;

  expect(await lost).toEqual({ result, onWorker: false });
});
