/**
 * Rows that something is restored from, or added to: one that is not what was written is put aside and counts as
 * missing.
 */
import type { Database, SqlValue } from '../../core/env.ts';
import { checksumOf } from './checksum.ts';

export interface CheckedTable {
  readonly table: string;
  /** What makes a row the one it is. */
  readonly key: readonly string[];
  /** All that the checksum covers, the key included, in its order. */
  readonly columns: readonly string[];
}

export type CheckedRow = Readonly<Record<string, SqlValue>>;

/** The rows that are as they were written. in  where   a condition, with its values; the others are put aside */
export function readChecked(
  database: Database,
  { table, key, columns }: CheckedTable,
  where: string,
  ...values: readonly SqlValue[]
): CheckedRow[] {
  const rows = database.all(`SELECT ${columns.join(', ')}, checksum FROM ${table} WHERE ${where}`, ...values);
  return rows.filter((row) => {
    const isIntact = row['checksum'] === checksumOf(columns.map((column) => row[column]!));
    if (!isIntact) putAside(database, table, key, row);
    return isIntact;
  });
}

/** Write a row as it is now. in  values   of all columns */
export function writeChecked(
  database: Database,
  { table, key, columns }: CheckedTable,
  values: readonly SqlValue[],
): void {
  const all = [...columns, 'checksum'];
  const rest = all.filter((column) => !key.includes(column));
  database.run(
    `INSERT INTO ${table} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})
     ON CONFLICT DO UPDATE SET ${rest.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    ...values,
    checksumOf(values),
  );
}

/** Out of its table, and kept as it is. */
export function putAside(database: Database, table: string, key: readonly string[], row: CheckedRow): void {
  keepDamaged(database, table, row);
  const isSame = key.map((column) => `${column} = ?`).join(' AND ');
  database.run(`DELETE FROM ${table} WHERE ${isSame}`, ...key.map((column) => row[column]!));
}

/** Keep what its table cannot have, for a person to look at; it is counted as damaged. */
export function keepDamaged(database: Database, table: string, row: CheckedRow | readonly SqlValue[]): void {
  database.run(
    `INSERT INTO damaged_rows (table_name, row, found_ms) VALUES (?, ?, CAST(unixepoch('subsec') * 1000 AS INTEGER))`,
    table,
    JSON.stringify(row),
  );
}
