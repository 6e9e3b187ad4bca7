/**
 * The feed's sockets: HTTP for the page's files, WebSocket for the state. The door to `ws`.
 *
 * It decides nothing: `admit` says who may in, `Broadcast` what they get. One life of the feed is one server; the
 * supervisor makes the next through `serveFeed`.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Address, Env } from '../../index.ts';
import { admit, pathOf, PROTOCOL, type AdmissionRules } from './admit.ts';
import type { Broadcast } from './broadcast.ts';
import type { FeedCounts } from './counts.ts';
import { factsOf } from './facts-of.ts';
import { hostsOf } from './feed-address.ts';
import { GUARD_HEADERS } from './guard-headers.ts';
import { Guesses } from './guesses.ts';
import type { FeedLimits } from './limits.ts';
import type { PageFile, ResolvedFeedOptions } from './options.ts';

/** 256 random bits in the alphabet of a subprotocol. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

export interface FeedServerOptions {
  readonly env: Env;
  readonly options: ResolvedFeedOptions;
  /** Where to listen: the options' address, or the one the life before had. */
  readonly where: Address;
  readonly token: string;
  readonly broadcast: Broadcast;
  readonly limits: FeedLimits;
  readonly counts: FeedCounts;
}

export interface FeedServer {
  readonly address: Address;
  /** Say goodbye to every client, wait `closeMs` at most, end every socket. */
  close(): Promise<void>;
}

/** throws  LISTEN_FAILED */
export async function openServer(given: FeedServerOptions): Promise<FeedServer> {
  const { limits, counts } = given;
  const server = createServer({
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkMs,
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: limits.maxHeaderBytes,
    requireHostHeader: false, // ours to refuse, and to count
  });
  server.maxConnections = given.options.maxClients + limits.spareSockets;
  server.maxRequestsPerSocket = limits.maxRequestsPerSocket;
  server.on('drop', () => counts.dropped++);

  const listener = await given.env.listen(server, given.where);
  // No request can have come yet: the loop has not turned since the server began to listen.
  const hall = new Hall(given, listener.address);
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => hall.onRequest(request, response);
  server.on('request', onRequest);
  server.on('checkContinue', onRequest); // else Node asks for the body before we have looked at the head
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    hall.onUpgrade(request, socket, head),
  );

  return {
    address: listener.address,
    close: async () => {
      await hall.empty();
      await listener.close();
    },
  };
}

/** Where those who come are looked at, let in, or shown out. */
class Hall {
  readonly #given: FeedServerOptions;
  readonly #rules: AdmissionRules;
  readonly #guesses: Guesses;
  readonly #upgrades: WebSocketServer;
  /** Clients by address. */
  readonly #present = new Map<string, number>();
  #open = true;

