/** The checks that come with it: against real servers, the real disk, and a process as the test describes it. */
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import type { HealthCheck } from '../../src/control/health/question.ts';
import { diskCheck } from '../../src/control/health/ready-made/disk-check.ts';
import { eventLoopCheck } from '../../src/control/health/ready-made/event-loop-check.ts';
import { httpCheck } from '../../src/control/health/ready-made/http-check.ts';
import { memoryCheck } from '../../src/control/health/ready-made/memory-check.ts';
import { tcpCheck } from '../../src/control/health/ready-made/tcp-check.ts';
import type { Env } from '../../src/core/env.ts';
import { realEnv } from '../../src/core/real-env.ts';
import { createVirtualEnv, type VirtualEnv } from '../../src/testing/virtual-env.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function listening(server: Server): Promise<number> {
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const serve = async (answer: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listening(createHttpServer(answer))}/`;

/** A port nobody listens on: it was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createTcpServer();
  const port = await listening(server);
  server.close();
  await once(server, 'close');
  return port;
}

const ask = (check: HealthCheck, env: Env = realEnv(), signal = new AbortController().signal) => check({ env, signal });

/** A real Env whose clock says that everything takes so long. */
function slowEnv(ms: number): Env {
  let now = 0;
  return { ...realEnv(), now: () => (now += ms) };
}

describe('httpCheck', () => {
  test.each([
    [200, 'healthy'],
    [204, 'healthy'],
    [302, 'healthy'],
    [404, { answer: 'unhealthy', reason: 'status 404' }],
    [503, { answer: 'unhealthy', reason: 'status 503' }],
  ])('of a status %s is %o', async (status, answer) => {
    const url = await serve((_, response) => response.writeHead(status, { location: '/elsewhere' }).end());

    expect(await ask(httpCheck({ url }))).toEqual(answer);
  });

  test('asks with the method it is told', async () => {
    const methods: (string | undefined)[] = [];
    const url = await serve(({ method }, response) => {
      methods.push(method);
      response.end('x');
    });

    await ask(httpCheck({ url }));
    await ask(httpCheck({ url, method: 'HEAD' }));

    expect(methods).toEqual(['GET', 'HEAD']);
  });

  test('is degraded by an answer that takes longer than it should', async () => {
    const url = await serve((_, response) => response.end());

    expect(await ask(httpCheck({ url, degradedAboveMs: 100 }), slowEnv(100))).toBe('healthy');
    expect(await ask(httpCheck({ url, degradedAboveMs: 100 }), slowEnv(250))).toEqual({
      answer: 'degraded',
      reason: 'took 250 ms',
    });
  });

  test('reads no body: what a server goes on sending is let go', async () => {
    let isLetGo = false;
    const endless = new ReadableStream({ cancel: () => void (isLetGo = true) });

    expect(await ask(httpCheck({ url: 'http://a/' }), { ...realEnv(), fetch: async () => new Response(endless) })).toBe(
      'healthy',
    );

    expect(isLetGo).toBe(true);
  });

  test('says why there was no answer, and gives up when its time is over', async () => {
    const url = await serve(() => {}); // never answers
    const port = await freePort();
    const time = new AbortController();

    expect(await ask(httpCheck({ url: `http://127.0.0.1:${port}/` }))).toMatchObject({
      answer: 'unhealthy',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    const asked = ask(httpCheck({ url }), realEnv(), time.signal);
    time.abort(new Error('over'));

    await expect(asked).rejects.toThrow('over');
  });

  test('reaches a server of a virtual Env, too', async () => {
    const env = createVirtualEnv({ seed: 1 });
    await env.listen(
      createHttpServer((_, response) => response.end()),
      { host: 'search', port: 80 },
    );

    expect(await ask(httpCheck({ url: 'http://search/' }), env)).toBe('healthy');
  });

  test.each([['ftp://a/'], ['a'], ['http://'], [7]])('of %o is refused', (url) => {
    expect(() => httpCheck({ url: url as string })).toThrow('httpCheck.url: expected an http or https URL, received');
  });
});

