/** A SQLite database by node:sqlite, the one door to it. Loaded by the real Env on first use, and by the virtual one. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Database, DatabaseOptions, SqlValue } from './env.ts';

/** Statements kept prepared; a program has a few dozen, so the bound only guards against SQL made of values. */
const MAX_STATEMENTS = 128;

export function openDatabase(path: string, { readOnly = false, busyMs = 0 }: DatabaseOptions = {}): Database {
  const database = new DatabaseSync(path, { readOnly, timeout: busyMs });
  const statements = new Map<string, StatementSync>();

  function prepared(sql: string): StatementSync {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      if (statements.size === MAX_STATEMENTS) statements.delete(oldest(statements));
      statements.set(sql, statement);
    }
    return statement;
  }

  return {
    get isInTransaction() {
      return database.isOpen && database.isTransaction;
    },
    exec: (sql) => database.exec(sql),
    run: (sql, ...values) => void prepared(sql).run(...values),
    all: (sql, ...values) => prepared(sql).all(...values) as Record<string, SqlValue>[],
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

function oldest(statements: ReadonlyMap<string, unknown>): string {
  for (const sql of statements.keys()) return sql;
  return '';
}
