/**
 * Everything that is not computation: time, chance, threads, disk, sockets.
 *
 * The library reaches the world only through the `Env` it was given. The real one is `real-env.ts`; the virtual one,
 * whose clock moves only when a test moves it, is `holdfast/testing`. A lint rule keeps every other file out.
 */
import type { Duplex } from 'node:stream';
import type { Server } from 'node:http';

/** A timer that has not fired. Opaque; give it back to `clearTimer`. */
export type Timer = object;

export interface Env {
  /** Monotonic milliseconds, fractional, from an arbitrary origin. Never steps back. */
  now(): number;
  /** Milliseconds since 1970 by the wall clock. May jump; only ever reported, never compared. */
  wall(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /**
   * Call `fn` once, `ms` from now, never early by `now()`.
   *
   * in      ms   finite; below 0 is 0; beyond 2³¹−1 is chained
   *         ref  true keeps the process alive until it fires. Say which: there is no default.
   */
  setTimer(fn: () => void, ms: number, ref: boolean): Timer;
  clearTimer(timer: Timer): void;
  /** Call `fn` once, after the I/O that is already waiting (`setImmediate`). Keeps the process alive that long. */
  defer(fn: () => void): void;
  /** Worker threads that run one pure function. */
  pool(options: PoolOptions): Promise<Pool>;
  /** Open a SQLite database, created when missing. `:memory:` is private and gone when closed. */
  database(path: string): Promise<Database>;
  readonly files: Files;
  /** Bind an HTTP server that has not been bound. Rejects with `LISTEN_FAILED`, naming host and port. */
  listen(server: Server, where: Address): Promise<Listener>;
  /** Open a byte stream to what listens there. Rejects with the system's error, or with the signal's reason. */
  connect(where: Address, signal?: AbortSignal): Promise<Duplex>;
  /** An HTTP request. Rejects with a TypeError when there is no answer, or with the signal's reason. */
  readonly fetch: Fetch;
  /** How the process itself is. Cheap enough for once a second, not for every call. */
  vitals(): Vitals;
}

export type Fetch = (url: string, request?: FetchRequest) => Promise<Response>;

export interface FetchRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export interface Vitals {
  readonly heapUsedBytes: number;
  readonly heapLimitBytes: number;
  readonly rssBytes: number;
  /** How late the event loop was at its worst in the last second or two, or since somebody asked where that is longer. */
  readonly loopDelayMs: number;
}

export interface Address {
  readonly host: string;
  /** 0…65535; 0 lets the system choose. */
  readonly port: number;
}

export interface Listener {
  /** The address in force; `port` is never 0. */
  readonly address: Address;
  /** Stop listening and end every connection. Idempotent. */
  close(): Promise<void>;
}

export interface PoolOptions {
  /** The worker's entry: a module whose default export is made of the same `core`. */
  readonly entry: URL;
  /** What each worker gets as its `workerData`: structured-cloneable, shared memory included. */
  readonly shared: unknown;
  /** The worker's pure core: the virtual Env runs it in this thread. */
  readonly core: (shared: never) => (task: never) => unknown;
  readonly threads: number;
  /** A thread died on its own; the pool has replaced it. */
  readonly onThreadLost: (cause: unknown) => void;
}

export interface Pool {
  /** Run one task on one thread. Rejects when the task throws, or when its thread is lost (`isThreadLoss`). */
  run(task: unknown): Promise<unknown>;
  /** Threads alive now. */
  readonly threads: number;
  /** True for the rejection of a task whose thread died under it: the task may be run again. */
  isThreadLoss(error: unknown): boolean;
  /** Kill one thread at once, as a fault would. For tests and for tasks that never end. */
  killThread(): Promise<void>;
  /** End every thread; tasks that are running are lost. Idempotent. */
  destroy(): Promise<void>;
}

/** A row's value, as node:sqlite gives it. */
export type SqlValue = null | number | bigint | string | Uint8Array;

export interface Database {
  exec(sql: string): void;
  run(sql: string, ...values: SqlValue[]): void;
  all(sql: string, ...values: SqlValue[]): readonly Record<string, SqlValue>[];
  close(): void;
}

export interface Files {
  readText(path: string): Promise<string>;
  /** Replace the file as a whole: a reader sees the old text or the new, never a part. */
  writeText(path: string, text: string, mode?: number): Promise<void>;
  remove(path: string): Promise<void>;
  /** The share, 0…1, of the path's file system that this process could still fill. Rejects with the system's error. */
  freeShare(path: string): Promise<number>;
}
