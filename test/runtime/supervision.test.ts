/** What the runtime tells of its supervision tree, and what becomes of calls when the tree has given up. */
import { expect, test } from 'vitest';
import { createRuntime, type HoldfastEvent, type RuntimeOptions } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

async function shop(options: RuntimeOptions = {}) {
  const env = createVirtualEnv({ seed: 1 });
  return { env, runtime: await createRuntime({ name: 'shop', env, ...options }) };
}

const DRILL = { by: 'test', reason: 'drill' };

/** More restarts than the root has patience for. */
async function untilTheRootGivesUp({ env, runtime }: Awaited<ReturnType<typeof shop>>): Promise<void> {
  for (let time = 0; time < 6; time++) {
    await runtime.supervisor.kill('root/control', DRILL);
    await env.advanceAsync(6_000);
  }
}

test('tree() shows what stands under what, with restarts and uptime, in the order of start', async () => {
  const { env, runtime } = await shop();
  runtime.breaker('payments');
  let fail = (_: unknown): void => {};
  await runtime.supervise({ id: 'a/b', start: (given) => void (fail = given), stop() {} }).ready;
  await env.advanceAsync(2_000);
  fail(new Error('reset'));
  const waiting = runtime.supervisor.tree().children.at(-1)!.children[0];
  await env.advanceAsync(1_000);

  const tree = runtime.supervisor.tree();

  expect(tree).toMatchObject({ id: 'root', path: 'root', kind: 'supervisor', state: 'running', uptimeMs: 3_000 });
  expect(tree.children.map(({ id }) => id)).toEqual(['core', 'store', 'compute', 'control', 'surfaces']);
  expect(tree.children[0]!.children).toMatchObject([{ path: 'root/core/payments', restarts: 0, uptimeMs: 3_000 }]);
  expect(waiting).toMatchObject({ state: 'backoff', restarts: 1, uptimeMs: null });
  const [part] = tree.children.at(-1)!.children;
  expect(part).toMatchObject({
    id: 'a/b',
    kind: 'worker',
    state: 'running',
    restarts: 1,
    incarnation: 2,
    children: [],
  });
  expect(part!.uptimeMs).toBeGreaterThan(900);
  expect(part!.uptimeMs).toBe(3_000 - part!.startedAtMs);
});

test('when the root gives up it is told, the runtime is degraded, and calls are decided and metered all the same', async () => {
  const { env, runtime } = await shop();
  const told: HoldfastEvent[] = [];
  runtime.events.on('supervisor.escalated', (event) => told.push(event));
  const known = runtime.pipeline('known', { breaker: { consecutiveFailures: 1 }, fallback: () => 'fallback' });

  await untilTheRootGivesUp({ env, runtime });

  expect(told.at(-1)).toMatchObject({ child: 'root' });
  expect(runtime.readings().runtime['self']).toMatchObject({ degraded: true });
  expect(runtime.supervisor.tree()).toMatchObject({ state: 'stopped', uptimeMs: null });
  const late = runtime.pipeline('late', { breaker: { consecutiveFailures: 1, openMs: 1_000 } });
  for (const pipeline of [known, late]) await pipeline.execute(() => Promise.reject(new Error('no'))).catch(() => {});
  expect(await known.execute(() => 'answer')).toBe('fallback');
  await expect(late.execute(() => 'answer')).rejects.toMatchObject({ code: 'BREAKER_OPEN' });
  await env.advanceAsync(1_000);
  expect(await late.execute(() => 'answer')).toBe('answer');
  expect(runtime.metering.record({ tenant: 'acme', operation: 'o' })).toBe(true);
  await runtime.metering.flush();
  expect(runtime.readings().metering['total']).toMatchObject({ recorded: 1, flushed: 1 });
  await runtime.stop();
});

test('what had begun before the root gave up goes on: what is used is metered and delivered, what broke is recovered', async () => {
  const delivered: number[] = [];
  const stage = await shop({ metering: { sinks: [({ lines }) => void delivered.push(lines[0]!.count)] } });
  const { env, runtime } = stage;
  runtime.metering.record({ tenant: 'acme', operation: 'o' });
  const solo = runtime.breaker('solo', { consecutiveFailures: 1, openMs: 1_000 });
  runtime.recovery.probe('solo', () => {});
  runtime.recovery.providers('solo', { order: ['a', 'b'] });
  await untilTheRootGivesUp(stage);
  expect(runtime.supervisor.tree().state).toBe('stopped');

  await solo.execute(() => Promise.reject(new Error('no'))).catch(() => {});
  for (let n = 0; n < 2; n++) expect(runtime.metering.record({ tenant: 'acme', operation: 'o' })).toBe(true);
  await env.advanceAsync(10_000);

  expect(runtime.readings().metering['total']).toMatchObject({ recorded: 3, flushed: 3, dropped: 0 });
  expect(delivered).toEqual([1, 2]);
  expect(runtime.recovery.status('solo')).toMatchObject({ state: 'succeeded' });
  expect(solo.state).toBe('closed');
  runtime.metering.record({ tenant: 'acme', operation: 'o' });
  await Promise.all([runtime.stop(), env.advanceAsync(5_000)]);
  expect(delivered).toEqual([1, 2, 1]);
  expect(runtime.metering.record({ tenant: 'acme', operation: 'o' })).toBe(false);
  expect(env.pendingTimers).toBe(0);
});

test(`with onFatal: 'throw' the end of the root is an uncaught exception as well`, async () => {
  const end = untilTheRootGivesUp(await shop({ onFatal: 'throw' }));

  await expect(end).rejects.toMatchObject({ code: 'RESTARTS_EXHAUSTED', component: 'root' });
});

test('a drill is told with who wanted it and why, and needs both', async () => {
  const { env, runtime } = await shop();
  const told: HoldfastEvent[] = [];
  runtime.events.on('child.exited', (event) => told.push(event));

  await runtime.supervisor.kill('root/control/health', DRILL);
  await env.advanceAsync(60);

  expect(told).toMatchObject([
    { child: 'root/control/health', reason: 'error', error: 'Error: killed by test: drill' },
  ]);
  expect(runtime.supervisor.tree().children[3]!.children).toMatchObject([{ id: 'health', restarts: 1 }]);
  await expect(runtime.supervisor.kill('root/control/health', { by: 'test' } as never)).rejects.toThrow(
    'kill "root/control/health".reason: expected a name of 1 to 256 characters, received undefined',
  );
});

test('onFatal takes one of two words', async () => {
  await expect(createRuntime({ onFatal: 'exit' as never })).rejects.toThrow(
    `runtime.onFatal: expected 'emit' or 'throw', received "exit"`,
  );
});
