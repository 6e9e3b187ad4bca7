/**
 * What the store's writer does, as a function of its requests: the same in its thread and under the virtual Env.
 *
 * A request is one transaction, wholly done or not at all. Whatever SQLite says, the transaction is over when the
 * request is. What is acknowledged as durable (commits, what is kept) waits for the disk, history does not: it is there
 * after a crash of the process, and may lack its last moments after one of the machine.
 */
import type { Database, Env } from '../../core/env.ts';
import { failureOf, StoreFailure } from './failure.ts';
import { insertRow } from './history-sql.ts';
import { forgetClosedKeys, forgetKeyedBreakers, readBreakers, readKept, writeKept } from './kept-tables.ts';
import { beginRun, commitBatch, forgetUsage, markDelivered, readTotals, waitingBatches } from './ledger-tables.ts';
import { BUSY_MS, openFile, rollBack, type StoreFile, WAL_BYTES } from './open-file.ts';
import type {
  Levels,
  MeteringRun,
  Opened,
  OpenRequest,
  StoreRequest,
  StoreShared,
  Written,
  WriteRequest,
} from './requests.ts';
import { shrink } from './shrink.ts';

/** Beyond this the log is not let grow: whoever reads from an old snapshot would have it grow for ever. */
const MAX_WAL_BYTES = 4 * WAL_BYTES;
/** Transactions between two looks at the log's length. */
const LOOK_EVERY = 32;
const FORGET_AT_ONCE = 10_000;

export class WriterCore {
  readonly #shared: StoreShared;
  readonly #env: Env;
  #file: StoreFile | undefined;
  #runId = '';
  #isDurable: boolean | undefined;
  #sinceLook = 0;
  #walBytes = 0;

  constructor(shared: StoreShared, env: Env) {
    this.#shared = shared;
    this.#env = env;
  }

  answer(request: StoreRequest): unknown {
    switch (request.kind) {
      case 'open':
        return this.#open(request);
      case 'write':
        return this.#write(request);
      case 'begin':
        return this.#begin(request.metering, request.wallMs);
      case 'waiting':
        return this.#transact(false, () => waitingBatches(this.#database, request.sink, request.limit));
      case 'delivered':
        return this.#transact(false, () => markDelivered(this.#database, request.sink, request.batchIds));
      case 'tidy':
        return this.#tidy(request.wallMs);
      case 'close':
        return this.#close();
      default:
        throw new StoreFailure('other', `the writer was asked for ${request.kind}`);
    }
  }

  get #database(): Database {
    if (this.#file === undefined) throw new StoreFailure('other', 'the file is not open');
    return this.#file.database;
  }

