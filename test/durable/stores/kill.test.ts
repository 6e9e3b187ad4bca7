/** Ends that nobody prepared for, with real threads and processes: what was acknowledged is there, once. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { Env, Thread } from '../../../src/core/env.ts';
import { realEnv } from '../../../src/core/real-env.ts';
import { createRuntime } from '../../../src/runtime.ts';
import { freshPath, select } from './store-rig.ts';

const STORING = fileURLToPath(new URL('./fixtures/storing-process.ts', import.meta.url));
const ROUNDS = Number(process.env['HOLDFAST_KILL_ROUNDS'] ?? 5);

test(
  'M2, fault 6: metering is exact although the writer thread dies again and again in the middle of its work',
  { timeout: 60_000 },
  async () => {
    const path = freshPath();
    const real = realEnv();
    const threads: { thread: Thread; die: () => void }[] = [];
    const env: Env = {
      ...real,
      thread: async (options) => {
        const thread = await real.thread(options);
        const die = (): void => {
          void thread.kill();
          options.onLost(new Error('killed by the test'));
        };
        threads.push({ thread, die });
        return thread;
      },
    };
    const runtime = await createRuntime({ env, store: { path } });
    onTestFinished(() => runtime.stop());

    let recorded = 0;
    for (let round = 0; round < 12; round++) {
      for (let n = 0; n < 500; n++)
        recorded += Number(runtime.metering.record({ tenant: `tenant ${n % 7}`, operation: 'ask' }));
      const flushed = runtime.metering.flush();
      if (round % 2 === 0) {
        const recovered = new Promise((resolve) => void runtime.events.on('store.recovered', resolve));
        threads.at(-1)!.die(); // before, while or after it writes
        await recovered;
      }
      await flushed;
    }
    await runtime.stop();

    expect(recorded).toBe(6_000);
    expect(runtime.metering.totals()).toMatchObject({ recorded, flushed: recorded, pending: 0, dropped: 0 });
    expect(threads.length).toBe(7);
    expect(select(path, 'SELECT sum(count) AS n FROM metering_totals')).toEqual([{ n: recorded }]);
    expect(select(path, 'SELECT sum(count) AS n FROM metering_usage')).toEqual([{ n: recorded }]);
    expect(select(path, 'SELECT records FROM store_state')).toEqual([{ records: recorded }]);
  },
);

test(
  'P1, fault 14: after kill -9 what was acknowledged is in the file, and nothing is there twice',
  { timeout: 120_000 },
  async () => {
    const path = freshPath();
    const batches = new Map<string, number>();
    let trips = 0;

    for (let round = 1; round <= ROUNDS; round++) {
      for (const line of await killed(path, 10 + 7 * round)) {
        const [kind, first = '', second] = line.split(' ');
        if (kind === 'batch' && second !== undefined) batches.set(first, Number(second));
        if (kind === 'trips') trips = Number(first);
      }

      const stored = new Map(
        select(path, 'SELECT batch_id, records FROM metering_batches').map((row) => [row['batch_id'], row['records']]),
      );
      expect([...batches].filter(([id, records]) => stored.get(id) !== records)).toEqual([]);
      const records = [...stored.values()].reduce<number>((sum, each) => sum + Number(each), 0);
      expect(select(path, 'SELECT sum(count) AS n, sum(tokens) AS tokens FROM metering_totals')).toEqual([
        { n: records, tokens: records },
      ]);
      expect(select(path, 'SELECT sum(count) AS n FROM metering_usage')).toEqual([{ n: records }]);
      const [row] = select(
        path,
        `SELECT count(*) AS n FROM circuit_breaker_state_history WHERE to_state = 'open' AND rule = 'manual'`,
      );
      expect(Number(row!['n'])).toBeGreaterThanOrEqual(trips);
      expect(select(path, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      trips = Number(row!['n']);
    }
    expect(batches.size).toBeGreaterThan(ROUNDS);
  },
);

test('fault 34: the library listens to no signal, and what was flushed is there when the application calls process.exit', async () => {
  const path = freshPath();

  const said = await killed(path, Infinity, 'exit');

  expect(said.at(-1)).toBe('listeners 0');
  expect(select(path, 'SELECT sum(count) AS n FROM metering_totals')).toEqual([{ n: 50 }]);
});

/** What a process said before it was killed, after so many lines. */
async function killed(path: string, afterLines: number, ...args: readonly string[]): Promise<readonly string[]> {
  const child = spawn(process.execPath, [STORING, path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    said += text.toString();
    if (said.split('\n').length > afterLines) child.kill('SIGKILL');
  });
  await new Promise((resolve) => void child.once('close', resolve));
  return said.split('\n').slice(0, -1); // the last line may be cut
}
