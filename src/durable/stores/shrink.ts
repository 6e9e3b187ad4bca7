import type { Database } from '../../core/env.ts';
import { FORGETFUL } from './schema/triggers.ts';

/** Of the most a file may have. Below it there is room for what cannot be forgotten. */
const SHARE = 0.8;
/** Pages given back to the system at a time. */
const VACUUM_PAGES = 1_000;

/**
 * Forget the oldest of history while the file has too much in it, at most so many rows of each table.
 *
 * Pages that are freed are used again; some go back to the system each time.
 */
export function shrink(database: Database, maxBytes: number, limit: number): void {
  if (bytesInUse(database) > maxBytes * SHARE) {
    const [first] = database.all(
      `SELECT min(id) AS id FROM (${FORGETFUL.map((table) => `SELECT min(id) AS id FROM ${table}`).join(' UNION ALL ')})`,
    );
    const upTo = Number(first!['id'] ?? 0) + limit;
    for (const table of FORGETFUL) database.run(`DELETE FROM ${table} WHERE id < ?`, upTo);
  }
  database.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
}

function bytesInUse(database: Database): number {
  const [row] = database.all(
    `SELECT (page_count - freelist_count) * page_size AS bytes
     FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
  );
  return Number(row!['bytes']);
}
