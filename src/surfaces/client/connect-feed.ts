/**
 * Follow a feed and end with the server's state. `holdfast/client`, for browsers and Node ≥ 22: it imports nothing of
 * either, and nothing of the runtime but types.
 */
import type { Readings } from '../../index.ts';
import { applyFrame, emptyState, type FeedView } from './apply-frame.ts';
import { clientError } from './client-error.ts';
import type { FeedStatus } from './feed-status.ts';
import { feedUrl } from './feed-url.ts';
import { checkOptions, type ConnectOptions } from './options.ts';
import { readFrame } from './read-frame.ts';
import type { FeedSocket, FeedSocketConstructor } from './socket.ts';
import { Waiters } from './waiters.ts';

export type { FeedView } from './apply-frame.ts';
export type { FeedStatus } from './feed-status.ts';
export type { ConnectOptions } from './options.ts';
export type { FeedSocket, FeedSocketConstructor } from './socket.ts';

export interface FeedClientCounts {
  readonly frames: number;
  /** Snapshots asked for because a frame did not follow the one before. */
  readonly resyncs: number;
  /** Messages that were no frame. */
  readonly ignored: number;
  readonly connects: number;
  /** Listeners of the application that threw. */
  readonly callbackFailures: number;
}

export interface FeedClient extends Disposable {
  /** The server's state as of `seq`. Stays as it was while the connection is down. A new value for each change. */
  readonly state: Readings;
  /** −1 before the first snapshot. */
  readonly seq: number;
  readonly status: FeedStatus;
  readonly counts: FeedClientCounts;
  /**
   * Settles once the live state is so, now or after a frame to come.
   *
   * throws  STOPPED when the client closes before; what `predicate` throws
   */
  waitFor(predicate: (state: Readings) => boolean): Promise<void>;
  close(): void;
}

/** Time and chance, so that a test can hold them. */
export interface Ambient {
  setTimeout(fn: () => void, ms: number): unknown;
  clearTimeout(timer: never): void;
  /** Uniform in [0, 1). */
  random(): number;
}

/** in  ambient  only tests bring their own;   throws  INVALID_OPTIONS */
export function connectFeed(options: ConnectOptions, ambient: Ambient = globalAmbient()): FeedClient {
  return new Connection(options, ambient);
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

class Connection implements FeedClient {
  readonly #options: ConnectOptions;
  readonly #ambient: Ambient;
  readonly #Socket: FeedSocketConstructor;
  readonly #url: string;
  readonly #waiters = new Waiters();
  readonly #counts = { frames: 0, resyncs: 0, ignored: 0, connects: 0, callbackFailures: 0 };
  #socket: FeedSocket | null = null;
  #pause: unknown = null;
  /** What the current connection has brought; a new connection begins with null. */
  #view: FeedView | null = null;
  #lastView: FeedView | null = null;
  readonly #empty = emptyState();
  #attempt = 0;
  #status: FeedStatus = { phase: 'connecting', attempt: 1 };

  constructor(options: ConnectOptions, ambient: Ambient) {
    checkOptions(options);
    this.#options = options;
    this.#ambient = ambient;
    this.#url = feedUrl(options.url);
    this.#Socket = options.WebSocket ?? globalSocket();
    this.#connect();
  }

  get state(): Readings {
    return this.#lastView?.state ?? this.#empty;
  }
  get seq(): number {
    return this.#lastView?.seq ?? -1;
  }
  get status(): FeedStatus {
    return this.#status;
  }
  get counts(): FeedClientCounts {
    return { ...this.#counts };
  }

  async waitFor(predicate: (state: Readings) => boolean): Promise<void> {
    if (this.#status.phase === 'closed') throw stopped(this.#status.reason);
    if (this.#status.phase === 'live' && predicate(this.state)) return;
    await this.#waiters.add(predicate);
  }

  close(): void {
    this.#end('closed by its user');
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #connect(): void {
    this.#pause = null;
    this.#attempt++;
    this.#counts.connects++;
    this.#enter({ phase: 'connecting', attempt: this.#attempt });
    if (this.#status.phase === 'closed') return; // by its listener
    const socket = new this.#Socket(this.#url, ['holdfast.v1', `token.${this.#options.token}`]);
    this.#socket = socket;
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#lost(event.reason || `the connection ended with code ${event.code}`);
    socket.onerror = () => {}; // a close always follows, and says as much
  }

  #receive(message: unknown): void {
    const frame = readFrame(message);
    if (frame === null) {
      this.#counts.ignored++;
      return;
    }
    this.#counts.frames++;
    const view = applyFrame(this.#view, frame);
    if (view === null) return this.#resync();
    const begins = this.#view === null;
    this.#view = this.#lastView = view;
    if (begins) {
      this.#attempt = 0;
      this.#enter({ phase: 'live', epoch: view.epoch });
      if (this.#status.phase !== 'live') return; // its listener has closed us
    }
    this.#tell(() => this.#options.onChange?.(view.state, view));
    this.#waiters.ask(view.state);
  }

  /** A frame is missing, so the state cannot be known: begin again with a snapshot. */
  #resync(): void {
    this.#counts.resyncs++;
    this.#release()?.close(4000, 'a frame is missing');
    this.#lost('a frame is missing');
  }

  #lost(reason: string): void {
    this.#release();
    this.#view = null;
    if (this.#options.reconnect === false) return this.#end(reason);
    const delayMs = pauseMs(this.#attempt, this.#ambient.random());
    this.#pause = this.#ambient.setTimeout(() => this.#connect(), delayMs);
    this.#enter({ phase: 'waiting', attempt: this.#attempt, delayMs, reason });
  }

  #end(reason: string): void {
    if (this.#status.phase === 'closed') return;
    if (this.#pause !== null) this.#ambient.clearTimeout(this.#pause as never);
    this.#pause = null;
    this.#release()?.close(1000, 'done');
    this.#enter({ phase: 'closed', reason });
    this.#waiters.failAll(stopped(reason));
  }

  /** Let go of the socket: what it still says is of no interest, its close least of all. */
  #release(): FeedSocket | null {
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) socket.onmessage = socket.onclose = null;
    return socket;
  }

  #enter(status: FeedStatus): void {
    this.#status = status;
    this.#tell(() => this.#options.onStatus?.(status));
  }

  #tell(listener: () => void): void {
    try {
      listener();
    } catch {
      this.#counts.callbackFailures++;
    }
  }
}

/**
 * Half of the pause is fixed, half is chance: no hammering, and no herd when a server comes back.
 *
 * in      attempt  failed so far, ≥ 0;   random in [0, 1)
 * shape   (0, 0) → 125;   (1, 0) → 250 … 500;   from 6 on 7,500 … 15,000
 */
function pauseMs(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
  return (longest / 2) * (1 + random);
}

function globalSocket(): FeedSocketConstructor {
  const found = (globalThis as { WebSocket?: FeedSocketConstructor }).WebSocket;
  if (found !== undefined) return found;
  throw clientError(
    'INVALID_OPTIONS',
    'connectFeed.WebSocket: expected a constructor where there is no global one, received none',
  );
}

function globalAmbient(): Ambient {
  return {
    setTimeout: (fn, ms) => setTimeout(fn, ms), // not the function itself: a browser's wants `window` for its `this`
    clearTimeout: (timer) => clearTimeout(timer),
    random: () => Math.random(),
  };
}

function stopped(reason: string): Error {
  return clientError('STOPPED', `connectFeed: the client is closed (${reason})`);
}
