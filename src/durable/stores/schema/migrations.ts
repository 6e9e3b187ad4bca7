/**
 * The versions of a store's file. Each is a list of statements that run in one transaction: a file has a version wholly
 * or not at all, wherever the process ends. A version that has been released is never changed; the next one is added.
 */
import type { Database } from '../../../core/env.ts';
import { TABLES } from './tables.ts';
import { TRIGGERS } from './triggers.ts';
import { VIEWS } from './views.ts';

/** "hold": how `file` and we know a file of ours. */
export const APPLICATION_ID = 0x68_6f_6c_64;

const REGISTER = `CREATE TABLE schema_migrations (
  version INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_ms INTEGER NOT NULL
) STRICT`;

interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
}

/** By version, from 1. */
const MIGRATIONS: readonly Migration[] = [
  { name: 'the beginning', statements: [REGISTER, ...TABLES, ...TRIGGERS, ...VIEWS] },
];

export const SCHEMA_VERSION: number = MIGRATIONS.length;

/** The version a file has: 0 for an empty one. */
export function versionOf(database: Database): number {
  return Number(database.all('PRAGMA user_version')[0]!['user_version']);
}

/** Bring a file of ours, or an empty one, to the version of this program. Done twice it does nothing. */
export function migrate(database: Database, wallMs: number): void {
  for (let version = versionOf(database) + 1; version <= SCHEMA_VERSION; version++) {
    const { name, statements } = MIGRATIONS[version - 1]!;
    database.exec('BEGIN IMMEDIATE');
    for (const statement of statements) database.exec(statement);
    database.run('INSERT INTO schema_migrations VALUES (?, ?, ?)', version, name, wallMs);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${version}`);
    database.exec('COMMIT');
  }
}
