/** A store whose thread does not start, or does not answer: whoever waits for it does so for a bounded time. */
import { expect, onTestFinished, test } from 'vitest';
import type { Env, Thread } from '../../../src/core/env.ts';
import { LAST_WRITE_MS } from '../../../src/durable/stores/store.ts';
import { createRuntime, type HoldfastEvent, type Runtime } from '../../../src/index.ts';
import { type FileEnv, fileEnv, freshPath } from './store-rig.ts';

type OpenThread = Env['thread'];

/** in  how   made of how a thread is really opened */
function withThreads(how: (real: OpenThread) => OpenThread): FileEnv {
  const env = fileEnv();
  const real = env.thread;
  env.thread = how(real);
  return env;
}

/** Threads that open the file, and then say nothing more until they are killed. `killed` has those. */
function silent(killed: Set<Thread>): (real: OpenThread) => OpenThread {
  return (real) => async (options) => {
    const thread = await real(options);
    const end = Promise.withResolvers<never>();
    end.promise.catch(() => {});
    return {
      ask: (request) => ((request as { kind: string }).kind === 'open' ? thread.ask(request) : end.promise),
      kill: async () => {
        killed.add(thread);
        end.reject(new Error('the thread was killed'));
        await thread.kill();
      },
    };
  };
}

function hear(runtime: Runtime): HoldfastEvent[] {
  const told: HoldfastEvent[] = [];
  runtime.events.on('*', (event) => void told.push(event));
  return told;
}

test('S9: a thread that does not answer has a last while when the runtime stops, and is ended within its part’s budget', async () => {
  const killed = new Set<Thread>();
  const env = withThreads(silent(killed));
  const runtime = await env.settle(createRuntime({ name: 'test', env, store: { path: freshPath() } }));
  const told = hear(runtime);
  runtime.breaker('pay').open({ by: 'test', reason: 'a row to write' });

  const stopped = runtime.stop();
  await env.advanceAsync(LAST_WRITE_MS - 1);
  expect(killed.size).toBe(0);
  await env.advanceAsync(1);
  await env.settle(stopped);

  expect(killed.size).toBe(1);
  const ends = told.filter((event) => event.type === 'child.exited' && event.child === 'root/store/writer');
  expect(ends).toMatchObject([{ reason: 'shutdown' }]);
  expect(ends).not.toMatchObject([{ error: expect.anything() as unknown }]); // it was not cut off
  expect(told).toContainEqual(expect.objectContaining({ type: 'store.degraded' }));
});

test('a runtime whose store’s thread does not start is there after 30 s, degraded, and takes the file up when it can', async () => {
  let isDown = true;
  const env = withThreads((real) => (options) => (isDown ? new Promise(() => {}) : real(options)));
  const starting = createRuntime({ name: 'test', env, store: { path: freshPath() } });
  await env.advanceAsync(30_000);
  const runtime = await env.settle(starting);
  onTestFinished(() => env.settle(runtime.stop()));

  expect(runtime.readings().store['self']).toMatchObject({
    state: 'degraded',
    lastError: 'Error: expected a thread within 30000 ms, received none',
  });
  isDown = false;
  const recovered = new Promise((resolve) => void runtime.events.on('store.recovered', resolve));
  await env.advanceAsync(60_000); // the second life waits as long
  await env.settle(recovered);

  expect(runtime.readings().children['root/store/writer']).toMatchObject({ state: 'running' });
});

test('a thread that starts when nobody waits for it any more is ended', async () => {
  const killed = new Set<Thread>();
  const late = Promise.withResolvers<void>();
  const env = withThreads((real) => async (options) => {
    await late.promise;
    return silent(killed)(real)(options);
  });
  const starting = createRuntime({ name: 'test', env, store: { path: freshPath() } });
  await env.advanceAsync(30_000);
  const runtime = await env.settle(starting);
  const stopped = runtime.stop();
  await env.advanceAsync(0);

  late.resolve();
  await env.settle(stopped);
  await env.advanceAsync(0);

  expect(killed.size).toBe(1);
});
