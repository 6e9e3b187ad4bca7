import type { Database } from '../../core/env.ts';
import { FORGETFUL } from './schema/triggers.ts';

/** Of the most a file may have. Below it there is room for what cannot be forgotten. */
const SHARE = 0.8;
/** Of the longest of them, the oldest, that goes at a time. */
const PIECE = 0.25;
/** Pages given back to the system at a time. */
const VACUUM_PAGES = 1_000;

interface Forgettable {
  readonly rows: number;
  /** Forget so many of the oldest. */
  readonly forget: (rows: number) => void;
}

/**
 * Forget some of the oldest while the file has too much in it, at most `limit` rows of a table: of history, of windows
 * of usage or of the register of delivered batches, whichever is the longest; and when nothing is left of these, of what
 * sinks are owed, which is counted. Totals and what is kept for a start are never forgotten.
 *
 * Pages that are freed are used again; some go back to the system each time.
 *
 * out     whether anything went: false when there is room, or nothing to make it with
 */
export function shrink(database: Database, maxBytes: number, limit: number): boolean {
  const isTooMuch = bytesInUse(database) > maxBytes * SHARE;
  const longest = isTooMuch ? forgettable(database).reduce((a, b) => (b.rows > a.rows ? b : a)) : NOTHING;
  if (longest.rows > 0) longest.forget(Math.min(limit, Math.ceil(longest.rows * PIECE)));
  const hasForgotten = longest.rows > 0 || (isTooMuch && forgetOwed(database));
  database.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
  return hasForgotten;
}

const NOTHING: Forgettable = { rows: 0, forget: () => {} };

function forgettable(database: Database): readonly Forgettable[] {
  const ends = FORGETFUL.map((table) => `SELECT min(id) AS first, max(id) AS last FROM ${table}`).join(' UNION ALL ');
  const [first, history] = numbers(database, `SELECT min(first), max(last) - min(first) FROM (${ends})`);
  const [windows] = numbers(database, 'SELECT count(*) FROM metering_usage');
  const [batches] = numbers(database, 'SELECT count(*) FROM metering_batches WHERE payload IS NULL');
  return [
    {
      rows: history!, // the newest stays
      forget: (rows) => {
        for (const table of FORGETFUL) database.run(`DELETE FROM ${table} WHERE id < ?`, first! + rows);
      },
    },
    {
      rows: windows!,
      forget: (rows) =>
        database.run(
          `DELETE FROM metering_usage WHERE (${WINDOW_KEY}) IN (
             SELECT ${WINDOW_KEY} FROM metering_usage ORDER BY ${WINDOW_KEY} LIMIT ?)`,
          rows,
        ),
    },
    {
      rows: batches!,
      forget: (rows) =>
        database.run(
          `DELETE FROM metering_batches WHERE seq IN (
             SELECT seq FROM metering_batches WHERE payload IS NULL ORDER BY seq LIMIT ?)`,
          rows,
        ),
    },
  ];
}

const WINDOW_KEY = 'window_start_ms, window_ms, tenant, operation, tier, agent';

/** A quarter of what waits for sinks, the oldest. */
function forgetOwed(database: Database): boolean {
  const [owed, first, last] = numbers(database, 'SELECT count(*), min(seq), max(seq) FROM metering_outbox');
  if (owed === 0) return false;
  const upTo = first! + Math.floor((last! - first!) * PIECE);
  const [lost] = numbers(database, `SELECT count(*) FROM metering_outbox WHERE seq <= ${upTo}`);
  database.run('DELETE FROM metering_outbox WHERE seq <= ?', upTo);
  database.run('DELETE FROM metering_batches WHERE seq <= ?', upTo);
  database.run('UPDATE store_state SET undelivered = undelivered + ?', lost!);
  return true;
}

function bytesInUse(database: Database): number {
  const [bytes] = numbers(
    database,
    `SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
  );
  return bytes!;
}

/** The one row of a query; null counts as 0. */
function numbers(database: Database, sql: string): readonly number[] {
  return Object.values(database.all(sql)[0]!).map(Number);
}