  async #open(request: OpenRequest): Promise<Opened> {
    const { runId, name, policyHash, wallMs, metering, isBroken } = request;
    this.#file?.close();
    this.#file = undefined;
    const file = await openFile(this.#env, this.#shared, wallMs, isBroken);
    this.#file = file;
    this.#isDurable = undefined;
    this.#runId = runId;
    try {
      const opened = this.#fit(true, () => {
        const { database } = file;
        const restored = { breakers: readBreakers(database), kept: readKept(database), totals: readTotals(database) };
        database.run('INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, 0)', runId, name, policyHash, wallMs);
        database.run('UPDATE store_state SET is_open = 1, last_written_ms = ?', wallMs);
        forgetKeyedBreakers(database);
        const cursor = metering === null ? 0 : beginRun(database, metering, wallMs);
        return { restored, cursor, quarantined: file.quarantined };
      });
      return { ...opened, levels: await this.#levels() };
    } catch (error) {
      file.close();
      this.#file = undefined;
      throw error;
    }
  }

  async #write({ wallMs, firstRow, rows, kept, commits }: WriteRequest): Promise<Written> {
    const answers = this.#fit(kept.length + commits.length > 0, () => {
      if (rows.length > 0) this.#append(firstRow, rows);
      for (const entry of kept) writeKept(this.#database, entry);
      const committed = commits.map((commit) => commitBatch(this.#database, commit, wallMs));
      this.#database.run('UPDATE store_state SET last_written_ms = ?', wallMs);
      return committed;
    });
    const isDue = commits.length > 0 || ++this.#sinceLook >= LOOK_EVERY;
    return { commits: answers, levels: isDue ? await this.#levels() : null };
  }

  #append(firstRow: number, rows: WriteRequest['rows']): void {
    const database = this.#database;
    const [run] = database.all('SELECT applied FROM runs WHERE run_id = ?', this.#runId);
    const [state] = database.all('SELECT last_event_id FROM store_state');
    const known = Math.max(0, Number(run!['applied']) - firstRow + 1); // the answer was lost, and they were sent again
    let id = Number(state!['last_event_id']);
    for (const row of rows.slice(known)) insertRow(database, ++id, row);
    database.run('UPDATE store_state SET last_event_id = ?', id);
    database.run('UPDATE runs SET applied = max(applied, ?) WHERE run_id = ?', firstRow + rows.length - 1, this.#runId);
  }

  #begin(metering: MeteringRun, wallMs: number): number {
    return this.#transact(true, () => beginRun(this.#database, metering, wallMs));
  }

  /** Forget what is too old or too much, a bounded piece at a time, and cut the log back. */
  async #tidy(wallMs: number): Promise<Levels> {
    if ((await this.#env.files.size(this.#shared.path)) === undefined && !(await this.#isInMemory()))
      throw new StoreFailure('missing', 'expected the file where it was, received none');
    const { maxAgeMs, maxBytes } = this.#shared;
    this.#transact(false, () => {
      forgetUsage(this.#database, wallMs - maxAgeMs, FORGET_AT_ONCE);
      forgetClosedKeys(this.#database, FORGET_AT_ONCE);
      this.#database.run('DELETE FROM runs WHERE started_ms < ? AND run_id <> ?', wallMs - maxAgeMs, this.#runId);
    });
    this.#transact(false, () => shrink(this.#database, maxBytes, FORGET_AT_ONCE));
    return this.#levels();
  }

  async #close(): Promise<void> {
    if (this.#file === undefined) return;
    try {
      this.#transact(true, () => this.#database.run('UPDATE store_state SET is_open = 0'));
    } finally {
      this.#file.close(); // the last connection plays the log into the file and removes it
      this.#file = undefined;
    }
  }

  /** As `transact`; what finds the file at its bound has the oldest forgotten for it, as long as that helps. */
  #fit<T>(isDurable: boolean, work: () => T): T {
    for (;;)
      try {
        return this.#transact(isDurable, work);
      } catch (error) {
        if (failureOf(error).kind !== 'full' || !this.#makeRoom()) throw error;
      }
  }

  /** out  false when it is not the file that is full, but the disk, or there is nothing to forget */
  #makeRoom(): boolean {
    try {
      return this.#transact(false, () => shrink(this.#database, this.#shared.maxBytes, FORGET_AT_ONCE));
    } catch {
      return false;
    }
  }

  /** in  isDurable   wait for the disk when it is committed */
  #transact<T>(isDurable: boolean, work: () => T): T {
    const database = this.#database;
    if (isDurable !== this.#isDurable) database.exec(`PRAGMA synchronous = ${isDurable ? 'FULL' : 'NORMAL'}`);
    this.#isDurable = isDurable;
    try {
      database.exec('BEGIN IMMEDIATE');
      const result = work();
      database.exec('COMMIT');
      return result;
    } finally {
      rollBack(database);
    }
  }

  async #levels(): Promise<Levels> {
    await this.#lookAtLog();
    const [row] = this.#database.all(
      `SELECT page_count * page_size AS bytes, batches, records, undelivered,
         (SELECT count(*) FROM damaged_rows) AS damaged
       FROM pragma_page_count, pragma_page_size, store_state`,
    );
    const { bytes, batches, records, undelivered, damaged } = row as Readonly<Record<string, number>>;
    return {
      bytes: bytes!,
      batches: batches!,
      records: records!,
      undelivered: undelivered!,
      damaged: damaged!,
      walBytes: this.#walBytes,
    };
  }

  /** throws  `wal` when a foreign reader keeps the log from being cut back, and it has grown too long */
  async #lookAtLog(): Promise<void> {
    this.#sinceLook = 0;
    this.#walBytes = await this.#sizeOfLog();
    if (this.#walBytes <= WAL_BYTES) return;
    this.#database.exec('PRAGMA busy_timeout = 0'); // who holds it is not waited for, neither now nor the next time
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    this.#walBytes = await this.#sizeOfLog();
    if (this.#walBytes > MAX_WAL_BYTES)
      throw new StoreFailure(
        'wal',
        `expected a log of at most ${MAX_WAL_BYTES} bytes, received ${this.#walBytes}: a reader of the file holds it`,
      );
  }

  async #sizeOfLog(): Promise<number> {
    return (await this.#env.files.size(`${this.#shared.path}-wal`)) ?? 0;
  }

  async #isInMemory(): Promise<boolean> {
    return this.#database.all('PRAGMA journal_mode')[0]?.['journal_mode'] === 'memory';
  }
}
