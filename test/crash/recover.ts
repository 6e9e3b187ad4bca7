/**
 * Open a store's file as the next process would, and say what is in it and what is wrong with it.
 *
 * The file was written by `fixtures/storing.ts`; so the number of batches says what all of it has to be.
 */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { SqlValue } from '../../src/core/env.ts';
import { realEnv } from '../../src/core/real-env.ts';
import { HISTORY_TABLES, HISTORY } from '../../src/durable/stores/history-tables.ts';
import type { Opened, StoreAnswer, StoreRequest, Written } from '../../src/durable/stores/requests.ts';
import { storeCore } from '../../src/durable/stores/store-core.ts';
import { WALL_MS } from '../durable/stores/store-rig.ts';
import { recordsOf } from './fixtures/plan.ts';
import { plannedCommit } from './planned-commit.ts';

export interface Recovered {
  readonly batches: number;
  readonly transitions: number;
  /** The number of the hold that is kept; 0 for none. */
  readonly holds: number;
  /** The file was not whole, and is beside the new one. */
  readonly isPutAside: boolean;
  /** Each a sentence; none when the file is as it was after so many batches. */
  readonly complaints: readonly string[];
}

type Ask = <T>(request: StoreRequest) => Promise<T>;

const ENV = realEnv();
const RUN = 'after the failure';
const HISTORY_FROM = HISTORY_TABLES.map((table) => {
  const { from } = HISTORY[table] as { readonly from?: { readonly table: string } };
  return `SELECT id FROM ${from?.table ?? table}`;
}).join(' UNION ALL ');

/**
 * in  path    the file is closed when this is over, and has the next batch of the plan
 *     runId   of metering; where the file has batches of it, the last of them is sent again
 */