describe('tcpCheck', () => {
  test('is healthy where a connection is accepted, which is closed at once', async () => {
    const server = createTcpServer();
    const port = await listening(server);
    const accepted = once(server, 'connection') as Promise<[Socket]>;

    expect(await ask(tcpCheck({ host: '127.0.0.1', port }))).toBe('healthy');

    const [socket] = await accepted;
    socket.resume();
    await once(socket, 'close');
  });

  test('is degraded by a slow one, and says why there is none', async () => {
    const port = await listening(createTcpServer());
    const nobody = await freePort();

    expect(await ask(tcpCheck({ host: '127.0.0.1', port, degradedAboveMs: 10 }), slowEnv(20))).toEqual({
      answer: 'degraded',
      reason: 'took 20 ms',
    });
    expect(await ask(tcpCheck({ host: '127.0.0.1', port: nobody }))).toMatchObject({
      answer: 'unhealthy',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('rejects with the signal’s reason when its time is over', async () => {
    const port = await listening(createTcpServer());
    const time = new AbortController();

    const asked = ask(tcpCheck({ host: '127.0.0.1', port }), realEnv(), time.signal);
    time.abort(new Error('over'));

    await expect(asked).rejects.toThrow('over');
  });

  test('without a host or with a port that is none is refused', () => {
    expect(() => tcpCheck({ port: 80 } as never)).toThrow('tcpCheck.host: expected a host name or address');
    expect(() => tcpCheck({ host: 'a', port: 0 })).toThrow('tcpCheck.port: expected a whole number from 1 to 65535');
  });
});

describe('on a process as the test describes it', () => {
  const MEBI = 1_048_576;
  const heap = (env: VirtualEnv, share: number): void =>
    env.setVitals({ heapUsedBytes: share * 1_000 * MEBI, heapLimitBytes: 1_000 * MEBI });

  test.each([
    [0.79, 'healthy'],
    [0.8, { answer: 'degraded', reason: "80 % of the heap's limit in use" }],
    [0.95, { answer: 'unhealthy', reason: "95 % of the heap's limit in use" }],
  ])('memoryCheck: a heap that is %s full is %o', (share, answer) => {
    const env = createVirtualEnv({ seed: 1 });
    heap(env, share);

    expect(ask(memoryCheck(), env)).toEqual(answer);
  });

  test.each([
    [99, 'healthy'],
    [100, { answer: 'degraded', reason: 'the event loop was 100 ms late' }],
    [1_000, { answer: 'unhealthy', reason: 'the event loop was 1000 ms late' }],
  ])('eventLoopCheck: a loop that was %s ms late is %o', (loopDelayMs, answer) => {
    const env = createVirtualEnv({ seed: 1 });
    env.setVitals({ loopDelayMs });

    expect(ask(eventLoopCheck(), env)).toEqual(answer);
  });

  test.each([
    [0.1, 'healthy'],
    [0.0999, { answer: 'degraded', reason: '10.0 % is free' }],
    [0.049, { answer: 'unhealthy', reason: '4.9 % is free' }],
  ])('diskCheck: a disk of which %s is free is %o', async (share, answer) => {
    const env = createVirtualEnv({ seed: 1 });
    env.setFreeShare(share);

    expect(await ask(diskCheck({ path: '/var' }), env)).toEqual(answer);
  });
});

test('diskCheck looks at the real disk, and a path that is not there is unhealthy', async () => {
  expect(await ask(diskCheck({ path: tmpdir(), degradedBelow: 1e-9, unhealthyBelow: 0 }))).toBe('healthy');
  expect(await ask(diskCheck({ path: '/no/such/path' }))).toMatchObject({
    answer: 'unhealthy',
    reason: expect.stringContaining('ENOENT'),
  });
});

test('memoryCheck and eventLoopCheck look at the real process', () => {
  expect(ask(memoryCheck({ degradedAt: 0.999, unhealthyAt: 1 }))).toBe('healthy');
  expect(ask(memoryCheck({ degradedAt: 0, unhealthyAt: 1 }))).toMatchObject({ answer: 'degraded' });
  expect(ask(eventLoopCheck({ degradedAtMs: 0, unhealthyAtMs: 1e9 }))).toMatchObject({ answer: 'degraded' });
});

test.each([
  [
    () => memoryCheck({ degradedAt: 0.9, unhealthyAt: 0.9 }),
    'memoryCheck.unhealthyAt: expected a number above degradedAt, which is 0.9, received 0.9',
  ],
  [
    () => eventLoopCheck({ degradedAtMs: 2_000 }),
    'eventLoopCheck.unhealthyAtMs: expected a number above degradedAtMs, which is 2000',
  ],
  [
    () => diskCheck({ path: '/', unhealthyBelow: 0.2 }),
    'diskCheck.degradedBelow: expected a number above unhealthyBelow, which is 0.2',
  ],
  [() => diskCheck({} as never), 'diskCheck.path: expected a path, received undefined'],
])('what makes no sense is refused, and it is said why', (make, message) => {
  expect(make).toThrow(message);
});
