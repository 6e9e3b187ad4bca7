/** History written and read, a row at a time. */
import type { Database, SqlValue } from '../../core/env.ts';
import { checksumOf } from './checksum.ts';
import { HISTORY, HISTORY_TABLES, type HistoryTable, type TableSpec } from './history-tables.ts';
import type { HistoryQuery, Row, StoredRow } from './requests.ts';

const INSERTS = Object.fromEntries(HISTORY_TABLES.map((table) => [table, insertInto(table)])) as Readonly<
  Record<HistoryTable, string>
>;

/** Write one row under its number. */
export function insertRow(database: Database, id: number, row: Row): void {
  const values = [id, ...(row.slice(1) as SqlValue[])];
  database.run(INSERTS[row[0]], ...values, checksumOf(values));
}

/** What the rows of some tables that match are, by id, at most `limit`; those that are not what was written are left out. */
export function readHistory(database: Database, query: HistoryQuery): StoredRow[] {
  const direction = query.isNewestFirst ? -1 : 1;
  return query.tables
    .flatMap((table) => readTable(database, table, query).map((row): StoredRow => [table, row]))
    .toSorted(([, a], [, b]) => direction * (Number(a['id']) - Number(b['id'])))
    .slice(0, query.limit);
}

function readTable(database: Database, table: HistoryTable, query: HistoryQuery): Readonly<Record<string, SqlValue>>[] {
  const spec: TableSpec = HISTORY[table];
  const { table: from, columns } = spec.from ?? { table, columns: spec.columns };
  const [conditions, values] = conditionsOf(query);
  const rows = database.all(
    `SELECT id, ${columns.join(', ')}, checksum FROM ${from} WHERE ${conditions.join(' AND ')}
     ORDER BY id ${query.isNewestFirst ? 'DESC' : 'ASC'} LIMIT ?`,
    ...values,
    query.limit,
  );
  return rows.filter((row) => row['checksum'] === checksumOf(['id', ...columns].map((column) => row[column]!)));
}

function conditionsOf(query: HistoryQuery): readonly [readonly string[], readonly SqlValue[]] {
  const { afterId, fromWallMs, toWallMs, breaker, event, isTrips } = query;
  const conditions = ['id > ?'];
  const values: SqlValue[] = [afterId];
  const add = (condition: string, value: SqlValue | undefined): void => {
    if (value === undefined || value === null) return;
    conditions.push(condition);
    values.push(value);
  };
  add('at_ms >= ?', fromWallMs);
  add('at_ms < ?', toWallMs);
  add('breaker = ?', breaker);
  add('event = ?', event);
  if (isTrips === true) conditions.push(`to_state = 'open' AND rule <> 'restored'`);
  return [conditions, values];
}

function insertInto(table: HistoryTable): string {
  const { columns, current }: TableSpec = HISTORY[table];
  const all = [current?.id ?? 'id', ...columns, 'checksum'];
  const insert = `INSERT INTO ${table} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})`;
  if (current === undefined) return insert;
  const rest = all.filter((column) => !current.key.includes(column));
  return `${insert} ON CONFLICT DO UPDATE SET ${rest.map((column) => `${column} = excluded.${column}`).join(', ')}`;
}