  constructor(given: FeedServerOptions, address: Address) {
    const { options, limits } = given;
    this.#given = given;
    this.#rules = {
      hosts: hostsOf(address, options.allowedHosts),
      origins: new Set(options.allowedOrigins),
      files: options.files,
      isToken: tokenCheck(given.token),
    };
    this.#guesses = new Guesses(limits);
    // Not a literal argument: ws's types do not know `closeTimeout`, and would refuse it there.
    const bounds = {
      noServer: true,
      perMessageDeflate: false,
      maxPayload: limits.maxPayloadBytes,
      maxFragments: limits.maxFragments,
      maxBufferedChunks: limits.maxBufferedChunks,
      closeTimeout: limits.closeMs,
      handleProtocols: () => PROTOCOL, // never echo the token
    };
    this.#upgrades = new WebSocketServer(bounds);
  }

  onRequest(request: IncomingMessage, response: ServerResponse): void {
    const status = this.#admit(request, false);
    const file = status === 200 && this.#given.options.files.get(pathOf(request.url!));
    if (file) return give(response, file);
    response.writeHead(status, STATUS_CODES[status], refusalHeaders(status));
    response.end(STATUS_CODES[status]);
  }

  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {}); // Node has let go of the socket; unheard, a reset would end the process
    const status = this.#admit(request, true);
    if (status !== 101) return refuse(socket, status);
    this.#upgrades.handleUpgrade(request, socket, head, (client) => this.#welcome(client, this.#addressOf(request)));
  }

  /** Ask everyone to leave and wait until they have; ws destroys the socket of who stays beyond `closeMs`. */
  async empty(): Promise<void> {
    this.#open = false;
    const leaving = [...this.#upgrades.clients].map((client) => new Promise((gone) => client.once('close', gone)));
    this.#given.broadcast.stop();
    await Promise.all(leaving);
  }

  #admit(request: IncomingMessage, upgrade: boolean): number {
    const nowMs = this.#given.env.now();
    const address = this.#addressOf(request);
    const facts = factsOf(request, upgrade, this.#guesses.exhausted(address, nowMs));
    const status = this.#open ? admit(facts, this.#rules) : 503;
    if (status === 401 && facts.tokens.length > 0) this.#guesses.wrong(address, nowMs);
    if (status >= 400) this.#given.counts.refused++;
    return status;
  }

  #welcome(client: WebSocket, address: string): void {
    const { broadcast, counts } = this.#given;
    if (this.#isFull(address)) {
      counts.turnedAway++;
      client.on('error', () => {}); // whatever it sends while it leaves
      return client.close(1013, 'the feed is full');
    }
    const subscriber = broadcast.join({
      get unsentBytes() {
        return client.bufferedAmount;
      },
      send: (frame) => client.send(frame, { binary: false }),
      ping: () => client.ping(),
      close: (code, reason) => client.close(code, reason),
    });
    if (subscriber === null) {
      client.on('error', () => {});
      return client.close(1011, 'the readings could not be had');
    }
    this.#present.set(address, (this.#present.get(address) ?? 0) + 1);
    client.on('message', () => subscriber.violate('the feed takes no messages'));
    client.on('ping', () => subscriber.heard());
    client.on('pong', () => subscriber.heard());
    // Only a frame ws cannot accept; it has answered with 1002, 1007, 1008 or 1009. A lost socket just closes.
    client.on('error', (error) => subscriber.violate(error.message));
    client.on('close', () => {
      broadcast.leave(subscriber);
      this.#depart(address);
    });
  }

  #isFull(address: string): boolean {
    const { broadcast, options, limits } = this.#given;
    if (broadcast.size >= options.maxClients) return true;
    return !isLoopback(address) && (this.#present.get(address) ?? 0) >= limits.clientsPerAddress;
  }

  #depart(address: string): void {
    const left = (this.#present.get(address) ?? 1) - 1;
    if (left === 0) this.#present.delete(address);
    else this.#present.set(address, left);
  }

  #addressOf(request: IncomingMessage): string {
    const forwarded = this.#given.options.trustProxy ? request.headers['x-forwarded-for'] : undefined;
    // Only the last name was written by the proxy; those before it are what the client claims.
    return forwarded?.toString().split(',').at(-1)?.trim() || (request.socket.remoteAddress ?? '127.0.0.1');
  }
}

/** Equal length and equal time, whatever is given: both are hashed with a key nobody has. */
function tokenCheck(token: string): (given: string) => boolean {
  const key = randomBytes(32);
  const hash = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const expected = hash(token);
  return (given) => timingSafeEqual(hash(given), expected);
}

function give(response: ServerResponse, file: PageFile): void {
  const body = Buffer.from(file.body as string); // or bytes: the overloads do not know the union
  response.writeHead(200, { ...GUARD_HEADERS, 'Content-Type': file.type, 'Content-Length': body.length });
  response.end(body);
}

/** The same words for the same status, whoever asked and whatever was wrong with it. */
function refusalHeaders(status: number): Record<string, string | number> {
  return {
    ...GUARD_HEADERS,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': STATUS_CODES[status]!.length,
    Connection: 'close',
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
    ...(status === 405 && { Allow: 'GET, HEAD' }),
    ...(status === 426 && { Upgrade: 'websocket' }),
    ...(status === 503 && { 'Retry-After': 1 }),
  };
}

function refuse(socket: Duplex, status: number): void {
  const headers = Object.entries(refusalHeaders(status)).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once('finish', () => socket.destroy()); // not `end` alone: the peer may never close its half
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers.join('')}\r\n${STATUS_CODES[status]}`);
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
