/** What only the real Env can show: threads that die, files on a disk, a process that ends. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Pool } from '../../src/core/env.ts';
import { realEnv } from '../../src/core/real-env.ts';
import { poolCore } from './fixtures/pool-core.ts';

const env = realEnv();

describe('a timer', () => {
  afterEach(() => vi.restoreAllMocks());

  test('longer than Node can count is chained, not fired after a millisecond', () => {
    const setTimeoutSpy = vi.spyOn(globalThis, 'setTimeout');
    let fired = false;

    const timer = env.setTimer(() => (fired = true), 2 ** 40, false);
    const [wake, delayMs] = setTimeoutSpy.mock.calls[0] ?? [];
    wake?.();

    expect(delayMs).toBe(2 ** 31 - 1);
    expect(setTimeoutSpy).toHaveBeenCalledTimes(2);
    expect(fired).toBe(false);
    env.clearTimer(timer);
  });

  test('that Node fires early waits for the rest', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(1_000);
    const setTimeoutSpy = vi.spyOn(globalThis, 'setTimeout');
    let fired = false;
    const timer = env.setTimer(() => (fired = true), 10, false);
    const wake = (): void => setTimeoutSpy.mock.lastCall?.[0]();

    now.mockReturnValue(1_009.13);
    wake();
    expect(fired).toBe(false);
    expect(setTimeoutSpy.mock.lastCall?.[1]).toBe(1);

    now.mockReturnValue(1_010);
    wake();
    expect(fired).toBe(true);
    env.clearTimer(timer);
  });
});

describe('a pool of real threads', () => {
  let shared: Int32Array;
  let losses: unknown[];
  let pool: Pool;

  async function open(threads: number, entry = './fixtures/pool-entry.ts'): Promise<void> {
    shared = new Int32Array(new SharedArrayBuffer(12));
    losses = [];
    const onThreadLost = (cause: unknown): void => void losses.push(cause);
    pool = await env.pool({ entry: new URL(entry, import.meta.url), shared, core: poolCore, threads, onThreadLost });
  }
  afterEach(() => pool.destroy());

  /** Until `count` tasks are certainly in the middle of their work. */
  async function parked(count: number): Promise<void> {
    for (let seen = shared[1] ?? 0; seen < count; seen = shared[1] ?? 0) {
      await Atomics.waitAsync(shared, 1, seen).value;
    }
  }

  test.each([
    ['exits', 'exit', /exited with code 3/],
    ['throws outside of its task', 'uncaught', /thrown outside of the task/],
  ])('a thread that %s loses its task only, is counted, and is replaced', async (_how, kind, cause) => {
    await open(2);

    const error: unknown = await pool.run({ kind }).catch(same);

    expect(pool.isThreadLoss(error)).toBe(true);
    expect(await pool.run({ kind: 'echo', value: 1 })).toBe(1);
    expect(losses).toEqual([expect.objectContaining({ message: expect.stringMatching(cause) })]);
    expect(pool.threads).toBe(2);
  });

  test('an error and the exit that follows it are one loss', async () => {
    const exited = new Promise<void>((resolve) => {
      process.once('worker', (worker) => worker.once('exit', () => resolve()));
    });
    await open(1);

    await pool.run({ kind: 'uncaught' }).catch(same);
    await exited;

    expect(losses).toHaveLength(1);
  });

  test('a thread killed in the middle of its task loses it; the tasks behind it are run', async () => {
    await open(1);
    const lost = pool.run({ kind: 'park' }).catch(same);
    const behind = [1, 2, 3].map((value) => pool.run({ kind: 'echo', value }));
    await parked(1);

    await pool.killThread();

    expect(pool.isThreadLoss(await lost)).toBe(true);
    expect(await Promise.all(behind)).toEqual([1, 2, 3]);
    expect(losses).toHaveLength(1);
  });

  test('the thread that is killed is one at work', async () => {
    await open(2);
    const beside = pool.run({ kind: 'echo', value: 'on the first thread' });
    const lost = pool.run({ kind: 'park' }).catch(same);
    await Promise.all([beside, parked(1)]);

    await pool.killThread();

    expect(pool.isThreadLoss(await lost)).toBe(true);
  });

  test('a pool all of whose threads are killed at once goes on with new ones', async () => {
    await open(2);
    const lost = [pool.run({ kind: 'park' }).catch(same), pool.run({ kind: 'park' }).catch(same)];
    await parked(2);

    for (let kill = 0; kill < 2; kill++) await Promise.all([pool.killThread(), pool.killThread()]);
    await Promise.allSettled(lost);
    expect(pool.threads).toBe(0); // the second pair died before it was ready

    expect(await pool.run({ kind: 'echo', value: 'alive' })).toBe('alive');
    expect(pool.threads).toBe(2);
  });

  test('an entry that cannot start makes each task a thread loss: none waits for ever', async () => {
    await open(1, './fixtures/broken-entry.ts');

    for (let attempt = 0; attempt < 3; attempt++) {
      const error: unknown = await pool.run({ kind: 'echo', value: 1 }).catch(same);
      expect(pool.isThreadLoss(error)).toBe(true);
    }

    expect(losses.length).toBeGreaterThan(0);
  });

  test('destroy() in the middle of a task loses the task and counts no lost thread', async () => {
    await open(1);
    const lost = pool.run({ kind: 'park' }).catch(same);
    await parked(1);

    await pool.destroy();

    expect(pool.isThreadLoss(await lost)).toBe(true);
    expect(losses).toEqual([]);
  });
});

