import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { installSignalHandlers } from '../../src/index.ts';
import { createRuntime } from '../../src/runtime.ts';
import { createVirtualEnv } from '../../src/testing/virtual-env.ts';

const ENDING = new URL('./fixtures/ending-process.ts', import.meta.url).pathname;

function start(drainMs: number) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-signals-'));
  const path = join(folder, 'holdfast.db');
  const child = spawn(process.execPath, [ENDING, path, String(drainMs)], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const said: string[] = [];
  const waiting = new Map<string, () => void>();
  createInterface(child.stdout).on('line', (line) => {
    said.push(line);
    waiting.get(line)?.();
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  return {
    child,
    said,
    hears: (line: string) =>
      said.includes(line) ? Promise.resolve() : new Promise<void>((resolve) => void waiting.set(line, resolve)),
    code: async () => (await ended)[0],
    metered: () => {
      const database = new DatabaseSync(path, { readOnly: true });
      const [row] = database.prepare('SELECT count FROM metering_totals').all();
      database.close();
      return row?.['count'];
    },
  };
}

describe('fault 34: who installs signal handlers', () => {
  test('ends with the first signal when the calls under way have ended, with all that was metered in the file', async () => {
    const { child, said, hears, code, metered } = start(600_000);
    await hears('begun');

    child.kill('SIGTERM');
    await hears('stops');
    child.stdin.write('end\n');

    expect(await code()).toBe(143);
    expect(said).toEqual(['begun', 'stops', 'done', 'stopped']);
    expect(metered()).toBe(1);
  });

  test('ends at once with the second signal', async () => {
    const { child, said, hears, code } = start(600_000);
    await hears('begun');

    child.kill('SIGINT');
    await hears('stops');
    child.kill('SIGINT');

    expect(await code()).toBe(130);
    expect(said).toEqual(['begun', 'stops']);
  });

  test('waits for a call that does not end no longer than it said', async () => {
    const { child, said, hears, code } = start(0);
    await hears('begun');

    child.kill('SIGTERM');

    expect(await code()).toBe(143);
    expect(said).toEqual(['begun', 'stops', 'stopped']);
  });

  test('may take them away again, and hears of options that are none', () => {
    const listeners = (): number => process.listenerCount('SIGHUP') + process.listenerCount('SIGTERM');
    const before = listeners();
    const remove = installSignalHandlers({ stop: async () => {} }, { signals: ['SIGHUP', 'SIGTERM', 'SIGHUP'] });
    expect(listeners()).toBe(before + 2);
    remove();

    expect(listeners()).toBe(before);
    expect(() => installSignalHandlers({ stop: async () => {} }, { signals: ['SIGKILL' as never] })).toThrow(
      'installSignalHandlers.signals.0: expected an array of SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGBREAK, received "SIGKILL"',
    );
  });
});

test('a stop that drains waits for the calls of pipelines, so long at most, and takes no new ones meanwhile', async () => {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ env });
  const pipeline = runtime.pipeline('work');
  const call = pipeline.execute(() => new Promise<void>((resolve) => void env.setTimer(resolve, 300, true)));
  const hung = runtime.pipeline('hung').execute(() => new Promise<void>(() => {}));
  void hung;
  let isStopped = false;

  void runtime.stop({ drainMs: 1_000 }).then(() => (isStopped = true));
  await env.advanceAsync(300);
  await call;
  await expect(pipeline.execute(() => 1)).rejects.toMatchObject({ code: 'STOPPED' });
  await env.advanceAsync(699);
  expect(isStopped).toBe(false);
  await env.advanceAsync(1);

  expect(isStopped).toBe(true);
  await expect(runtime.stop({ drainMs: -1 })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
});
