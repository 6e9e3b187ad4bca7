/** The store writes 200,000 events a second in its thread, and a flush costs ours a tenth of a millisecond. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realEnv } from '../../src/core/real-env.ts';
import { Link } from '../../src/durable/stores/link.ts';
import type { Levels, Row as StoreRow, Written } from '../../src/durable/stores/requests.ts';
import { Store } from '../../src/durable/stores/store.ts';
import { ROWS_AT_ONCE } from '../../src/durable/stores/write-queue.ts';
import { expectTrue } from '../expect-true.ts';
import type { Plan } from '../plan.ts';
import { quantile } from '../quantile.ts';
import { rowFor } from '../row-for.ts';
import type { Suite } from '../suite.ts';

/** All of them wait in memory at once, which has room for 65,536. */
const eventsOf = ({ breakers }: Plan): number => breakers * 5;
const flushesOf = ({ repeats }: Plan): number => repeats * 20;
const LIMITS = { maxAgeMs: 86_400_000, maxBytes: 1_024 * 1_048_576 } as const;
const GROUPS = 100;

const TRANSITION = (n: number): StoreRow => [
  'circuit_breakers',
  `breaker ${n % 50}`,
  '',
  n % 2 === 0 ? 'open' : 'closed',
  n % 2 === 0 ? 'closed' : 'open',
  'failureRate',
  n,
  null,
  null,
  '0123456789abcdef',
  Date.now(),
  1,
  Date.now(),
];
const KINDS: readonly ((n: number) => StoreRow)[] = [
  TRANSITION,
  (n) => ['health_checks', `check ${n % 20}`, 'unhealthy', 'healthy', 'Error: disk is full', Date.now()],
  () => ['system_health_snapshots', 'healthy', 0.93, 'stable', 50, Date.now()],
  (n) => ['events', 'child.exited', `{"child":"root/compute/pool","incarnation":${n},"reason":"error"}`, Date.now()],
];

export const storeSuite: Suite = {
  async run(plan, progress) {
    const mixed: number[] = [];
    const transitions: number[] = [];
    for (let repeat = 0; repeat < plan.repeats; repeat++) {
      mixed.push(await perEvent(eventsOf(plan), (n) => KINDS[n % KINDS.length]!(n)));
      transitions.push(await perEvent(eventsOf(plan), TRANSITION));
      progress((repeat + 1) / (plan.repeats + 1));
    }
    const { rows, groups } = await flushes(flushesOf(plan));
    progress(1);
    return [
      rowFor('store, an event of a batch', { times: mixed }),
      rowFor('store, a transition of a batch', { times: transitions }),
      rowFor('store, our part of 256 events', { times: rows, p99: quantile(rows, 0.99) }),
      rowFor('store, our part of 100 groups', { times: groups, p99: quantile(groups, 0.99) }),
    ];
  },
};

/** From the first to wait to the last that is in the file, as the whole store does it. */
async function perEvent(events: number, rowOf: (n: number) => StoreRow): Promise<number> {
  return withFolder(async (path) => {
    const parts = { env: realEnv(), events: { emit: () => {} }, path, name: 'bench', policyHash: 'bench', ...LIMITS };
    const store = new Store({ ...parts, onRestored: () => {} });
    const link = await store.start((error) => {
      throw error;
    });
    const rows = Array.from({ length: events }, (_, n) => rowOf(n));
    const from = performance.now();
    for (const row of rows) store.append(row);
    await store.settled();
    const tookNs = (performance.now() - from) * 1e6;
    expectTrue(store.reading.written === events, `${events} events in the file, not ${store.reading.written}`);
    await store.stop(link);
    return tookNs / events;
  });
}

/** How long a write keeps our own thread: the copy to the other one. */
async function flushes(count: number): Promise<{ rows: number[]; groups: number[] }> {
  return withFolder(async (path) => {
    const link = await Link.open(realEnv(), { role: 'writer', path, ...LIMITS }, () => {});
    const metering = { runId: 'bench', sinks: [], cursor: 0 };
    const opening = {
      runId: 'bench',
      name: 'bench',
      policyHash: 'bench',
      wallMs: Date.now(),
      metering,
      isBroken: false,
    };
    await link.ask({ kind: 'open', ...opening });
    const empty = { kind: 'write', wallMs: Date.now(), rows: [], kept: [], commits: [] } as const;
    const rows: number[] = [];
    const groups: number[] = [];
    const timed = async (into: number[], ask: () => Promise<Written>): Promise<Written> => {
      const from = performance.now();
      const answer = ask();
      into.push((performance.now() - from) * 1e6);
      return answer;
    };
    let levels: Levels | null = null;
    for (let flush = 0; flush < count; flush++) {
      const events = Array.from({ length: ROWS_AT_ONCE }, (_, n) => KINDS[n % KINDS.length]!(n));
      await timed(rows, () => link.ask({ ...empty, firstRow: flush * ROWS_AT_ONCE + 1, rows: events }));
      const commit = { batch: batchOf(flush), place: { runId: 'bench', cursor: flush * GROUPS } };
      ({ levels } = await timed(groups, () => link.ask({ ...empty, firstRow: 1, commits: [commit] })));
    }
    expectTrue(levels!.records === count * GROUPS, `${count * GROUPS} records in the file, not ${levels!.records}`);
    await link.kill();
    return { rows, groups };
  });
}

function batchOf(n: number) {
  const lines = Array.from({ length: GROUPS }, (_, group) => ({
    group: { tenant: `tenant ${group}`, operation: 'ask', tier: 'standard', agent: '' },
    count: 1,
    tokens: 100,
    latencyCount: 1,
    latencySumMs: 5,
    latencyMinMs: 5,
    latencyMaxMs: 5,
    latencyCells: Array.from({ length: 52 }, (__, cell) => Number(cell === 20)),
    scoreCount: 1,
    scoreSum: 0.9,
  }));
  return { id: `bench-${n}`, records: GROUPS, windowStartWallMs: 0, windowMs: 60_000, lines };
}

async function withFolder<T>(work: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    return await work(join(folder, 'holdfast.db'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
