/**
 * Real SQLite in memory, one database a path, that outlives its connections as a file would.
 *
 * Each connection has transactions of its own; a connection that closes in the middle of one leaves nothing of it.
 */
import type { Database, DatabaseOptions } from '../core/env.ts';

export class VirtualDatabases {
  readonly #prefix: string;
  /** The connection that keeps each path's content alive. */
  readonly #keepers = new Map<string, Database>();

  /** in  prefix  unique in the process: shared memory is named across Envs */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  async open(path: string, options?: DatabaseOptions): Promise<Database> {
    const { openDatabase } = await import('../core/real-database.ts');
    if (path === ':memory:') return openDatabase(path, options);

    const name = `file:${this.#prefix}-${encodeURIComponent(path)}?mode=memory&cache=shared`;
    if (!this.#keepers.has(path)) this.#keepers.set(path, openDatabase(name));
    const database = openDatabase(name);
    if (options?.readOnly === true) database.exec('PRAGMA query_only = ON');
    return database; // a lock another one holds is never waited for: it is held within this very thread
  }
}
