import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FeedLimits } from '../../../src/surfaces/feed/limits.ts';
import type { FeedOptions } from '../../../src/surfaces/feed/options.ts';
import type { Feed } from '../../../src/surfaces/feed/serve-feed.ts';
import { clientFrame, RawPeer, requestText } from './raw-peer.ts';
import { Stage, TOKEN, until } from './stage.ts';

const TEXT = 1;
const CONTINUATION = 0;
const BINARY = 2;
const PING = 9;

let stage: Stage;
let feed: Feed;
let port: number;

beforeEach(() => {
  stage = new Stage();
});
afterEach(() => stage.close());

const serve = async (limits: Partial<FeedLimits> = {}, options: FeedOptions = {}): Promise<void> => {
  feed = await stage.serve(options, { closeMs: 20, ...limits });
  port = Number(new URL(feed.url).port);
};

test.each<[string, number, Buffer]>([
  ['a message, since the feed takes none', 1008, clientFrame(TEXT, Buffer.from('{"hello":1}'))],
  ['malformed JSON', 1008, clientFrame(TEXT, Buffer.from('{"a":'))],
  ['deep JSON', 1008, clientFrame(TEXT, Buffer.from('['.repeat(60_000)))],
  ['a prototype in JSON', 1008, clientFrame(TEXT, Buffer.from('{"__proto__":{"admin":true}}'))],
  ['binary', 1008, clientFrame(BINARY, Buffer.from([0, 1, 2]))],
  ['a frame beyond 64 KiB', 1009, clientFrame(BINARY, Buffer.alloc(65_537))],
  ['a frame that says it has 2^62 bytes', 1009, Buffer.from([0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
  ['text that is no UTF-8', 1007, clientFrame(TEXT, Buffer.from([0xff, 0xfe]))],
  ['a frame without a mask', 1002, Buffer.from([0x81, 1, 0x61])],
  ['a compressed frame, which was never agreed on', 1002, Buffer.from([0xc1, 0x80, 0, 0, 0, 0])],
  ['an unknown opcode', 1002, clientFrame(3, Buffer.alloc(0))],
  ['a continuation of nothing', 1002, clientFrame(CONTINUATION, Buffer.alloc(1))],
])('%s ends in %i, is counted once, and hurts nobody else', async (_title, code, bytes) => {
  await serve();
  const innocent = await RawPeer.joined(port);
  const attacker = await RawPeer.joined(port);

  attacker.send(bytes);
  expect(await attacker.closeCode()).toBe(code);

  expect(feed.counts().violations).toBe(1);
  stage.show('usage', { acme: { count: 1 } });
  stage.clock.advance(250);
  await until(() => innocent.received.includes('"acme"'));
  innocent.end();
});

test('a message in tiny fragments ends in 1008 after 64 of them', async () => {
  await serve();
  const attacker = await RawPeer.joined(port);

  attacker.send(clientFrame(TEXT, Buffer.from('a'), false));
  for (let sent = 1; sent < 200; sent++) attacker.send(clientFrame(CONTINUATION, Buffer.from('a'), false));

  expect(await attacker.closeCode()).toBe(1008);
  expect(feed.counts().violations).toBe(1);
});

test('a flood of pings ends in 1008', async () => {
  await serve();
  const attacker = await RawPeer.joined(port);

  attacker.send(Buffer.concat(Array.from({ length: 10_000 }, () => clientFrame(PING, Buffer.alloc(0)))));

  expect(await attacker.closeCode()).toBe(1008);
  expect(feed.counts().violations).toBe(1);
});

test('a client that goes silent is pinged, and closed when it misses two', async () => {
  await serve({ beatMs: 1_000 });
  const silent = await RawPeer.joined(port);

  stage.clock.advance(3_000);

  expect(await silent.closeCode()).toBe(1008);
  expect(feed.counts().evicted).toBe(1);
});

test('beyond maxClients an admitted client is turned away with 1013, and the next one is let in when one has left', async () => {
  await serve({}, { maxClients: 2 });
  const first = await RawPeer.joined(port);
  const second = await RawPeer.joined(port);
  const third = await RawPeer.joined(port);

  expect(await third.closeCode()).toBe(1013);
  expect(feed.counts().turnedAway).toBe(1);

  first.end();
  await until(() => feed.clients === 1);
  const fourth = await RawPeer.joined(port);
  await until(() => feed.clients === 2);
  second.end();
  fourth.end();
});

test('connections beyond the socket limit are dropped unread, and counted', async () => {
  await serve({ spareSockets: 1 }, { maxClients: 1 });
  const idle = [new RawPeer(port), new RawPeer(port)];
  await until(() => idle.every((peer) => peer.socket.readyState === 'open'));

  const beyond = new RawPeer(port);
  await until(() => beyond.closed);

  expect(feed.counts().dropped).toBe(1);
  for (const peer of idle) peer.end();
});

test.each<[string, string]>([
  ['says nothing', ''],
  ['sends its head a byte at a time and never ends it', 'GET /feed HTTP/1.1\r\nHost: a\r\nX: '],
])('a socket that %s is answered 408 and cut off', async (_title, bytes) => {
  await serve({ headersMs: 50, requestMs: 60, checkMs: 10 });
  const slow = new RawPeer(port);

  slow.send(bytes);

  expect(await slow.status()).toBe(408);
  await until(() => slow.closed);
});

test.each<[string, number, (port: number) => string]>([
  ['a head of 100 KB', 431, (at) => requestText(at, { lines: [`X: ${'a'.repeat(100_000)}`] }, true)],
  ['a target of 100 KB', 431, (at) => requestText(at, { target: `/${'a'.repeat(100_000)}` }, false)],
  ['what is not HTTP', 400, () => '\x16\x03\x01\x02\x00 hello\r\n\r\n'],
  [
    'two lengths for one body',
    400,
    (at) => requestText(at, { lines: ['Content-Length: 1', 'Transfer-Encoding: chunked'] }, false),
  ],
])('%s is answered %i, and the socket is closed', async (_title, status, text) => {
  await serve();
  const attacker = new RawPeer(port);

  attacker.send(text(port));

  expect(await attacker.status()).toBe(status);
  attacker.socket.resume();
  await until(() => attacker.closed);
});

test.each<[string, readonly string[]]>([
  ['to another protocol', ['Connection: Upgrade', 'Upgrade: h2c']],
  ['without a key', ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']],
  [
    'of another version',
    [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 7',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ],
  ],
])('an upgrade %s is refused even with the token', async (_title, lines) => {
  await serve();
  const peer = new RawPeer(port);

  peer.send(requestText(port, { protocols: `holdfast.v1, token.${TOKEN}`, lines }, false));

  expect(await peer.status()).toBe(400);
  await until(() => peer.closed);
  expect(feed.clients).toBe(0);
});

test('a body is refused before it is asked for', async () => {
  await serve();
  const peer = new RawPeer(port);

  peer.send(requestText(port, { method: 'POST', lines: ['Content-Length: 9999999', 'Expect: 100-continue'] }, false));

  expect(await peer.status()).toBe(405);
  await until(() => peer.closed);
});

test('a refused upgrade is cut off even when the peer keeps its half open', async () => {
  await serve();
  const peer = new RawPeer(port);
  peer.socket.allowHalfOpen = true;

  peer.send(requestText(port, {}, true));

  expect(await peer.status()).toBe(401);
  await until(() => {
    peer.send('x'); // accepted for ever by a socket that is only half closed
    return peer.closed;
  });
});

test('refused upgrades that are reset at once hurt nobody', async () => {
  await serve();

  for (let times = 0; times < 20; times++) {
    const peer = new RawPeer(port);
    await until(() => peer.socket.readyState === 'open');
    peer.socket.write(requestText(port, {}, true), () => peer.socket.resetAndDestroy());
  }
  await until(() => feed.counts().refused === 20);

  const innocent = await RawPeer.joined(port);
  expect(await innocent.status()).toBe(101);
  innocent.end();
});

test('after ten wrong tokens an address has its next ones refused unread, the right one too, until the minute is over', async () => {
  await serve();
  const ask = async (token: string): Promise<number> => {
    const peer = new RawPeer(port);
    peer.send(requestText(port, { protocols: `holdfast.v1, token.${token}` }, true));
    const status = await peer.status();
    peer.end();
    return status;
  };

  for (let guess = 0; guess < 10; guess++) expect(await ask(`wrong${guess}`)).toBe(401);
  expect(await ask('wrong')).toBe(429);
  expect(await ask(TOKEN)).toBe(429);
  stage.clock.advance(60_000);

  expect(await ask(TOKEN)).toBe(101);
  expect(feed.counts().refused).toBe(12);
});

test('asking without a token is no guess, and locks nobody out', async () => {
  await serve({ guesses: 1 });

  for (let times = 0; times < 3; times++) {
    const peer = new RawPeer(port);
    peer.send(requestText(port, {}, true));
    expect(await peer.status()).toBe(401);
  }

  const innocent = await RawPeer.joined(port);
  expect(await innocent.status()).toBe(101);
  innocent.end();
});

test('on loopback, where all have one address, the limit by address does not count', async () => {
  await serve({ clientsPerAddress: 1 });
  const peers = [await RawPeer.joined(port), await RawPeer.joined(port)];

  await until(() => feed.clients === 2);

  expect(feed.counts().turnedAway).toBe(0);
  for (const peer of peers) peer.end();
});

test('a client that resets its connection at any moment is only gone', async () => {
  await serve();
  const early = new RawPeer(port);
  early.send(requestText(port, { protocols: `holdfast.v1, token.${TOKEN}` }, true));
  await until(() => early.socket.readyState === 'open');
  early.socket.resetAndDestroy();
  const late = await RawPeer.joined(port);
  late.socket.resetAndDestroy();

  await until(() => feed.clients === 0 && stage.clock.pendingTimers === 0);

  expect(feed.counts().violations).toBe(0);
});
