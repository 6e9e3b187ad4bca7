/** One worker drains five million records a second in bursts, and a flush costs the application's thread 100 µs at most. */
import { Dispatcher } from '../../src/core/dispatcher.ts';
import type { Env } from '../../src/core/env.ts';
import { realEnv } from '../../src/core/real-env.ts';
import { MemoryLedger } from '../../src/durable/metering/memory-ledger.ts';
import { Metering } from '../../src/durable/metering/metering.ts';
import { Compute } from '../../src/hotpath/compute.ts';
import { openKernel } from '../../src/hotpath/kernel.ts';
import { allocateMemory, type SharedMemory } from '../../src/hotpath/memory.ts';
import { type WorkerAnswer, workerCore, workerEntry, type WorkerTask } from '../../src/hotpath/worker-core.ts';
import { expectTrue } from '../expect-true.ts';
import { quantile } from '../quantile.ts';
import { rowFor } from '../row-for.ts';
import type { Row } from '../row.ts';
import type { Suite } from '../suite.ts';

const GROUPS = 64;
const BURST = 1_048_576;
/** What a second brings in a busy process. */
const A_SECOND = 2_000;
const LATENCIES = 1_023;

export const drainSuite: Suite = {
  async run({ rounds, singles }, progress) {
    const drained = await drainOnWorker(rounds * 4, (share) => progress(share / 2));
    const flushed = await flushInThread(singles / 10, (share) => progress(0.5 + share / 2));
    return [drained, flushed];
  },
};

async function drainOnWorker(bursts: number, progress: (share: number) => void): Promise<Row> {
  const env = realEnv();
  const memory = allocateMemory({ slots: 16, blockBytes: 64, ringRecords: BURST, groups: 8_192 });
  const compute = new Compute<WorkerTask, WorkerAnswer>({
    env,
    events: new Dispatcher(env, 'bench'),
    threads: 1,
    entry: workerEntry,
    shared: memory,
    core: workerCore,
  });
  const pool = await compute.start(() => {});
  const metering = meteringOver(env, memory, async (from, to) => {
    const { result, onWorker } = await compute.runSomewhere({ kind: 'drain', from, to });
    expectTrue(onWorker, 'every drain on the worker');
    return result as number;
  });
  const times: number[] = [];
  for (let burst = 0; burst <= bursts; burst++) {
    record(metering, BURST);
    const from = performance.now();
    await metering.flush();
    if (burst > 0) times.push(((performance.now() - from) * 1e6) / BURST); // the first one starts the thread
    progress(burst / bursts);
  }
  const { flushed, pending } = metering.totals();
  expectTrue(flushed === (bursts + 1) * BURST && pending === 0, `every record flushed, not ${flushed}`);
  await compute.stop(pool);
  return rowFor('metering, a record drained', { times, p99: quantile(times, 0.99) });
}

/** What is left of a flush when the worker's part is taken away. */
async function flushInThread(flushes: number, progress: (share: number) => void): Promise<Row> {
  const memory = allocateMemory({ slots: 16, blockBytes: 64, ringRecords: 16_384, groups: 8_192 });
  const kernel = openKernel(memory);
  let elsewhereMs = 0;
  const metering = meteringOver(realEnv(), memory, async (from, to) => {
    const began = performance.now();
    const touched = kernel.drain(from, to);
    elsewhereMs += performance.now() - began;
    return touched;
  });
  const times: number[] = [];
  for (let flush = 0; flush < flushes; flush++) {
    record(metering, A_SECOND);
    elsewhereMs = 0;
    const from = performance.now();
    await metering.flush();
    times.push((performance.now() - from - elsewhereMs) * 1e6);
    if (flush % 100 === 0) progress(flush / flushes);
  }
  expectTrue(metering.totals().flushed === flushes * A_SECOND, 'every record flushed');
  return rowFor('metering flush, in the thread', { times, p99: quantile(times, 0.99) });
}

function meteringOver(env: Env, memory: SharedMemory, drain: (from: number, to: number) => Promise<number>): Metering {
  return new Metering({
    env,
    events: new Dispatcher(env, 'bench'),
    memory,
    ledger: new MemoryLedger(),
    windowMs: 60_000,
    sinks: [],
    policyHash: 'bench',
    drain,
    onFailure: (error) => {
      throw error;
    },
  });
}

function record(metering: Metering, records: number): void {
  for (let index = 0; index < records; index++) {
    const group = index % GROUPS;
    const names = { tenant: `tenant-${group >> 2}`, operation: `operation-${group & 3}` };
    metering.record({ ...names, tokens: 12, latencyMs: index & LATENCIES, score: 0.9 });
  }
}
