import type { Database } from '../../core/env.ts';
import { FORGETFUL } from './schema/triggers.ts';

/** Of the most a file may have. Below it there is room for what cannot be forgotten. */
const SHARE = 0.8;
/** Of history, by its running numbers, that goes at a time. */
const PIECE = 0.25;
/** Pages given back to the system at a time. */
const VACUUM_PAGES = 1_000;

/**
 * Forget the oldest of history while the file has too much in it, at most so many rows of each table.
 *
 * Pages that are freed are used again; some go back to the system each time.
 */
export function shrink(database: Database, maxBytes: number, limit: number): void {
  if (bytesInUse(database) > maxBytes * SHARE) {
    const ends = FORGETFUL.map((table) => `SELECT min(id) AS first, max(id) AS last FROM ${table}`);
    const [row] = database.all(`SELECT min(first) AS first, max(last) AS last FROM (${ends.join(' UNION ALL ')})`);
    const first = Number(row!['first']);
    const upTo = first + Math.min(limit, Math.ceil((Number(row!['last']) - first) * PIECE));
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