describe('files on a disk', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-files-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('the mode asked for is the mode of the file, whatever the umask takes away', async () => {
    const path = join(folder, 'token');
    const umask = process.umask(0o077);

    await env.files.writeText(path, 'secret', 0o640);
    process.umask(umask);

    expect((await stat(path)).mode & 0o777).toBe(0o640);
  });

  test('a write that fails leaves the old text and no temporary file', async () => {
    const path = join(folder, 'taken');
    await mkdir(path);
    await writeFile(join(path, 'old.txt'), 'old');

    await expect(env.files.writeText(path, 'new')).rejects.toThrow();

    expect(await readFile(join(path, 'old.txt'), 'utf8')).toBe('old');
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('writers of one file at the same time leave one whole text', async () => {
    const path = join(folder, 'raced.txt');
    const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(100_000));

    await Promise.all(texts.map((text) => env.files.writeText(path, text)));

    expect(texts).toContain(await env.files.readText(path));
  });
});

describe('listening', () => {
  test.each([
    ['203.0.113.1', 0, 'EADDRNOTAVAIL'],
    ['127.0.0.1', 65_536, 'ERR_SOCKET_BAD_PORT'],
  ])('on %s port %d is LISTEN_FAILED because of %s', async (host, port, code) => {
    const error: unknown = await env.listen(createServer(), { host, port }).catch(same);

    expect(error).toMatchObject({ code: 'LISTEN_FAILED', cause: { code } });
    expect(error).toHaveProperty('message', expect.stringContaining(`host "${host}" port ${port}`));
  });

  test('a server that is bound already is refused and stays as it is', async () => {
    const server = createServer();
    const listener = await env.listen(server, { host: '127.0.0.1', port: 0 });

    const error: unknown = await env.listen(server, { host: '127.0.0.1', port: 0 }).catch(same);

    expect(error).toMatchObject({ code: 'LISTEN_FAILED', cause: { code: 'ERR_SERVER_ALREADY_LISTEN' } });
    expect(server.listening).toBe(true);
    await listener.close();
  });
});

test('a process with an idle pool and an unref timer ends by itself; a ref timer is waited for', async () => {
  const program = new URL('./fixtures/idle-process.ts', import.meta.url).pathname;

  const { stdout } = await promisify(execFile)(process.execPath, [program]);

  expect(stdout).toBe('answer 7\n');
});

test(
  'fault 2: threads that eat all their memory die of it, and the process does not',
  { timeout: 60_000 },
  async () => {
    const program = new URL('./fixtures/eating-process.ts', import.meta.url).pathname;

    const { stdout } = await promisify(execFile)(process.execPath, [program]);

    expect(stdout).toBe('outlived 8\n');
  },
);

function same(error: unknown): unknown {
  return error;
}

test('the share of a disk that is free is not known of a path that is not there, and 0 where there is no room at all', async () => {
  await expect(env.files.freeShare('/no/such/path')).rejects.toMatchObject({ code: 'ENOENT' });
  if (process.platform === 'linux') expect(await env.files.freeShare('/proc')).toBe(0);
});

test('the vitals tell how late the event loop was lately, to everyone who asks', async () => {
  env.vitals();
  await new Promise<void>((resolve) => void env.setTimer(resolve, 50, true)); // the watch measures from its second tick on
  const until = performance.now() + 60;
  while (performance.now() < until);
  await new Promise<void>((resolve) => void env.setTimer(resolve, 50, true)); // and the late tick has to come

  const { heapUsedBytes, heapLimitBytes, rssBytes, loopDelayMs } = env.vitals();

  expect(loopDelayMs).toBeGreaterThan(20);
  expect(env.vitals().loopDelayMs).toBe(loopDelayMs); // not only to the first
  expect(heapUsedBytes).toBeLessThan(heapLimitBytes);
  expect(rssBytes).toBeGreaterThan(heapUsedBytes / 4);
});
