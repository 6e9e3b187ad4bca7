/**
 * The ledger in SQL: totals, the run's cursor and what sinks are owed. Each function is one part of a transaction of its
 * caller's, and leaves beginning and ending it to `writer-core.ts`.
 */
import type { Database, SqlValue } from '../../core/env.ts';
import type { UsageLine } from '../../hotpath/usage-line.ts';
import { addLines } from '../metering/add-lines.ts';
import type { Batch, UsageQuery, WindowedLine } from '../metering/ledger.ts';
import { UsageFold } from '../metering/usage-fold.ts';
import { USAGE_DIMENSIONS } from '../metering/usage-rows.ts';
import { checksumOf } from './checksum.ts';
import { type CheckedRow, type CheckedTable, readChecked, writeChecked } from './checked-rows.ts';
import { StoreFailure } from './failure.ts';
import type { Commit, MeteringRun, Written } from './requests.ts';
import { AMOUNTS, amountsOf, lineOf } from './usage-rows.ts';

const GROUP = ['tenant', 'operation', 'tier', 'agent'] as const;
const WINDOW = ['window_start_ms', 'window_ms'] as const;
const USAGE: CheckedTable = {
  table: 'metering_usage',
  key: [...WINDOW, ...GROUP],
  columns: [...WINDOW, ...GROUP, ...AMOUNTS],
};
const TOTALS: CheckedTable = { table: 'metering_totals', key: ['tenant'], columns: ['tenant', ...AMOUNTS] };

const USAGE_KEY = USAGE.key.map((column) => `${column} = ?`).join(' AND ');
/** Of tenants whose totals are kept apart; the rest are one, as in the ring. */
const MAX_TENANTS = 65_536;
const OTHER_TENANT = '__other';
/** Lines of one answer about usage: as many as are remembered without a file. */
const MAX_ANSWER_LINES = 16_384;
const USAGE_PAGE = 2_048;
/** Batches a sink that never takes any may be owed. */
const MAX_OWED = 10_000;

/** out  the run's cursor: where the next batch has to begin */
export function beginRun(database: Database, { runId, sinks, cursor }: MeteringRun, wallMs: number): number {
  database.run('UPDATE metering_runs SET is_current = 0 WHERE run_id <> ?', runId);
  // What is known to be stored is at least `cursor`: a file that knows less was replaced under us.
  database.run(
    `INSERT INTO metering_runs VALUES (?, ?, 1, ?)
     ON CONFLICT DO UPDATE SET cursor = max(cursor, excluded.cursor), is_current = 1`,
    runId,
    cursor,
    wallMs,
  );
  for (const sink of sinks) database.run('INSERT OR IGNORE INTO metering_sinks VALUES (?)', sink);
  return Number(database.all('SELECT cursor FROM metering_runs WHERE run_id = ?', runId)[0]!['cursor']);
}

