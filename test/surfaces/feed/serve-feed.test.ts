import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { realEnv } from '../../../src/core/real-env.ts';
import { connectFeed, type Ambient, type FeedClient } from '../../../src/surfaces/client/connect-feed.ts';
import type { FeedOptions } from '../../../src/surfaces/feed/options.ts';
import { serveFeed } from '../../../src/surfaces/feed/serve-feed.ts';
import { RawPeer, requestText } from './raw-peer.ts';
import { Stage, TOKEN, until } from './stage.ts';

let stage: Stage;
let clients: FeedClient[];

beforeEach(() => {
  stage = new Stage();
  clients = [];
});
afterEach(async () => {
  for (const client of clients) client.close();
  await stage.close();
});

const follow = (url: string, token = TOKEN): FeedClient => {
  const { clock } = stage;
  const ambient: Ambient = {
    setTimeout: (fn, ms) => clock.setTimer(fn, ms, false),
    clearTimeout: (timer) => clock.clearTimer(timer),
    random: () => 0,
  };
  const client = connectFeed({ url, token }, ambient);
  clients.push(client);
  return client;
};

describe('the state', () => {
  test('a client ends with the state of the server', async () => {
    const feed = await stage.serve();
    stage.show('usage', { acme: { count: 1 }, gone: { count: 1 } });
    const client = follow(feed.url);
    await client.waitFor((state) => 'gone' in state.usage);

    stage.show('usage', { acme: { count: 2 }, ['__proto__']: { count: 3 } });
    stage.show('breakers', { 'цены 🦑': { state: 'open' } });
    stage.clock.advance(250);
    await client.waitFor((state) => !('gone' in state.usage));

    expect(client.state).toEqual(stage.readings);
    expect(client.seq).toBe(2);
    expect(feed.clients).toBe(1);
    expect(feed.frames).toBe(2);
  });

  test('F1: a feed that died is back on its port in a new epoch, and its clients end with its state', async () => {
    const feed = await stage.serve();
    const client = follow(feed.url);
    await client.waitFor(() => true);
    const before = client.status;

    stage.broken = new Error('half way');
    stage.clock.advance(250);
    await stage.restarted();
    stage.broken = null;
    stage.show('usage', { acme: { count: 7 } });
    await until(() => client.status.phase === 'waiting');
    stage.clock.advance(250);
    await client.waitFor((state) => state.usage['acme']?.count === 7);

    expect(client.state).toEqual(stage.readings);
    expect(client.status).toEqual({ phase: 'live', epoch: expect.any(String) });
    expect(client.status).not.toEqual(before);
  });

  test('a client that is gone is forgotten, and with it the timer', async () => {
    const feed = await stage.serve();
    const client = follow(feed.url);
    await client.waitFor(() => true);

    client.close();
    await until(() => feed.clients === 0);

    expect(stage.clock.pendingTimers).toBe(0);
  });

  test('F3: a client that does not read costs a bounded number of bytes, and ends with the state all the same', async () => {
    const feed = await stage.serve();
    const port = Number(new URL(feed.url).port);
    const slow = await RawPeer.joined(port);
    const other = follow(feed.url);
    await other.waitFor(() => true);

    slow.socket.pause();
    for (let count = 1; count <= 60; count++) {
      stage.show('usage', { acme: { count, text: 'x'.repeat(500_000) } });
      stage.clock.advance(250);
      await other.waitFor((state) => state.usage['acme']?.count === count);
    }
    const sent = feed.frames;
    slow.socket.resume();
    await until(() => {
      stage.clock.advance(1); // the system drains the socket in its own time; we look once an interval
      return feed.counts().resyncs === 1;
    });
    await until(() => slow.received.includes('"count":60'));

    expect(sent).toBeLessThan(1 + 1 + 60 + 60);
    expect(feed.counts()).toMatchObject({ resyncs: 1, evicted: 0 });
    expect(other.state).toEqual(stage.readings);
    slow.end();
  });
});

