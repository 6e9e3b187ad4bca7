/**
 * M2 with real threads, for as many records as METERING_RECORDS says (a million; ten in `.ci/run`): while they are
 * recorded and drained, each worker is killed when it has worked for 50 ms, whatever it is doing.
 *
 * The clock decides only where the kills fall. What must be true is true wherever they do.
 */
import { expect, onTestFinished, test } from 'vitest';
import { Dispatcher } from '../../../src/core/dispatcher.ts';
import { realEnv } from '../../../src/core/real-env.ts';
import { MemoryLedger } from '../../../src/durable/metering/memory-ledger.ts';
import { Metering } from '../../../src/durable/metering/metering.ts';
import { Compute } from '../../../src/hotpath/compute.ts';
import { allocateMemory } from '../../../src/hotpath/memory.ts';
import { type WorkerAnswer, workerCore, workerEntry, type WorkerTask } from '../../../src/hotpath/worker-core.ts';
import { linesOf } from './lines-of.ts';

const RECORDS = Number(process.env['METERING_RECORDS'] ?? 1_000_000);
const KILL_MS = 50;
/** Small, so that the worker is mostly at work. */
const BURST = 250;
const TENANTS = 16;

interface Sum {
  count: number;
  tokens: number;
  latencySumMs: number;
}

test(
  `M2 M1 ${RECORDS} records with a worker killed every ${KILL_MS} ms of its life: what the ledger has is what was recorded`,
  { timeout: 60_000 + RECORDS / 50 },
  async () => {
    const env = realEnv();
    const events = new Dispatcher(env, 'policy');
    const memory = allocateMemory({ slots: 16, blockBytes: 64, ringRecords: 16_384, groups: 64 });
    const compute = new Compute<WorkerTask, WorkerAnswer>({
      env,
      events,
      threads: 1,
      entry: workerEntry,
      shared: memory,
      core: workerCore,
    });
    let onWorker = 0;
    let killer: NodeJS.Timeout | undefined;
    const kill = async (): Promise<void> => {
      await compute.killThread();
      killer = undefined; // for the next one, when it has drained something
    };
    const ledger = new MemoryLedger();
    const metering = new Metering({
      env,
      events,
      memory,
      ledger,
      windowMs: 1_000,
      sinks: [],
      policyHash: 'policy',
      drain: async (from, to) => {
        const ran = await compute.runSomewhere({ kind: 'drain', from, to });
        if (ran.onWorker) {
          onWorker++;
          killer ??= setTimeout(kill, KILL_MS);
        }
        return ran.result as number;
      },
      onFailure: (error) => {
        throw error;
      },
    });
    const pool = await compute.start(() => {});
    onTestFinished(async () => {
      clearTimeout(killer);
      await compute.stop(pool);
    });

    const expected = new Map<string, Sum>();
    for (let recorded = 0; recorded < RECORDS;) {
      for (const end = Math.min(RECORDS, recorded + BURST); recorded < end; recorded++) {
        const tenant = `tenant-${recorded % TENANTS}`;
        const tokens = recorded % 1_000;
        const latencyMs = recorded % 100;
        metering.record({ tenant, operation: 'chat', tokens, latencyMs });
        const sum = expected.get(tenant) ?? { count: 0, tokens: 0, latencySumMs: 0 };
        expected.set(tenant, sum);
        sum.count++;
        sum.tokens += tokens;
        sum.latencySumMs += latencyMs;
      }
      await metering.flush();
    }

    expect(metering.totals()).toMatchObject({ recorded: RECORDS, flushed: RECORDS, pending: 0, dropped: 0 });
    const lines = linesOf(ledger).map(({ group, count, tokens, latencySumMs, latencyCells }) => {
      expect(latencyCells.reduce((sum, cell) => sum + cell, 0)).toBe(count);
      return [group.tenant, { count, tokens, latencySumMs }] as const;
    });
    expect(new Map(lines)).toEqual(expected);
    expect(compute.reading.threadsLost).toBeGreaterThan(1);
    expect(onWorker).toBeGreaterThan(1);
  },
);
