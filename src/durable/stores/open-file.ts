/**
 * A store's file, opened for its one writer: locked against others, known to be ours, whole, and of this version.
 *
 * The lock is a transaction held on a tiny database beside the file, so the system releases it whichever way a process
 * ends, and the file itself stays open to readers. A file that is no database, or a broken one, is renamed aside with
 * all that belongs to it, as it was. One that is of a later version, or somebody else's, is not touched.
 */
import type { Database, Env } from '../../core/env.ts';
import { failureOf, StoreFailure } from './failure.ts';
import { APPLICATION_ID, migrate, SCHEMA_VERSION, versionOf } from './schema/migrations.ts';
import { FORGETFUL } from './schema/triggers.ts';
import type { Opened, StoreShared } from './requests.ts';

/** How long the thread waits for another connection's lock: the application does not. */
export const BUSY_MS = 2_000;
/** A process that has just ended may still be on its way out. */
const LOCK_BUSY_MS = 1_000;
/** The log is cut back to this when it has been written into the file. */
export const WAL_BYTES = 16 * 1_048_576;
const PAGE_BYTES = 4_096;
const CHECKPOINT_PAGES = 2_000;
/** Enough for the ends of all tables at once. */
const CACHE_KIB = 16_384;

export interface StoreFile {
  readonly database: Database;
  readonly quarantined: Opened['quarantined'];
  close(): void;
}

/**
 * in      isBroken  it was found out while it was in use: put it aside, whatever it looks like now
 * throws  what `failureOf` knows
 */
export async function openFile(env: Env, shared: StoreShared, wallMs: number, isBroken: boolean): Promise<StoreFile> {
  const lock = await takeLock(env, shared.path);
  try {
    const { database, quarantined } = await openWhole(env, shared, wallMs, isBroken);
    const close = (): void => {
      database.close();
      lock.close();
    };
    return { database, quarantined, close };
  } catch (error) {
    lock.close();
    throw error;
  }
}

async function takeLock(env: Env, path: string): Promise<Database> {
  const lock = await openDatabase(env, `${path}.lock`, LOCK_BUSY_MS);
  try {
    lock.exec('PRAGMA journal_mode = MEMORY'); // no journal beside it
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    const { kind } = failureOf(error);
    if (kind === 'corrupt')
      // said of the lock, not of the file beside it, which must not be put aside for it
      throw new StoreFailure('foreign', `expected a lock of our own at the path with .lock, received another file`);
    if (kind === 'busy')
      throw new StoreFailure('locked', 'expected to be the only writer, received a file that another one writes to');
    throw error;
  }
}

async function openDatabase(env: Env, path: string, busyMs: number): Promise<Database> {
  try {
    return await env.database(path, { busyMs });
  } catch (error) {
    const { kind } = failureOf(error);
    if (kind !== 'cannotOpen') throw error;
    throw new StoreFailure(kind, 'expected a file in a folder that is there, received none that can be opened');
  }
}

type Whole = Pick<StoreFile, 'database' | 'quarantined'>;

async function openWhole(env: Env, shared: StoreShared, wallMs: number, isBroken: boolean): Promise<Whole> {
  try {
    if (isBroken) throw new StoreFailure('corrupt', 'found broken while it was in use');
    return { database: await prepare(env, shared, wallMs), quarantined: null };
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind !== 'corrupt') throw error;
    const aside = await putAside(env, shared.path, wallMs);
    return { database: await prepare(env, shared, wallMs), quarantined: { aside, error: failure.message } };
  }
}

/** throws  also for a database that is not whole; it is closed then */
async function prepare(env: Env, { path, maxAgeMs, maxBytes }: StoreShared, wallMs: number): Promise<Database> {
  const database = await openDatabase(env, path, BUSY_MS);
  try {
    if (isEmpty(database)) database.exec('PRAGMA auto_vacuum = INCREMENTAL');
    else checkOwner(database);
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL');
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    database.exec(`PRAGMA journal_size_limit = ${WAL_BYTES}`);
    database.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / PAGE_BYTES)}`);
    database.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    database.exec('PRAGMA recursive_triggers = OFF');
    database.exec('PRAGMA temp_store = MEMORY');
    if (versionOf(database) > 0 && wasCutOff(database)) checkWhole(database);
    migrate(database, wallMs);
    database.exec('BEGIN IMMEDIATE');
    for (const table of FORGETFUL) database.run('INSERT OR REPLACE INTO retention VALUES (?, ?)', table, maxAgeMs);
    database.exec('COMMIT');
    return database;
  } catch (error) {
    rollBack(database); // before it is closed: a shared one would stay locked
    database.close();
    throw error;
  }
}

function isEmpty(database: Database): boolean {
  return database.all('SELECT 1 FROM sqlite_schema LIMIT 1').length === 0;
}

/** Before anything is written: a file that is not ours stays as it is, to the byte. */
function checkOwner(database: Database): void {
  const id = Number(database.all('PRAGMA application_id')[0]!['application_id']);
  if (id !== APPLICATION_ID)
    throw new StoreFailure('foreign', "expected a file of holdfast's own, received another program's database");
  const version = versionOf(database);
  if (version > SCHEMA_VERSION)
    throw new StoreFailure('newer', `expected schema version ${SCHEMA_VERSION} at most, received version ${version}`);
}

function wasCutOff(database: Database): boolean {
  return database.all('SELECT is_open FROM store_state')[0]?.['is_open'] !== 0;
}

function checkWhole(database: Database): void {
  const verdict = database.all('PRAGMA quick_check(1)')[0]?.['quick_check'];
  if (verdict !== 'ok') throw new StoreFailure('corrupt', String(verdict));
}

/** The log first: a log without its file is nothing, but beside the file that comes next it would be played into it. */
async function putAside(env: Env, path: string, wallMs: number): Promise<string> {
  const name = `${path}.corrupt-${wallMs}`;
  let aside = name;
  for (let n = 2; (await env.files.size(aside)) !== undefined; n++) aside = `${name}-${n}`; // the wall clock jumps
  for (const suffix of ['-wal', '-shm', ''])
    if ((await env.files.size(path + suffix)) !== undefined) await env.files.rename(path + suffix, aside + suffix);
  return aside;
}

/** SQLite ends some transactions by itself when an error comes, and leaves others open. */
export function rollBack(database: Database): void {
  if (database.isInTransaction) database.exec('ROLLBACK');
}