export async function recover(path: string, runId: string = RUN): Promise<Recovered> {
  const ask = writerOf(path);
  let opened: Opened;
  try {
    opened = await ask<Opened>({
      kind: 'open',
      runId: RUN,
      name: 'recovered',
      policyHash: '',
      wallMs: WALL_MS,
      metering: { runId, sinks: [], cursor: 0 },
      isBroken: false,
    });
  } catch (error) {
    return {
      batches: 0,
      transitions: 0,
      holds: 0,
      isPutAside: false,
      complaints: [`it cannot be opened: ${String(error)}`],
    };
  }
  const complaints: string[] = [];
  const expectEqual = (what: string, received: unknown, expected: unknown): void => {
    const [is, should] = [JSON.stringify(received), JSON.stringify(expected)];
    if (is !== should) complaints.push(`${what}: expected ${should}, received ${is}`);
  };
  const isPutAside = opened.quarantined !== null && existsSync(opened.quarantined.aside);
  const database = new DatabaseSync(path, { readOnly: true });
  const select = (sql: string): Record<string, SqlValue>[] =>
    database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  try {
    expectEqual('put aside', opened.quarantined, null);
    expectEqual('integrity', select('PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);

    const stored = select('SELECT seq, run_id, cursor, records FROM metering_batches ORDER BY seq');
    const batches = stored.length;
    expectEqual('the batches', stored, plannedBatches(stored));
    const planned = plannedTotals(batches);
    const totals = select('SELECT tenant, count, tokens FROM metering_totals ORDER BY tenant');
    expectEqual('the totals', totals, planned);
    const usage = select(
      'SELECT tenant, sum(count) AS count, sum(tokens) AS tokens FROM metering_usage GROUP BY tenant',
    );
    expectEqual('the windows', usage, planned);
    expectEqual('what is restored', restoredTotals(opened), planned);
    expectEqual('the levels', opened.levels, { ...opened.levels, batches, records: sum(planned, 'count'), damaged: 0 });

    const [state] = select('SELECT last_event_id FROM store_state');
    const ids = select(`SELECT id FROM (${HISTORY_FROM}) ORDER BY id`).map(({ id }) => Number(id));
    expectEqual('the ids of history', ids, range(Number(state!['last_event_id'])));
    const moves = select(`SELECT to_state FROM circuit_breaker_state_history WHERE rule = 'manual' ORDER BY id`).map(
      (row) => row['to_state'],
    );
    expectEqual(
      'the transitions',
      moves,
      moves.map((_, index) => (index % 2 === 0 ? 'open' : 'closed')),
    );

    const ofRun = stored.filter((row) => row['run_id'] === runId);
    const cursor = ofRun.reduce((end, { records }) => end + Number(records), 0);
    expectEqual('the cursor', opened.cursor, cursor);
    const last = ofRun.length === 0 ? [] : [plannedCommit(batches, runId, cursor - recordsOf(batches).length)];
    const next = plannedCommit(batches + 1, runId, cursor);
    for (const commit of [...last, next, next]) {
      const request = { kind: 'write', wallMs: WALL_MS, firstRow: 1, rows: [], kept: [], commits: [commit] } as const;
      expectEqual(`batch ${commit.batch.id}`, (await ask<Written>(request)).commits, ['stored']);
    }
    const after = select('SELECT tenant, count, tokens FROM metering_totals ORDER BY tenant');
    expectEqual('the totals after one batch more', after, plannedTotals(batches + 1));
    return { batches, transitions: moves.length, holds: holdOf(opened), isPutAside, complaints };
  } catch (error) {
    return { batches: 0, transitions: 0, holds: 0, isPutAside, complaints: [...complaints, String(error)] };
  } finally {
    database.close();
    await ask({ kind: 'close', wallMs: WALL_MS });
  }
}

/** The writer's core, without a thread around it. What it answers is thrown when it is a failure. */
function writerOf(path: string): Ask {
  const shared = { role: 'writer', path, maxAgeMs: Number.MAX_SAFE_INTEGER, maxBytes: 64 * 1_048_576 };
  const answerOf = storeCore(shared as never, ENV) as (request: StoreRequest) => Promise<StoreAnswer<unknown>>;
  return async <T>(request: StoreRequest): Promise<T> => {
    const answer = await answerOf(request);
    if (answer.isOk) return answer.value as T;
    throw Object.assign(new Error(answer.failure.message), answer.failure);
  };
}

/** The same batches as the plan has them: one after the other, and each where its run's last one ended. */
function plannedBatches(stored: readonly Record<string, SqlValue>[]): readonly unknown[] {
  const cursors = new Map<SqlValue, number>();
  return stored.map(({ run_id: run }, index) => {
    const cursor = cursors.get(run!) ?? 0;
    const records = recordsOf(index + 1).length;
    cursors.set(run!, cursor + records);
    return { seq: index + 1, run_id: run, cursor, records };
  });
}

interface Total {
  readonly tenant: string;
  readonly count: number;
  readonly tokens: number;
}

function plannedTotals(batches: number): readonly Total[] {
  const totals = new Map<string, Total>();
  for (const { tenant, tokens } of range(batches).flatMap((batch) => recordsOf(batch))) {
    const before = totals.get(tenant) ?? { tenant, count: 0, tokens: 0 };
    totals.set(tenant, { tenant, count: before.count + 1, tokens: before.tokens + tokens });
  }
  return [...totals.values()].toSorted((a, b) => (a.tenant < b.tenant ? -1 : 1));
}

function restoredTotals({ restored }: Opened): readonly Total[] {
  return restored.totals
    .map(({ group: { tenant }, count, tokens }) => ({ tenant, count, tokens }))
    .toSorted((a, b) => (a.tenant < b.tenant ? -1 : 1));
}

function holdOf({ restored }: Opened): number {
  const held = restored.kept.find(({ kind, id }) => kind === 'degradation' && id === 'override')?.value;
  return typeof held === 'string' ? Number((JSON.parse(held) as { readonly reason: string }).reason) : 0;
}

function sum(totals: readonly Total[], field: 'count' | 'tokens'): number {
  return totals.reduce((sum, total) => sum + total[field], 0);
}

/** shape  3 → [1, 2, 3] */
function range(end: number): readonly number[] {
  return Array.from({ length: end }, (_, index) => index + 1);
}
