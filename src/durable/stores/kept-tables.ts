/** What is restored at the start: the breakers as they were, and what the bridge asked to be kept. */
import type { Database } from '../../core/env.ts';
import type { KeptKind } from '../../core/keep.ts';
import { type CheckedTable, readChecked, writeChecked } from './checked-rows.ts';
import type { KeptBreaker, KeptEntry } from './requests.ts';

const KEPT: CheckedTable = { table: 'kept_state', key: ['kind', 'id'], columns: ['kind', 'id', 'value'] };
const BREAKERS: CheckedTable = {
  table: 'circuit_breakers',
  key: ['breaker', 'key'],
  columns: [
    'event_id',
    'breaker',
    'key',
    'state',
    'previous_state',
    'rule',
    'epoch',
    'actor',
    'reason',
    'options_hash',
    'open_until_ms',
    'attempt',
    'changed_ms',
  ],
};

/** The named ones. A keyed breaker's keys all begin closed. */
export function readBreakers(database: Database): KeptBreaker[] {
  return readChecked(database, BREAKERS, `key = ''`).map((row) => ({
    breaker: row['breaker'] as string,
    state: row['state'] as string,
    optionsHash: row['options_hash'] as string | null,
    openUntilWallMs: row['open_until_ms'] as number | null,
    attempt: Number(row['attempt']),
  }));
}

/** What was of keys is history, now that a process begins in which they are all closed. */
export function forgetKeyedBreakers(database: Database): void {
  database.run(`DELETE FROM circuit_breakers WHERE key <> ''`);
}

/** A key that is closed is like one that never was; there may be millions in the life of a process. */
export function forgetClosedKeys(database: Database, limit: number): void {
  database.run(
    `DELETE FROM circuit_breakers WHERE (breaker, key) IN (
       SELECT breaker, key FROM circuit_breakers WHERE key <> '' AND state = 'closed' LIMIT ?)`,
    limit,
  );
}

export function readKept(database: Database): KeptEntry[] {
  return readChecked(database, KEPT, 'true').map((row) => ({
    kind: row['kind'] as KeptKind,
    id: row['id'] as string,
    value: row['value'] as string,
  }));
}

export function writeKept(database: Database, { kind, id, value }: KeptEntry): void {
  if (value === null) database.run('DELETE FROM kept_state WHERE kind = ? AND id = ?', kind, id);
  else writeChecked(database, KEPT, [kind, id, value]);
}
