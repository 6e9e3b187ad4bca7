/** What a breaker says of itself: counts, rates, quantiles, refusals, its last failure and how long it is as it is. */
import { describe, expect, test } from 'vitest';
import { errorKind } from '../../src/core/error-kind.ts';
import { createRuntime } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

async function start() {
  const env = createVirtualEnv({ seed: 1 });
  await env.advanceAsync(500); // the instants of a reading count from the runtime's start, not from the clock's origin
  const runtime = await createRuntime({ env });
  return { env, runtime };
}

test('a reading has the counts, rates, quantiles, refusals, the last failure and since when it is in its state', async () => {
  const { env, runtime } = await start();
  const breaker = runtime.breaker('payments', {
    failureRate: 0.5,
    slowCallMs: 100,
    minimumCalls: 4,
    window: { ms: 60_000 },
    openMs: 1_000,
  });
  const call = async (ms: number, end: () => unknown): Promise<void> => {
    const gate = Promise.withResolvers<void>();
    const answer = breaker.execute(() => gate.promise.then(end)).catch(() => {});
    await env.advanceAsync(ms);
    gate.resolve();
    await answer;
  };
  const fail = (): never => {
    throw Object.assign(new Error('password=hunter2'), { code: 'ECONNREFUSED' });
  };

  for (const ms of [10, 20, 200]) await call(ms, () => 1);
  await call(30, fail);
  await call(40, fail);
  await call(50, fail);
  await breaker.execute(() => 1).catch(() => {});

  expect(runtime.readings().breakers['payments']).toEqual({
    state: 'open',
    epoch: 2,
    score: 0,
    stateSinceMs: 350,
    failureRate: 0.5,
    slowCallRate: 1 / 6,
    total: 6,
    failed: 3,
    slow: 1,
    notPermitted: 1,
    p50Ms: 30.2075,
    p95Ms: 200.7035,
    p99Ms: 200.7035,
    p999Ms: 200.7035,
    retryAfterMs: 1_000,
    lastFailure: { atMs: 350, error: 'ECONNREFUSED' },
  });
  expect(breaker.counts()).toMatchObject({
    calls: { success: 3, failure: 3, ignored: 0 },
    lastFailure: 'ECONNREFUSED',
  });
});

test('the time in a state is in circuitHealth, and a reading of a breaker that does nothing stays the same', async () => {
  const { env, runtime } = await start();
  runtime.breaker('payments').forceOpen({ by: 'ops', reason: 'test' });
  const before = runtime.readings().breakers;

  await env.advanceAsync(1_234);

  expect(runtime.circuitHealth().breakers['payments']).toMatchObject({ state: 'forcedOpen', inStateMs: 1_234 });
  expect(runtime.breaker('payments').counts().inStateMs).toBe(1_234);
  expect(runtime.readings().breakers).toEqual(before);
});

test('a reset forgets the last failure, and a timeout is one', async () => {
  const { env, runtime } = await start();
  const pipeline = runtime.pipeline('slow', { breaker: {}, timeoutMs: 100 });
  const answer = pipeline.execute(() => new Promise(() => {})).catch(() => {});
  await env.advanceAsync(100);
  await answer;

  expect(runtime.readings().breakers['slow']?.lastFailure).toEqual({ atMs: 100, error: 'TIMEOUT' });
  runtime.breaker('slow').reset({ by: 'ops', reason: 'test' });
  expect(runtime.readings().breakers['slow']?.lastFailure).toBeNull();
});

describe('what is told of an error is its kind, and never its message', () => {
  test.each([
    [new Error('secret'), 'Error'],
    [new TypeError('secret'), 'TypeError'],
    [Object.assign(new Error('secret'), { code: 'ECONNRESET' }), 'ECONNRESET'],
    [Object.assign(new Error('secret'), { code: 'no such user: alice' }), 'Error'],
    [Object.assign(new Error('secret'), { code: 'x'.repeat(65) }), 'Error'],
    [Object.assign(new Error('secret'), { name: 'alice@example.com' }), 'an object'],
    [new DOMException('secret', 'AbortError'), 'AbortError'],
    [{ secret: 1 }, 'an object'],
    ['secret', 'a string'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('secret'), 'a symbol'],
  ])('%#', (error, kind) => {
    expect(errorKind(error)).toBe(kind);
  });

  test('also of a value that cannot be read', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();

    expect(errorKind(proxy)).toBe('a value that cannot be read');
  });
});