export function commitBatch(database: Database, { batch, place }: Commit, wallMs: number): Written['commits'][number] {
  const [run] = database.all('SELECT cursor FROM metering_runs WHERE run_id = ? AND is_current = 1', place.runId);
  if (run === undefined) return 'stale';
  const end = place.cursor + batch.records;
  if (end <= Number(run['cursor'])) return 'stored'; // it was before: the answer was lost, and it was sent again
  if (place.cursor !== run['cursor']) return 'gap';

  const { windowStartWallMs, windowMs } = batch;
  const byTenant = new Map<string, UsageLine>();
  for (const line of batch.lines) {
    const { tenant, operation, tier, agent } = line.group;
    const key = [windowStartWallMs, windowMs, tenant, operation, tier, agent];
    const [known] = readChecked(database, USAGE, USAGE_KEY, ...key);
    const sum = addLines(known && lineOf(known, line.group), line);
    writeChecked(database, USAGE, [...key, ...amountsOf(sum)]);
    byTenant.set(tenant, addLines(byTenant.get(tenant), line));
  }
  for (const [tenant, line] of byTenant) addToTotals(database, tenant, line);

  const sinks = database.all('SELECT sink FROM metering_sinks');
  const payload = sinks.length > 0 ? JSON.stringify(batch) : null;
  const values = [batch.id, place.runId, place.cursor, batch.records, wallMs, payload];
  database.run(
    `INSERT INTO metering_batches (batch_id, run_id, cursor, records, committed_ms, payload, checksum)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ...values,
    checksumOf(values),
  );
  database.run(
    `INSERT INTO metering_outbox SELECT sink, (SELECT seq FROM metering_batches WHERE batch_id = ?) FROM metering_sinks`,
    batch.id,
  );
  database.run('UPDATE metering_runs SET cursor = ? WHERE run_id = ?', end, place.runId);
  database.run('UPDATE store_state SET batches = batches + 1, records = records + ?', batch.records);
  return 'stored';
}

/** The oldest first. A batch that is not what was written is passed over. */
export function waitingBatches(database: Database, sink: string, limit: number): Batch[] {
  const rows = database.all(
    `SELECT batch_id, run_id, cursor, records, committed_ms, payload, checksum
     FROM metering_outbox JOIN metering_batches USING (seq) WHERE sink = ? ORDER BY seq LIMIT ?`,
    sink,
    limit,
  );
  return rows.filter((row) => isIntact(row)).map(({ payload }) => batchOf(payload as string));
}

export function markDelivered(database: Database, sink: string, batchIds: readonly string[]): void {
  for (const id of batchIds) {
    const [row] = database.all('SELECT seq FROM metering_batches WHERE batch_id = ?', id);
    if (row === undefined) continue;
    database.run('DELETE FROM metering_outbox WHERE sink = ? AND seq = ?', sink, row['seq']!);
    forgetPayload(database, row['seq']!);
  }
}

/** Forget windows, runs and batches that are older, at most so many of each, and what a sink has been owed for too long. */
export function forgetUsage(database: Database, beforeMs: number, limit: number): void {
  database.run(
    `DELETE FROM metering_usage WHERE (${USAGE.key.join(', ')}) IN
     (SELECT ${USAGE.key.join(', ')} FROM metering_usage WHERE window_start_ms + window_ms < ? LIMIT ?)`,
    beforeMs,
    limit,
  );
  const owed = database.all(
    `SELECT sink, seq FROM (
       SELECT sink, seq, row_number() OVER (PARTITION BY sink ORDER BY seq DESC) AS place FROM metering_outbox)
     WHERE place > ? LIMIT ?`,
    MAX_OWED,
    limit,
  );
  for (const { sink, seq } of owed) {
    database.run('DELETE FROM metering_outbox WHERE sink = ? AND seq = ?', sink!, seq!);
    forgetPayload(database, seq!);
  }
  if (owed.length > 0) database.run('UPDATE store_state SET undelivered = undelivered + ?', owed.length);
  database.run(
    `DELETE FROM metering_batches WHERE seq IN (
       SELECT seq FROM metering_batches WHERE committed_ms < ? AND payload IS NULL LIMIT ?)`,
    beforeMs,
    limit,
  );
  database.run('DELETE FROM metering_runs WHERE is_current = 0 AND began_ms < ?', beforeMs);
}

/**
 * The lines a question tells apart, those of the oldest window first; what is not what was written is left out.
 *
 * throws  `tooMuch` for an answer of more than 16,384 lines
 */
export function readUsage(database: Database, query: UsageQuery): readonly WindowedLine[] {
  const fold = new UsageFold(query.groupBy ?? USAGE_DIMENSIONS);
  database.exec('BEGIN'); // all pages are of one moment
  try {
    for (let last: CheckedRow | undefined; ;) {
      const page = usagePage(database, query, last);
      for (const row of page) if (isUsageIntact(row)) fold.add(windowedOf(row));
      if (fold.size > MAX_ANSWER_LINES)
        throw new StoreFailure('tooMuch', `expected a question with at most ${MAX_ANSWER_LINES} rows for an answer`);
      if (page.length < USAGE_PAGE) return fold.lines;
      last = page.at(-1);
    }
  } finally {
    database.exec('COMMIT');
  }
}

/** A page at a time: a heap that is exhausted inside of SQLite's binding takes the whole process along. */
function usagePage(database: Database, query: UsageQuery, last: CheckedRow | undefined): readonly CheckedRow[] {
  const { tenant, fromWallMs = -Infinity, toWallMs = Infinity } = query;
  const conditions = ['window_start_ms < ?'];
  const values: SqlValue[] = [Math.min(toWallMs, Number.MAX_SAFE_INTEGER)];
  if (tenant !== undefined) {
    conditions.push('tenant = ?');
    values.push(tenant);
  }
  // One bound from below, not two: SQLite would seek by the wrong one, and read what was read again with each page.
  if (last === undefined) {
    conditions.push('window_start_ms >= ?');
    values.push(Math.max(fromWallMs, Number.MIN_SAFE_INTEGER));
  } else {
    conditions.push(`(${USAGE.key.join(', ')}) > (${USAGE.key.map(() => '?').join(', ')})`);
    values.push(...USAGE.key.map((column) => last[column]!));
  }
  return database.all(
    `SELECT ${USAGE.columns.join(', ')}, checksum FROM metering_usage WHERE ${conditions.join(' AND ')}
     ORDER BY ${USAGE.key.join(', ')} LIMIT ${USAGE_PAGE}`,
    ...values,
  );
}

function isUsageIntact(row: CheckedRow): boolean {
  return row['checksum'] === checksumOf(USAGE.columns.map((column) => row[column]!));
}

function windowedOf(row: CheckedRow): WindowedLine {
  return {
    windowStartWallMs: Number(row['window_start_ms']),
    windowMs: Number(row['window_ms']),
    line: lineOf(row, groupOf(row)),
  };
}

/** One line a tenant, under its name alone. */
export function readTotals(database: Database): UsageLine[] {
  return readChecked(database, TOTALS, 'true').map((row) =>
    lineOf(row, { tenant: row['tenant'] as string, operation: '', tier: '', agent: '' }),
  );
}

function addToTotals(database: Database, tenant: string, line: UsageLine): void {
  let name = tenant;
  let [known] = readChecked(database, TOTALS, 'tenant = ?', name);
  if (known === undefined && isFull(database)) {
    name = OTHER_TENANT;
    [known] = readChecked(database, TOTALS, 'tenant = ?', name);
  }
  writeChecked(database, TOTALS, [name, ...amountsOf(addLines(known && lineOf(known, line.group), line))]);
}

function isFull(database: Database): boolean {
  return Number(database.all('SELECT count(*) AS tenants FROM metering_totals')[0]!['tenants']) >= MAX_TENANTS;
}

/** What nobody is owed any more needs no copy: the totals have it. */
function forgetPayload(database: Database, seq: SqlValue): void {
  const [batch] = database.all(
    `SELECT batch_id, run_id, cursor, records, committed_ms FROM metering_batches
     WHERE seq = ? AND payload IS NOT NULL AND NOT EXISTS (SELECT 1 FROM metering_outbox o WHERE o.seq = metering_batches.seq)`,
    seq,
  );
  if (batch === undefined) return;
  const { batch_id: id, run_id: run, cursor, records, committed_ms: at } = batch;
  const checksum = checksumOf([id!, run!, cursor!, records!, at!, null]);
  database.run('UPDATE metering_batches SET payload = NULL, checksum = ? WHERE seq = ?', checksum, seq);
}

function isIntact(row: Readonly<Record<string, SqlValue>>): boolean {
  const columns = ['batch_id', 'run_id', 'cursor', 'records', 'committed_ms', 'payload'];
  return row['checksum'] === checksumOf(columns.map((column) => row[column]!));
}

/** Bounds of no latencies are infinite, which JSON has no word for. */
function batchOf(payload: string): Batch {
  const batch = JSON.parse(payload) as Batch;
  const lines = batch.lines.map((line) => ({
    ...line,
    latencyMinMs: (line.latencyMinMs as number | null) ?? Infinity,
    latencyMaxMs: (line.latencyMaxMs as number | null) ?? -Infinity,
  }));
  return { ...batch, lines };
}

function groupOf(row: Readonly<Record<string, SqlValue>>): UsageLine['group'] {
  const [tenant, operation, tier, agent] = GROUP.map((column) => row[column] as string);
  return { tenant: tenant!, operation: operation!, tier: tier!, agent: agent! };
}
