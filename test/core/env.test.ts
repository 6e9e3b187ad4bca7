/** What both Envs promise: one suite, run over the real one and the virtual one. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Env, Pool } from '../../src/core/env.ts';
import { realEnv } from '../../src/core/real-env.ts';
import { createVirtualEnv } from '../../src/testing/virtual-env.ts';
import { poolCore } from './fixtures/pool-core.ts';
import { httpGet } from './http-get.ts';

const HOST = '127.0.0.1';

interface World {
  readonly env: Env;
  /** Let time pass until the promise has settled. */
  readonly settle: <T>(promise: Promise<T>) => Promise<T>;
}

function realWorld(): World {
  return { env: realEnv(), settle: (promise) => promise };
}

function virtualWorld(): World {
  const env = createVirtualEnv({ seed: 1 });
  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    let settled = false;
    promise.then(
      () => (settled = true),
      () => (settled = true),
    );
    while (!settled) await env.advanceAsync(1);
    return promise;
  };
  return { env, settle };
}

describe.each([
  ['real', realWorld],
  ['virtual', virtualWorld],
])('the %s Env', (_name, createWorld) => {
  const { env, settle } = createWorld();
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-env-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  describe('time', () => {
    test('a timer is never early by now()', async () => {
      for (const ms of [0, 0.3, 1, 1.7, 5, 12.5]) {
        const startedAt = env.now();

        await settle(timer(env, ms));

        expect(env.now() - startedAt).toBeGreaterThanOrEqual(ms);
      }
    });

    test('timers fire in the order they are due, whatever the order they were set in', async () => {
      const fired: number[] = [];

      await settle(Promise.all([30, 1, 15].map((ms) => timer(env, ms).then(() => fired.push(ms)))));

      expect(fired).toEqual([1, 15, 30]);
    });

    test('a cleared timer does not fire, and clearing it again is nothing', async () => {
      let fired = false;
      const cleared = env.setTimer(() => (fired = true), 1, true);

      env.clearTimer(cleared);
      env.clearTimer(cleared);
      await settle(timer(env, 5));

      expect(fired).toBe(false);
    });

    test('a timer that has fired may still be cleared', async () => {
      let fired = 0;
      const spent = env.setTimer(() => fired++, 1, true);
      await settle(timer(env, 5));

      env.clearTimer(spent);
      await settle(timer(env, 5));

      expect(fired).toBe(1);
    });

    test('a negative delay is no delay', async () => {
      await expect(settle(timer(env, -1_000))).resolves.toBeUndefined();
    });

    test.each([NaN, Infinity, -Infinity])('a delay of %d is refused, naming what came', (ms) => {
      expect(() => env.setTimer(() => {}, ms, false)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTIONS', message: expect.stringContaining(String(ms)) }),
      );
    });

    test('a deferred function runs later, not now, and those deferred together run in order', async () => {
      const ran: string[] = [];

      const both = Promise.all(['first', 'second'].map((name) => deferred(env).then(() => ran.push(name))));
      ran.push('now');
      await settle(both);

      expect(ran).toEqual(['now', 'first', 'second']);
    });

    test('wall() is a time of day and random() is within [0, 1)', () => {
      expect(env.wall()).toBeGreaterThan(Date.UTC(2025, 0, 1));
      expect(Number.isInteger(env.wall())).toBe(true);
      for (let draw = 0; draw < 1_000; draw++) {
        const drawn = env.random();
        expect(drawn >= 0 && drawn < 1).toBe(true);
      }
    });
  });

  describe('the pool', () => {
    const shared = new Int32Array(new SharedArrayBuffer(12));
    const losses: unknown[] = [];
    let pool: Pool;

    beforeAll(async () => {
      pool = await env.pool({
        entry: new URL('./fixtures/pool-entry.ts', import.meta.url),
        shared,
        core: poolCore,
        threads: 2,
        onThreadLost: (cause) => losses.push(cause),
      });
    });
    afterAll(() => pool.destroy());

    test('runs a task and gives its answer, as a clone', async () => {
      const value = { deep: [1, 2, { three: 3 }] };

      const answer = await settle(pool.run({ kind: 'echo', value }));

      expect(answer).toEqual(value);
      expect(answer).not.toBe(value);
    });

    test('every thread sees the same shared memory', async () => {
      await settle(Promise.all([1, 2, 3, 4].map((amount) => pool.run({ kind: 'add', amount }))));

      expect(shared[0]).toBe(10);
    });

    test('a task that throws rejects with its own error, which is no thread loss', async () => {
      const error = await settle(pool.run({ kind: 'throw', message: 'worker exited with code: 1' }).catch(same));

      expect(error).toBeInstanceOf(RangeError);
      expect(error).toHaveProperty('message', 'worker exited with code: 1');
      expect(pool.isThreadLoss(error)).toBe(false);
      expect(losses).toEqual([]);
    });

    test.each(['text', null, undefined, 7])('a task that throws %j rejects with it', async (value) => {
      const error = await settle(pool.run({ kind: 'throwPrimitive', value }).catch(same));

      expect(error).toBe(value);
      expect(pool.isThreadLoss(error)).toBe(false);
    });

    test('a task that cannot be cloned is refused, and is no thread loss', async () => {
      const error = await settle(pool.run({ kind: 'echo', value: () => {} }).catch(same));

      expect(error).toHaveProperty('name', 'DataCloneError');
      expect(pool.isThreadLoss(error)).toBe(false);
    });

    test('a killed thread is counted once and replaced, and the next task runs', async () => {
      losses.length = 0;

      await pool.killThread();

      expect(losses).toHaveLength(1);
      expect(pool.threads).toBe(2);
      expect(await settle(pool.run({ kind: 'echo', value: 'still here' }))).toBe('still here');
    });

    test('after destroy() there are no threads, no loss was counted, and a task is refused with STOPPED', async () => {
      const lossesBefore = losses.length;

      await pool.destroy();
      await pool.destroy();

      expect(pool.threads).toBe(0);
      expect(losses).toHaveLength(lossesBefore);
      await expect(pool.run({ kind: 'echo', value: 1 })).rejects.toHaveProperty('code', 'STOPPED');
    });
  });

  describe('the database', () => {
    test('keeps every kind of value', async () => {
      const database = await env.database(':memory:');
      database.exec('CREATE TABLE kept (a, b, c, d)');

      database.run('INSERT INTO kept VALUES (?, ?, ?, ?)', null, 1.5, 'text', new Uint8Array([1, 2]));
      database.run('INSERT INTO kept VALUES (?, ?, ?, ?)', 2n ** 40n, -1, '', new Uint8Array());

      expect(database.all('SELECT * FROM kept WHERE b > ?', 0).map((row) => ({ ...row }))).toEqual([
        { a: null, b: 1.5, c: 'text', d: new Uint8Array([1, 2]) },
      ]);
      expect(database.all('SELECT a FROM kept WHERE b = -1')[0]?.a).toBe(2 ** 40);
      database.close();
    });

    test('what was committed under a path is there for the next connection', async () => {
      const path = join(folder, 'kept.db');
      const first = await env.database(path);
      first.exec('CREATE TABLE kept (n)');
      first.run('INSERT INTO kept VALUES (1)');
      first.close();

      const second = await env.database(path);

      expect(second.all('SELECT n FROM kept')).toHaveLength(1);
      second.close();
    });

    test('what was not committed when a connection closed is gone, and locks nobody out', async () => {
      const path = join(folder, 'rolled-back.db');
      const [first, second] = [await env.database(path), await env.database(path)];
      first.exec('CREATE TABLE kept (n)');
      first.exec('BEGIN IMMEDIATE');
      first.run('INSERT INTO kept VALUES (1)');
      expect(() => second.exec('BEGIN IMMEDIATE')).toThrow(/locked/);

      first.close();

      second.exec('BEGIN IMMEDIATE');
      expect(second.all('SELECT n FROM kept')).toEqual([]);
      second.close();
    });

    test(':memory: is private', async () => {
      const [one, other] = [await env.database(':memory:'), await env.database(':memory:')];

      one.exec('CREATE TABLE private (n)');

      expect(() => other.all('SELECT n FROM private')).toThrow(/no such table/);
      one.close();
      other.close();
    });

    test('more statements than are kept prepared still run', async () => {
      const database = await env.database(':memory:');

      for (let n = 0; n < 500; n++) expect(database.all(`SELECT ${n} AS n`)[0]?.n).toBe(n);

      database.close();
    });

    test('close() may be called twice', async () => {
      const database = await env.database(':memory:');

      database.close();

      expect(() => database.close()).not.toThrow();
    });
  });

  describe('files', () => {
    test('a text is read back, replaced as a whole, and removed', async () => {
      const path = join(folder, 'note.txt');

      await env.files.writeText(path, 'a long first text');
      await env.files.writeText(path, 'café 🌊');
      expect(await env.files.readText(path)).toBe('café 🌊');
      await env.files.remove(path);

      await expect(env.files.readText(path)).rejects.toMatchObject({ code: 'ENOENT', path });
    });

    test('a share of the disk is free', async () => {
      const share = await env.files.freeShare(folder);

      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThanOrEqual(1);
    });

    test('removing what is not there is done', async () => {
      await expect(env.files.remove(join(folder, 'never.txt'))).resolves.toBeUndefined();
    });
  });

  describe('the network', () => {
    test('a request goes to what listens, and back', async () => {
      const server = createServer((request, response) => response.writeHead(201).end(`you asked for ${request.url}`));
      const listener = await env.listen(server, { host: HOST, port: 0 });

      const response = await httpGet(env, listener.address, '/tide');

      expect(listener.address.host).toBe(HOST);
      expect(listener.address.port).toBeGreaterThan(0);
      expect(response).toEqual({ status: 201, body: 'you asked for /tide' });
      await listener.close();
    });

    test('a request reaches a server with its method, headers and body, and a redirect is an answer', async () => {
      const server = createServer((request, response) => {
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk.toString()));
        request.on('end', () => {
          response.writeHead(307, {
            location: '/elsewhere',
            'x-seen': `${request.method} ${String(request.headers['x-key'])}`,
          });
          response.end(`read ${body}`);
        });
      });
      const listener = await env.listen(server, { host: HOST, port: 0 });
      const url = `http://${HOST}:${listener.address.port}/tide`;

      const answer = await settle(env.fetch(url, { method: 'POST', headers: { 'x-key': 'kelp' }, body: '{}' }));
      const text = await settle(answer.text());

      expect([answer.status, answer.headers.get('x-seen'), text]).toEqual([307, 'POST kelp', 'read {}']);
      await listener.close();
    });

    test('a request nobody answers is a TypeError with the reason as its cause', async () => {
      const listener = await env.listen(createServer(), { host: HOST, port: 0 });
      await listener.close();

      const error: unknown = await settle(env.fetch(`http://${HOST}:${listener.address.port}/`)).catch(same);

      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).cause).toHaveProperty('code', 'ECONNREFUSED');
    });

    test('a request ends with the reason of its signal', async () => {
      const listener = await env.listen(createServer(), { host: HOST, port: 0 });
      const stop = new AbortController();
      const reason = new Error('enough');

      const asked = env.fetch(`http://${HOST}:${listener.address.port}/`, { signal: stop.signal }).catch(same);
      stop.abort(reason);

      expect(await settle(asked)).toBe(reason);
      await listener.close();
    });

    test('a WebSocket is opened, talks both ways, and is closed by its server', async () => {
      const server = createServer();
      const sockets = new WebSocketServer({ server });
      sockets.on('connection', (socket) => {
        socket.on('message', (message) => {
          socket.send(`echo ${(message as Buffer).toString()}`);
          socket.close(1001, 'enough');
        });
      });
      const listener = await env.listen(server, { host: HOST, port: 0 });
      const connection = await env.connect(listener.address);

      const client = new WebSocket(`ws://${HOST}:${listener.address.port}/`, { createConnection: () => connection });
      client.on('open', () => client.send('hello'));
      const [[message], [code, reason]] = await Promise.all([once(client, 'message'), once(client, 'close')]);

      expect(String(message)).toBe('echo hello');
      expect([code, String(reason)]).toEqual([1001, 'enough']);
      await listener.close();
    });

    test('a taken port is LISTEN_FAILED, naming host and port and what to do', async () => {
      const first = await env.listen(createServer(), { host: HOST, port: 0 });

      const error: unknown = await env.listen(createServer(), first.address).catch(same);

      expect(error).toMatchObject({ code: 'LISTEN_FAILED', component: `${HOST}:${first.address.port}` });
      expect(error).toHaveProperty(
        'message',
        `listen: expected to bind host "${HOST}" port ${first.address.port}, received EADDRINUSE: ` +
          'something listens there already; stop it, choose another port, or 0 to let the system choose',
      );
      await first.close();
    });

    test('close() ends open connections, upgraded ones too, and may be called twice', async () => {
      const server = createServer();
      server.on('upgrade', (_request, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
      const listener = await env.listen(server, { host: HOST, port: 0 });
      const [idle, upgraded] = [await env.connect(listener.address), await env.connect(listener.address)];
      upgraded.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: kelp\r\n\r\n');
      await once(upgraded, 'data');
      const ended = Promise.all([once(idle.resume(), 'close'), once(upgraded, 'close')]);

      await Promise.all([listener.close(), listener.close()]);

      await ended;
      await expect(env.connect(listener.address)).rejects.toHaveProperty('code', 'ECONNREFUSED');
      await expect(env.connect(listener.address, AbortSignal.abort(new Error('no')))).rejects.toThrow('no');
    });

    test('each end sees the other go', async () => {
      const server = createServer();
      const accepted = once(server, 'connection') as Promise<[Duplex]>;
      const listener = await env.listen(server, { host: HOST, port: 0 });
      const client = await env.connect(listener.address);
      const [socket] = await accepted;
      const gone = once(socket.resume(), 'close');

      client.destroy();

      await gone;
      expect(socket.destroyed).toBe(true);
      await listener.close();
    });

    test('a port that was closed can be bound again', async () => {
      const first = await env.listen(createServer(), { host: HOST, port: 0 });
      await first.close();

      const second = await env.listen(createServer(), first.address);

      expect(second.address).toEqual(first.address);
      await second.close();
    });
  });
});

function timer(env: Env, ms: number): Promise<void> {
  return new Promise((resolve) => env.setTimer(resolve, ms, true));
}

function deferred(env: Env): Promise<void> {
  return new Promise((resolve) => env.defer(resolve));
}

function same(error: unknown): unknown {
  return error;
}
