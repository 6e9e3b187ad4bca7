/** Stores on real files in a folder of their own, with time that only a test moves. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';
import type { Database, Env, SqlValue } from '../../../src/core/env.ts';
import { realEnv } from '../../../src/core/real-env.ts';
import type {
  Opened,
  OpenRequest,
  Row,
  StoreAnswer,
  StoreRequest,
  Written,
  WriteRequest,
} from '../../../src/durable/stores/requests.ts';
import { storeCore } from '../../../src/durable/stores/store-core.ts';
import type { UsageLine } from '../../../src/hotpath/usage-line.ts';
import { createVirtualEnv, type VirtualEnv } from '../../../src/testing/virtual-env.ts';
import { VirtualThread } from '../../../src/testing/virtual-thread.ts';

export const WALL_MS = Date.UTC(2026, 0, 1);

/** The path of a file that is not there yet, in a folder that ends with the test. */
export function freshPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'holdfast.db');
}

export interface Limits {
  readonly maxAgeMs?: number;
  readonly maxBytes?: number;
}

/** A writer's core without its thread. What it answers is thrown when it is a failure. */
export class Writer {
  readonly #answer: (request: StoreRequest) => Promise<StoreAnswer<unknown>>;
  #rows = 0;

  constructor(path: string, { maxAgeMs = 86_400_000, maxBytes = 64 * 1_048_576 }: Limits = {}, env: Env = realEnv()) {
    this.#answer = storeCore({ role: 'writer', path, maxAgeMs, maxBytes } as never, env) as never;
    onTestFinished(() => void this.#answer({ kind: 'close', wallMs: WALL_MS }));
  }

  async ask<T>(request: StoreRequest): Promise<T> {
    const answer = await this.#answer(request);
    if (answer.isOk) return answer.value as T;
    throw Object.assign(new Error(answer.failure.message), answer.failure);
  }

  open(given: Partial<OpenRequest> = {}): Promise<Opened> {
    return this.ask({
      kind: 'open',
      runId: 'run-1',
      name: 'test',
      policyHash: 'hash',
      wallMs: WALL_MS,
      metering: { runId: 'meter-1', sinks: [], cursor: 0 },
      isBroken: false,
      ...given,
    });
  }

  write(given: Partial<WriteRequest>): Promise<Written> {
    const { rows = [] } = given;
    const firstRow = this.#rows + 1;
    if (given.firstRow === undefined) this.#rows += rows.length;
    return this.ask({ kind: 'write', wallMs: WALL_MS, firstRow, rows, kept: [], commits: [], ...given });
  }

  close(): Promise<void> {
    return this.ask({ kind: 'close', wallMs: WALL_MS });
  }
}

export function eventRow(n: number, atMs = WALL_MS): Row {
  return ['events', 'worker.lost', JSON.stringify({ pool: 'pool', error: `no. ${n}` }), atMs];
}

export function usageLine(tenant: string, count = 1): UsageLine {
  return {
    group: { tenant, operation: 'ask', tier: 'standard', agent: 'a' },
    count,
    tokens: 10 * count,
    latencyCount: count,
    latencySumMs: 5 * count,
    latencyMinMs: 5,
    latencyMaxMs: 5,
    latencyCells: [0, count],
    scoreCount: 0,
    scoreSum: 0,
  };
}

export function commitOf(n: number, cursor: number, lines: readonly UsageLine[], runId = 'meter-1') {
  const records = lines.reduce((sum, { count }) => sum + count, 0);
  return {
    batch: { id: `${runId}-${n}`, records, windowStartWallMs: WALL_MS, windowMs: 60_000, policyHash: 'policy', lines },
    place: { runId, cursor },
  };
}

/** What is in a file, read as the `sqlite3` program would. */
export function select(path: string, sql: string): Record<string, SqlValue>[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }) as Record<string, SqlValue>);
  } finally {
    database.close();
  }
}

export interface FileEnv extends VirtualEnv {
  /** Let everything happen that needs no time to pass, until the promise has settled. */
  settle<T>(promise: Promise<T>): Promise<T>;
}

/** Virtual time and threads over real files. in  tamper   may put itself between the core and a database */
export function fileEnv(seed = 1, tamper: (database: Database, path: string) => Database = (same) => same): FileEnv {
  const virtual = createVirtualEnv({ seed });
  const { database, files } = realEnv();
  const random = virtual.fork('file-env');
  const env: FileEnv = Object.assign(Object.create(virtual) as FileEnv, {
    files,
    database: async (...args: Parameters<Env['database']>) => tamper(await database(...args), args[0]),
    thread: async (options: Parameters<Env['thread']>[0]) =>
      new VirtualThread(options, { defer: virtual.defer, random, env }),
    settle: async <T>(promise: Promise<T>): Promise<T> => {
      let isSettled = false;
      promise.then(
        () => (isSettled = true),
        () => (isSettled = true),
      );
      while (!isSettled) {
        virtual.turn();
        await new Promise((resolve) => void setImmediate(resolve));
      }
      return promise;
    },
  });
  return env;
}
