/** What an application hangs into the tree may be as broken as it likes. */
import { expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import { createRuntime } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

const MINUTE_MS = 60_000;

test('two parts that never start cost the runtime nothing, however long they are tried', async () => {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ env });
  let tries = 0;
  const broken = (id: string): void => {
    const start = (): never => {
      tries++;
      throw new Error('no');
    };
    runtime.supervise({ id, start, stop: () => {} }).ready.catch(() => {});
  };
  broken('one');
  broken('other');

  await env.advanceAsync(5 * MINUTE_MS);
  const { engine, runtime: self } = runtime.readings();
  runtime.metering.record({ tenant: 'acme', operation: 'o' });
  await env.advanceAsync(1_000);

  expect(self['self']).toMatchObject({ degraded: false });
  expect(engine['self']).toMatchObject({ ticks: 300 });
  expect(runtime.readings().metering['total']).toMatchObject({ recorded: 1, flushed: 1, dropped: 0 });
  expect(runtime.breaker('payments').state).toBe('closed');
  expect(runtime.readings().children).toMatchObject({
    'root/surfaces': { state: 'running', incarnation: 1 },
    'root/surfaces/one': { state: 'backoff' },
  });
  expect(tries).toBeGreaterThan(2 * 60); // each is still tried every 5 s
  await Promise.all([runtime.stop(), env.advanceAsync(0)]);
  expect(env.pendingTimers).toBe(0);
});

const counter = setup({
  types: {} as {
    context: { count: number };
    input: { from: number };
    events: { type: 'COUNT' | 'CRASH' | 'supervisor.shutdown' };
  },
}).createMachine({
  id: 'counter',
  initial: 'counting',
  context: ({ input }) => ({ count: input.from }),
  on: { 'supervisor.shutdown': '.stopped' },
  states: {
    counting: {
      on: {
        COUNT: { actions: assign({ count: ({ context }) => context.count + 1 }) },
        CRASH: {
          actions: () => {
            throw new Error('crash');
          },
        },
      },
    },
    stopped: { type: 'final' },
  },
});

test('an XState actor is hung in as anything else: it is sent to whichever life it has, and restored if it says so', async () => {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ env });
  const counts: unknown[] = [];
  const actor = runtime.supervise({ id: 'counter', logic: counter, input: { from: 40 }, lastGood: { times: 1 } });
  await actor.ready;
  runtime.inspect((event) => {
    if (event.type === '@xstate.snapshot' && 'context' in event.snapshot)
      counts.push((event.snapshot.context as { count?: number }).count ?? 'none');
  });

  actor.send({ type: 'COUNT' });
  actor.send({ type: 'CRASH' });
  actor.send({ type: 'COUNT' }); // dropped: it waits for its next life
  await env.advanceAsync(100);
  actor.send({ type: 'COUNT' });

  expect(runtime.readings().children['root/surfaces/counter']).toMatchObject({ state: 'running', incarnation: 2 });
  expect(counts.findLast((count) => count !== 'none')).toBe(42);
  await actor.terminate();
  expect(runtime.readings().children['root/surfaces/counter']).toBeUndefined();
  await Promise.all([runtime.stop(), env.advanceAsync(0)]);
});

test.each([
  [{ id: '', logic: counter }, 'supervise.id'],
  [{ id: 'a', logic: 'none' }, 'child "a": expected actor logic'],
  [{ id: 'a', logic: counter, restart: 'often' }, 'child "a".restart: expected permanent, transient, temporary'],
  [{ id: 'a', logic: counter, lastGood: { times: 0 } }, 'child "a".lastGood.times: expected an integer of at least 1'],
  [{ id: 'a', start() {}, stop() {}, shutdownMs: -1 }, 'child "a".shutdownMs: expected a number of at least 0'],
])('the part %o is refused', async (part, message) => {
  await using runtime = await createRuntime({ env: createVirtualEnv({ seed: 1 }) });

  expect(() => runtime.supervise(part as never)).toThrow(message);
});

test('a temporary part that fails is gone, and its id is free', async () => {
  await using runtime = await createRuntime({ env: createVirtualEnv({ seed: 1 }) });
  let fail: (cause: unknown) => void = () => {};
  const part = {
    id: 'once',
    restart: 'temporary',
    start: (given: typeof fail) => void (fail = given),
    stop() {},
  } as const;
  await runtime.supervise(part).ready;

  fail(new Error('gone'));
  await Promise.resolve();

  expect(runtime.readings().children['root/surfaces/once']).toBeUndefined();
  await runtime.supervise(part).ready;
});
