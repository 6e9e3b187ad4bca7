/** What the runtime knows survives the process: breakers, totals, what is kept, and what happened. */
import { existsSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import type { HoldfastEvent } from '../../../src/core/events.ts';
import type { UsageBatch } from '../../../src/durable/metering/usage-batch.ts';
import { createRuntime, type Runtime } from '../../../src/runtime.ts';
import { createVirtualEnv } from '../../../src/testing/virtual-env.ts';
import { type FileEnv, fileEnv, freshPath, WALL_MS } from './store-rig.ts';

const PAY = { consecutiveFailures: 1, openMs: 10_000 } as const;

let started = 0;

async function start(path: string, atMs = 0): Promise<{ env: FileEnv; runtime: Runtime; events: HoldfastEvent[] }> {
  const env = fileEnv(++started); // another process has other chances
  await env.advanceAsync(atMs);
  const runtime = await env.settle(createRuntime({ name: 'shop', env, store: { path } }));
  const events: HoldfastEvent[] = [];
  runtime.events.on('*', (event) => void events.push(event));
  onTestFinished(() => env.settle(runtime.stop()));
  return { env, runtime, events };
}

async function trip(runtime: Runtime, name: string, options: object = PAY): Promise<void> {
  await runtime
    .breaker(name, options)
    .execute(() => Promise.reject(new Error('down')))
    .catch(() => {});
  expect(runtime.breaker(name).state).toBe('open');
}

test('B14: an open breaker goes on rejecting for what remained of its opening', async () => {
  const path = freshPath();
  const first = await start(path);
  await trip(first.runtime, 'pay');
  await first.env.settle(first.runtime.stop());

  const second = await start(path, 4_000);
  const pay = second.runtime.breaker('pay', PAY);

  expect(pay.snapshot()).toEqual({ breaker: 'pay', v: 1, state: 'open', remainingOpenMs: 6_000, attempt: 1 });
  expect(second.events.filter(({ type }) => type === 'breaker.transitioned')).toMatchObject([
    { breaker: 'pay', from: 'closed', to: 'open', rule: 'restored' },
  ]);
  await second.env.advanceAsync(6_000);
  expect(await pay.execute(() => 'a probe')).toBe('a probe');
});

test('B14: one that was half-open waits again; one that was forced open stays so', async () => {
  const path = freshPath();
  const first = await start(path);
  await trip(first.runtime, 'pay');
  first.runtime.breaker('pay').probe({ by: 'test', reason: 'look' });
  first.runtime.breaker('search').forceOpen({ by: 'test', reason: 'maintenance' });
  await first.env.settle(first.runtime.stop());

  const { runtime } = await start(path);

  expect(runtime.breaker('pay', PAY).state).toBe('open');
  expect(runtime.breaker('search').state).toBe('forcedOpen');
});

test('B14: a breaker that is made with other options begins closed, which is said and remembered', async () => {
  const path = freshPath();
  const first = await start(path);
  await trip(first.runtime, 'pay');
  await first.env.settle(first.runtime.stop());

  const { env, runtime, events } = await start(path);
  const pay = runtime.breaker('pay', { ...PAY, openMs: 20_000 });
  const timeline = await env.settle(runtime.history.timeline());

  expect(pay.state).toBe('closed');
  expect(events.filter(({ type }) => type === 'breaker.forgotten')).toMatchObject([{ breaker: 'pay', state: 'open' }]);
  expect(timeline.slice(-2)).toMatchObject([
    { type: 'breaker.transitioned', from: 'open', to: 'closed', rule: 'forgotten' },
    { type: 'breaker.forgotten', breaker: 'pay', state: 'open' },
  ]);
});

test('a listener that hears of a restored breaker finds it by its name', async () => {
  const path = freshPath();
  const first = await start(path);
  await trip(first.runtime, 'pay');
  await first.env.settle(first.runtime.stop());

  const { runtime } = await start(path);
  const heard: string[] = [];
  runtime.events.on('breaker.transitioned', ({ breaker }) => void heard.push(runtime.breaker(breaker).state));
  runtime.breaker('pay', PAY);

  expect(heard).toEqual(['open']);
});

test('M9: what was metered goes on where the last process ended', async () => {
  const path = freshPath();
  for (let run = 1; run <= 3; run++) {
    const { env, runtime } = await start(path);
    expect(runtime.readings().usage['acme']?.count ?? 0).toBe(2 * (run - 1));
    runtime.metering.record({ tenant: 'acme', operation: 'ask', tokens: 5, latencyMs: 3 });
    runtime.metering.record({ tenant: 'acme', operation: 'ask', tokens: 7 });
    await env.settle(runtime.metering.flush());
    expect(runtime.readings().usage['acme']).toMatchObject({ count: 2 * run, tokens: 12 * run, latencyMeanMs: 3 });
    await env.settle(runtime.stop());
  }
});

test('a batch that a sink was owed when the process ended is delivered by the next one, as it was, under the policy hash of its time', async () => {
  const path = freshPath();
  const tried: string[] = [];
  const delivered: string[] = [];
  for (const isDown of [true, false]) {
    const env = fileEnv(++started);
    const deliver = async ({ id, policyHash }: UsageBatch): Promise<void> => {
      (isDown ? tried : delivered).push(`${id} ${policyHash}`);
      if (isDown) throw new Error('down');
    };
    const metering = { sinks: [{ name: 'bill', deliver }] };
    const runtime = await env.settle(
      createRuntime({ env, store: { path }, metering, policyHash: isDown ? 'old' : 'new' }),
    );
    if (isDown) {
      runtime.metering.record({ tenant: 'acme', operation: 'ask' });
      await env.settle(runtime.metering.flush());
    }
    while ((isDown ? tried : delivered).length === 0) await env.advanceAsync(100);
    const stopped = runtime.stop();
    let isStopped = false;
    void stopped.then(() => (isStopped = true));
    while (!isStopped) await env.advanceAsync(100);
  }

  expect(new Set(delivered)).toEqual(new Set(tried));
  expect(delivered).toEqual([expect.stringMatching(/ old$/)]);
});

test('history goes over processes, newest trips first, and is exported a line of JSON at a time with ids that stay', async () => {
  const path = freshPath();
  const exported: string[][] = [];
  for (let run = 0; run < 2; run++) {
    const { env, runtime } = await start(path, run * 60_000);
    await trip(runtime, `breaker ${run}`);
    const lines: string[] = [];
    const read = async (): Promise<void> => {
      for await (const line of runtime.history.export()) lines.push(line);
    };
    await env.settle(read());
    exported.push(lines);
    if (run === 1) {
      const trips = await env.settle(runtime.history.trips());
      expect(trips.map(({ breaker, wallMs }) => [breaker, wallMs])).toEqual([
        ['breaker 1', WALL_MS + 60_000],
        ['breaker 0', WALL_MS],
      ]);
      expect(await env.settle(runtime.history.trips({ breaker: 'breaker 0' }))).toHaveLength(1);
      expect(await env.settle(runtime.history.trips({ limit: 1 }))).toMatchObject([{ breaker: 'breaker 1' }]);
      expect(await env.settle(runtime.history.trips({ from: WALL_MS, to: WALL_MS + 1 }))).toMatchObject([
        { breaker: 'breaker 0' },
      ]);
    }
    await env.settle(runtime.stop());
  }

  expect(exported[1]!.slice(0, exported[0]!.length)).toEqual(exported[0]);
  expect(JSON.parse(exported[0]![0]!)).toEqual({
    id: 'e1',
    wallMs: WALL_MS,
    type: 'breaker.transitioned',
    breaker: 'breaker 0',
    from: 'closed',
    to: 'open',
    rule: 'consecutiveFailures',
    epoch: 2,
  });
});

test('each health tick is in the file, also those of an earlier process', async () => {
  const path = freshPath();
  for (let run = 0; run < 2; run++) {
    const { env, runtime } = await start(path, run * 60_000);
    runtime.breaker('pay', PAY);
    for (let tick = 0; tick < 3; tick++) await env.advanceAsync(1_000);
    const samples = await env.settle(runtime.history.health());
    expect(samples.map(({ score, status }) => [score, status])).toEqual(
      Array.from({ length: 3 * (run + 1) }, () => [1, 'healthy']),
    );
    if (run === 1) {
      const from = WALL_MS + 60_000;
      expect((await env.settle(runtime.history.health(from))).map(({ wallMs }) => wallMs - from)).toEqual([
        1_000, 2_000, 3_000,
      ]);
    }
    await env.settle(runtime.stop());
  }
});

test('without a store the same questions are answered from memory, bounded, and nothing is written', async () => {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ env });
  const pay = runtime.breaker('pay', PAY);
  for (let n = 0; n < 2_000; n++) {
    pay.open({ by: 'test', reason: 'again' });
    pay.close({ by: 'test', reason: 'again' });
  }
  await env.advanceAsync(1_000);

  expect(await runtime.history.trips({ limit: 2 })).toMatchObject([{ id: 'm3999' }, { id: 'm3997' }]);
  expect(await runtime.history.trips()).toHaveLength(512);
  expect(await runtime.history.failovers()).toEqual([]);
  expect(await runtime.history.health()).toMatchObject([{ type: 'health.sampled', score: 1 }]);
  expect((await runtime.history.timeline()).at(-1)).toMatchObject({ type: 'health.changed' });
  const lines: string[] = [];
  for await (const line of runtime.history.export()) lines.push(line);
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ type: 'health.sampled', score: 1 });
  expect(runtime.readings().store).toEqual({});
  await runtime.stop();
});

test.each([
  [{ path: '' }, 'runtime.store.path: expected the path of a file, received ""'],
  [{ path: ':memory:' }, 'runtime.store.path: expected the path of a file, received ":memory:"'],
  [{}, 'runtime.store.path: expected the path of a file, received undefined'],
  [
    { path: 'x', retention: { ageMs: 1 } },
    'runtime.store.retention.ageMs: expected a whole number from 60000 to 315360000000, received 1',
  ],
  [{ path: 'x', retain: {} }, 'runtime.store: has no key "retain"; the keys are path, retention'],
])('a bad option %j is refused before anything is opened', async (store, message) => {
  await expect(createRuntime({ store: store as never })).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message });
  expect(existsSync('x')).toBe(false);
});

test.each([
  [{ limit: 0 }, 'history.trips.limit: expected a whole number from 1 to 10000, received 0'],
  [{ from: NaN }, 'history.trips.from: expected a whole number from 0 to 8640000000000000, received NaN'],
  [{ breaker: '' }, 'history.trips.breaker: expected a name of 1 to 256 characters, received ""'],
])('a question %j is refused', async (query, message) => {
  const runtime = await createRuntime({ env: createVirtualEnv({ seed: 1 }) });

  await expect(runtime.history.trips(query)).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message });
});
