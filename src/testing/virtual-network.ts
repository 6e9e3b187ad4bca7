/**
 * Servers and connections in memory: bytes go from one end of a stream pair to the other, with no port bound.
 *
 * A real `http.Server` takes the far end as if a socket had been accepted, so requests, upgrades and WebSockets work.
 */
import type { Server } from 'node:http';
import { duplexPair, type Duplex } from 'node:stream';
import type { Address, Listener } from '../core/env.ts';
import { listenFailed } from '../core/listen-failed.ts';

const FIRST_FREE_PORT = 49_152;

interface Bound {
  readonly server: Server;
  readonly accepted: Set<Duplex>;
}

export class VirtualNetwork {
  readonly #bound = new Map<string, Bound>();
  #lastPort = FIRST_FREE_PORT - 1;

  async listen(server: Server, where: Address): Promise<Listener> {
    const address = { host: where.host, port: where.port === 0 ? ++this.#lastPort : where.port };
    const key = keyOf(address);
    if (this.#bound.has(key)) throw listenFailed(where, systemError('listen', 'EADDRINUSE', address));

    const bound: Bound = { server, accepted: new Set() };
    this.#bound.set(key, bound);
    let closed: Promise<void> | undefined;
    return { address, close: () => (closed ??= this.#close(key, bound)) };
  }

  async connect(where: Address, signal?: AbortSignal): Promise<Duplex> {
    signal?.throwIfAborted();
    const bound = this.#bound.get(keyOf(where));
    if (bound === undefined) throw systemError('connect', 'ECONNREFUSED', where);

    const [near, far] = duplexPair();
    const port = ++this.#lastPort;
    Object.assign(near, { remoteAddress: where.host, remotePort: where.port, localPort: port });
    Object.assign(far, { remoteAddress: '127.0.0.1', remotePort: port, localPort: where.port });
    joinEnds(near, far);
    bound.accepted.add(far);
    far.once('close', () => bound.accepted.delete(far));
    bound.server.emit('connection', far);
    return near;
  }

  async #close(key: string, bound: Bound): Promise<void> {
    this.#bound.delete(key);
    for (const stream of bound.accepted) stream.destroy();
    await new Promise<void>((resolve) => bound.server.close(() => resolve()));
  }
}

/** When one end is gone the other follows, as with a socket: at once after a reset, else when it has read the rest. */
function joinEnds(one: Duplex, other: Duplex): void {
  one.once('close', () => follow(one, other));
  other.once('close', () => follow(other, one));
}

function follow(gone: Duplex, left: Duplex): void {
  if (!gone.writableFinished || left.readableEnded) left.destroy();
  else left.once('end', () => left.destroy());
}

function systemError(call: string, code: string, where: Address): Error {
  return Object.assign(new Error(`${call} ${code} ${keyOf(where)}`), { code, syscall: call });
}

function keyOf(where: Address): string {
  return `${where.host}:${where.port}`;
}
