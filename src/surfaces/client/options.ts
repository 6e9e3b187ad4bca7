/** The options of `connectFeed`, checked by hand: a browser should not load a schema library for six of them. */
import { clientError } from './client-error.ts';
import type { Readings } from '../../index.ts';
import type { FeedView } from './apply-frame.ts';
import type { FeedStatus } from './feed-status.ts';
import type { FeedSocketConstructor } from './socket.ts';

export interface ConnectOptions {
  /** Where the feed is, e.g. `http://127.0.0.1:7433`; ws, wss, https and a path before `/feed` are fine too. */
  readonly url: string;
  readonly token: string;
  /** Default: the global one. */
  readonly WebSocket?: FeedSocketConstructor;
  /** Hears every change, after it. What it throws is counted and goes no further. */
  readonly onChange?: (state: Readings, view: FeedView) => void;
  readonly onStatus?: (status: FeedStatus) => void;
  /** Come back after a lost connection, with growing, jittered pauses. Default true. */
  readonly reconnect?: boolean;
}

const FUNCTION = 'a function';
/** What each option has to be, when it is there. A value is never shown: it may be the token. */
const OPTIONS: Readonly<
  Record<keyof ConnectOptions, readonly [expected: string, accepts: (value: unknown) => boolean]>
> = {
  url: ['the address of a feed, e.g. "http://127.0.0.1:7433"', (value) => typeof value === 'string'],
  token: ['the token serveFeed gave', isToken],
  WebSocket: ['a constructor', isFunction],
  onChange: [FUNCTION, isFunction],
  onStatus: [FUNCTION, isFunction],
  reconnect: ['true or false', (value) => typeof value === 'boolean'],
};
const NEEDED: readonly string[] = ['url', 'token'] satisfies (keyof ConnectOptions)[];

/** throws  INVALID_OPTIONS naming the option, what was expected and which type came */
export function checkOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw clientError('INVALID_OPTIONS', `connectFeed: expected an object of options, received ${kindOf(options)}`);
  const stray = Object.keys(options).find((key) => !Object.hasOwn(OPTIONS, key));
  if (stray !== undefined)
    throw clientError(
      'INVALID_OPTIONS',
      `connectFeed: has no key ${JSON.stringify(stray.slice(0, 64))}; the keys are ${Object.keys(OPTIONS).join(', ')}`,
    );
  for (const [key, [expected, accepts]] of Object.entries(OPTIONS)) {
    const value = (options as Readonly<Record<string, unknown>>)[key];
    if (value === undefined ? !NEEDED.includes(key) : accepts(value)) continue;
    throw clientError('INVALID_OPTIONS', `connectFeed.${key}: expected ${expected}, received ${kindOf(value)}`);
  }
}

function isToken(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Za-z0-9_-]+$/.test(value);
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'string' ? 'another text' : `one of type ${typeof value}`;
}
