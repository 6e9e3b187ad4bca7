/**
 * Serve a runtime's state to those who have the token: one snapshot, then deltas without a gap.
 *
 * `holdfast/feed`. Attached from outside and hung under the runtime's supervisor: when the feed dies, calls go on and
 * it is started again on the same port with the same token, in a new epoch.
 */
import { type Address, HoldfastError, isHoldfastError } from '../../index.ts';
import { parseOptions } from '../../core/schema.ts';
import { Broadcast } from './broadcast.ts';
import { zeroCounts, type FeedCounts } from './counts.ts';
import { urlOf } from './feed-address.ts';
import { FEED_LIMITS, type FeedLimits } from './limits.ts';
import { feedOptions, type FeedOptions } from './options.ts';
import { newToken, openServer, type FeedServer } from './server.ts';
import type { FeedSource } from './source.ts';

export type { FeedCounts } from './counts.ts';
export type { FeedOptions, PageFile } from './options.ts';
export type { FeedSource } from './source.ts';
export type { SupervisedHandle, SupervisedPart } from '../../index.ts';

export interface Feed extends AsyncDisposable {
  /** For `connectFeed`, e.g. `http://127.0.0.1:7433`. */
  readonly url: string;
  readonly token: string;
  /** For a person: the page, with the token in the fragment, which no browser sends anywhere. */
  readonly address: string;
  /** Clients connected now. */
  readonly clients: number;
  /** Frames sent so far, over all clients. */
  readonly frames: number;
  counts(): Readonly<FeedCounts>;
  /** Say goodbye to all clients and close. Idempotent, and bounded in time. */
  stop(): Promise<void>;
}

/**
 * in      options  see `feedOptions`: by default loopback, port 7433, a new token
 *         limits   the bounds of sockets and clients; only tests bring their own
 * throws  INVALID_OPTIONS, LISTEN_FAILED naming the option; what `supervise` throws
 */
export async function serveFeed(
  source: FeedSource,
  options: FeedOptions = {},
  limits: FeedLimits = FEED_LIMITS,
): Promise<Feed> {
  const resolved = parseOptions(feedOptions, options, 'serveFeed');
  const token = resolved.token ?? newToken();
  const counts = zeroCounts();
  const firstLife = Promise.withResolvers<Address>();
  let where: Address = { host: resolved.host, port: resolved.port };
  let life: { server: FeedServer; broadcast: Broadcast } | null = null;

  const child = source.supervise({
    id: 'feed',
    start: async (fail) => {
      const broadcast = new Broadcast({
        env: source.env,
        readings: () => source.readings(),
        intervalMs: resolved.intervalMs,
        limits,
        counts,
        fail,
      });
      try {
        const server = await openServer({
          env: source.env,
          options: resolved,
          where,
          token,
          broadcast,
          limits,
          counts,
        });
        life = { server, broadcast };
        where = server.address; // the next life is found where this one was
        firstLife.resolve(where);
      } catch (cause) {
        const reason = namingTheOption(cause, where);
        firstLife.reject(reason);
        throw reason;
      }
    },
    stop: async () => {
      const ending = life;
      life = null;
      await ending?.server.close();
    },
  });

  try {
    // Not `ready` alone: a supervisor may go on trying, but a port that is taken now is the caller's to know.
    await Promise.all([firstLife.promise, child.ready]);
  } catch (cause) {
    await child.terminate();
    throw cause;
  }

  const url = urlOf(where);
  return {
    url,
    token,
    address: `${url}/#token=${token}`,
    get clients() {
      return life?.broadcast.size ?? 0;
    },
    get frames() {
      return counts.frames;
    },
    counts: () => ({ ...counts }),
    stop: () => child.terminate(),
    [Symbol.asyncDispose]: () => child.terminate(),
  };
}

/** shape  'serveFeed.port: expected a port to listen on, received 7433 (listen: … EADDRINUSE: …)' */
function namingTheOption(cause: unknown, where: Address): unknown {
  if (!isHoldfastError(cause) || cause.code !== 'LISTEN_FAILED') return cause;
  const { code } = (cause.cause ?? {}) as { code?: unknown };
  const option = typeof code === 'string' && HOST_FAULTS.has(code) ? 'host' : 'port';
  const message = `serveFeed.${option}: expected a ${option} to listen on, received ${where[option]} (${cause.message})`;
  return new HoldfastError('LISTEN_FAILED', message, { component: `serveFeed.${option}`, cause });
}

const HOST_FAULTS: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN']);
