/**
 * What the store's reader does: questions about history and usage, on a connection of its own that cannot write, so
 * that the longest of them delays no commit.
 */
import type { Database, Env } from '../../core/env.ts';
import { StoreFailure } from './failure.ts';
import { readHistory } from './history-sql.ts';
import { readUsage } from './ledger-tables.ts';
import { BUSY_MS } from './open-file.ts';
import type { StoreRequest, StoreShared } from './requests.ts';

export class ReaderCore {
  readonly #shared: StoreShared;
  readonly #env: Env;

  constructor(shared: StoreShared, env: Env) {
    this.#shared = shared;
    this.#env = env;
  }

  /** A connection for each question: the file may be another one by the next. */
  async answer(request: StoreRequest): Promise<unknown> {
    const database = await this.#env.database(this.#shared.path, { readOnly: true, busyMs: BUSY_MS });
    try {
      return read(database, request);
    } finally {
      database.close();
    }
  }
}

function read(database: Database, request: StoreRequest): unknown {
  switch (request.kind) {
    case 'history':
      return readHistory(database, request);
    case 'usage':
      return readUsage(database, request.query);
    default:
      throw new StoreFailure('other', `the reader was asked to ${request.kind}`);
  }
}