describe('the door', () => {
  test('the address of the page carries the token in its fragment, where no browser sends it', async () => {
    const feed = await serveFeed(stage.source, { port: 0 });

    expect(feed.token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(feed.address).toBe(`${feed.url}/#token=${feed.token}`);
    expect(feed.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await feed.stop();
  });

  test('two feeds have two tokens', async () => {
    const first = await serveFeed(stage.source, { port: 0 });
    await first.stop();
    const second = await serveFeed(stage.source, { port: 0 });
    await second.stop();

    expect(second.token).not.toBe(first.token);
  });

  test('a page file is served with a strict policy, and nothing of it is kept', async () => {
    const page = '<!doctype html><title>é</title>';
    const feed = await stage.serve({ files: new Map([['/', { type: 'text/html; charset=utf-8', body: page }]]) });

    const response = await fetch(feed.url);

    expect(await response.text()).toBe(page);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('a port in use is an error that names the option and says what to do', async () => {
    const taken = await realEnv().listen(createServer(), { host: '127.0.0.1', port: 0 });
    const { port } = taken.address;

    const attempt = stage.serve({ port });

    await expect(attempt).rejects.toMatchObject({ code: 'LISTEN_FAILED', component: 'serveFeed.port' });
    await expect(attempt).rejects.toThrow(`serveFeed.port: expected a port to listen on, received ${port} (`);
    await expect(attempt).rejects.toThrow('choose another port, or 0');
    expect(stage.supervising).toBe(false);
    await taken.close();
  });

  test.each<[string, FeedOptions, string]>([
    [
      'another address',
      { host: '0.0.0.0' },
      'serveFeed.host: expected a loopback address; another one needs allowRemote',
    ],
    [
      'another address without a proxy',
      { host: '0.0.0.0', allowRemote: true },
      'serveFeed.host: expected a loopback address',
    ],
    [
      'a port that is none',
      { port: 65_536 },
      'serveFeed.port: expected a whole number from 0 to 65535, received 65536',
    ],
    ['a token that can be guessed', { token: 'secret' }, 'serveFeed.token: expected a token of 32 to 256 characters'],
    [
      'an origin with a path',
      { allowedOrigins: ['https://a.example/'] },
      'serveFeed.allowedOrigins.0: expected an origin',
    ],
    ['every origin', { allowedOrigins: ['*'] }, 'serveFeed.allowedOrigins.0: expected an origin'],
    ['an interval of nothing', { intervalMs: 0 }, 'serveFeed.intervalMs: expected milliseconds, a number from 10'],
    ['no clients', { maxClients: 0 }, 'serveFeed.maxClients: expected a whole number from 1'],
    [
      'files that are none',
      { files: new Map([['app.js', { type: '', body: '' }]]) },
      'serveFeed.files: expected a Map',
    ],
    [
      'a misspelt option',
      { maxClient: 1 } as FeedOptions,
      'serveFeed: has no key "maxClient"; did you mean "maxClients"?',
    ],
  ])('%s is refused before anything listens', async (_title, options, message) => {
    await expect(serveFeed(stage.source, options)).rejects.toThrow(message);
  });

  test('behind a proxy, the names it sends are let in and the limit counts its clients, not itself', async () => {
    const options = { host: '127.0.0.1', trustProxy: true, allowedHosts: ['status.example.com'] };
    const feed = await stage.serve(options, { clientsPerAddress: 1, closeMs: 20 });
    const port = Number(new URL(feed.url).port);
    const join = async (client: string): Promise<RawPeer> => {
      const peer = new RawPeer(port);
      const head = { host: 'status.example.com', protocols: `holdfast.v1, token.${TOKEN}` };
      peer.send(requestText(port, { ...head, lines: [`X-Forwarded-For: 10.0.0.99, ${client}`] }, true));
      await until(() => peer.received.includes('{"v":1') || peer.closed);
      return peer;
    };

    const first = await join('203.0.113.1');
    const second = await join('203.0.113.2');
    const third = await join('203.0.113.2');

    expect([first.closed, second.closed]).toEqual([false, false]);
    expect(await third.closeCode()).toBe(1013);

    second.end();
    await until(() => feed.clients === 1);
    const fourth = await join('203.0.113.2');
    expect(feed.clients).toBe(2);
    first.end();
    fourth.end();
  });
});

describe('the end', () => {
  test('stopping says goodbye with 1001, ends every socket, and may be said twice', async () => {
    const feed = await stage.serve();
    const port = Number(new URL(feed.url).port);
    const client = await RawPeer.joined(port);
    client.socket.on('data', () => client.received.includes(0x88) && client.end());
    const idle = new RawPeer(port);
    await until(() => idle.socket.readyState === 'open');

    await Promise.all([feed.stop(), feed.stop()]);

    await until(() => client.closed && idle.closed);
    expect(client.received.readUInt16BE(client.received.lastIndexOf(0x88) + 2)).toBe(1001);
    await expect(fetch(feed.url)).rejects.toThrow('fetch failed');
  });

  test('while clients are leaving, nobody new is let in', async () => {
    const feed = await stage.serve();
    const port = Number(new URL(feed.url).port);
    const leaving = await RawPeer.joined(port);
    await until(() => feed.clients === 1);
    const late = new RawPeer(port);
    await until(() => late.socket.readyState === 'open');

    const stopped = feed.stop();
    late.send(requestText(port, { protocols: `holdfast.v1, token.${TOKEN}` }, true));
    const status = await late.status();
    leaving.end();
    await stopped;

    expect(status).toBe(503);
  });

  test('a client that never answers the goodbye is cut off after closeMs', async () => {
    const feed = await stage.serve({}, { closeMs: 20 });
    const mute = await RawPeer.joined(Number(new URL(feed.url).port));

    await feed.stop();

    await until(() => mute.closed);
    expect(feed.clients).toBe(0);
  });
});
