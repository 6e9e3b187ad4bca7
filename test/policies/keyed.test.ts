/** One breaker a key: isolated, bounded, and never the wrong one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRuntime } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

const failing = (): Promise<never> => Promise.reject(new Error('no'));

async function rig(maxKeys = 3) {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ env });
  const options = { maxKeys, failureRate: 0.5, minimumCalls: 1, openMs: 1_000, window: { ms: 1_000 } };
  return { env, runtime, keyed: runtime.keyedBreaker('tenants', options) };
}

describe('keys', () => {
  test('B12 what happens to one never changes another', () => {
    const keys = fc.constantFrom('a', 'b', 'c');
    const calls = fc.array(fc.record({ key: keys, fails: fc.boolean() }), { maxLength: 30 });
    return fc.assert(
      fc.asyncProperty(calls, async (sequence) => {
        const { runtime, keyed } = await rig();
        const alone = new Map(['a', 'b', 'c'].map((key) => [key, runtime.keyedBreaker(`only ${key}`, SAME).for(key)]));
        for (const { key, fails } of sequence)
          for (const breaker of [keyed.for(key), alone.get(key)!])
            await breaker.execute(() => (fails ? failing() : 1)).catch(() => {});

        for (const [key, breaker] of alone) expect(keyed.for(key).state).toBe(breaker.state);
      }),
      { numRuns: 50 },
    );
  });

  const SAME = { maxKeys: 3, failureRate: 0.5, minimumCalls: 1, openMs: 1_000, window: { ms: 1_000 } };

  test('X6 the least recently used go first, and only closed and idle ones are evicted', async () => {
    const { keyed } = await rig(2);
    await keyed.for('a').execute(() => 1);
    await keyed.for('b').execute(() => 1);
    await keyed.for('a').execute(() => 1);

    await keyed.for('c').execute(() => 1);

    expect(keyed.reading()).toEqual({ keys: 2, overflowed: 0, evicted: 1 });
    expect(keyed.for('a').counts().calls.success).toBe(2);
  });

  test('X6 open ones never make place: the overflow shares one breaker and is counted', async () => {
    const { keyed } = await rig(2);
    for (const key of ['a', 'b'])
      await keyed
        .for(key)
        .execute(failing)
        .catch(() => {});

    await keyed
      .for('c')
      .execute(failing)
      .catch(() => {});

    expect(keyed.for('a').state).toBe('open');
    await expect(keyed.for('d').execute(() => 1)).rejects.toMatchObject({ code: 'BREAKER_OPEN' }); // c opened what they share
    expect(keyed.reading()).toEqual({ keys: 2, overflowed: 2, evicted: 0 });
  });

  test('a handle that was kept finds its key anew after it made place, not its successor', async () => {
    const { keyed } = await rig(1);
    const kept = keyed.for('a');
    await kept.execute(() => 1);
    await keyed.for('b').execute(() => 1);

    await kept.execute(() => 1);

    expect(kept.counts().calls.success).toBe(1);
    expect(keyed.reading().evicted).toBe(2);
  });

  test('B5 a freed slot goes on at epoch + 1: a late result of an evicted key does not vote for its successor', async () => {
    const { keyed } = await rig(1);
    const late = keyed.for('a').admit();
    await keyed.for('b').execute(() => 1);

    late.settle('failure');

    expect(keyed.for('b').state).toBe('closed');
    expect(keyed.for('b').counts()).toMatchObject({ total: 1, failed: 0 });
  });

  test('readings show the first hundred keys that are not closed, and no more', async () => {
    const { runtime, keyed } = await rig(150);
    for (let key = 0; key < 150; key++)
      await keyed
        .for(`key ${key}`)
        .execute(failing)
        .catch(() => {});

    expect(Object.keys(runtime.readings().breakers).length).toBe(100);
  });

  test('looking at a key makes nothing, moves nothing and counts nothing', async () => {
    const { keyed } = await rig(1);
    await keyed.for('a').execute(() => 1);

    const looks = ['b', 'c'].map((key) => [
      keyed.for(key).state,
      keyed.for(key).counts().total,
      keyed.for(key).latencyMs(0.5),
    ]);

    expect(looks).toEqual([
      ['closed', 0, null],
      ['closed', 0, null],
    ]);
    expect(keyed.reading()).toEqual({ keys: 1, overflowed: 0, evicted: 0 });
  });

  test('what several keys share is not moved by hand', async () => {
    const { keyed } = await rig(1);
    await keyed
      .for('a')
      .execute(failing)
      .catch(() => {});

    expect(() => keyed.for('b').open({ by: 'ops', reason: 'test' })).toThrow(/expected a breaker of the key's own/);
  });

  test('a listener of one key hears of no other', async () => {
    const { keyed } = await rig();
    const heard: unknown[] = [];
    keyed.for('a').on('transition', ({ key }) => heard.push(key));
    for (const key of ['a', 'b'])
      await keyed
        .for(key)
        .execute(failing)
        .catch(() => {});

    expect(heard).toEqual(['a']);
  });

  test('when the memory for breakers is full, keys share; calls go on and are counted', async () => {
    const runtime = await createRuntime({ env: createVirtualEnv({ seed: 1 }), capacity: { breakers: 16 } });
    const pipeline = runtime.pipeline('p', { breaker: { keyed: true } });

    for (let tenant = 0; tenant < 40; tenant++) await pipeline.execute(() => 1, { tenant: `tenant ${tenant}` });

    expect(pipeline.reading()).toMatchObject({ calls: 40, inFlight: 0, outcomes: { success: 40 } });
  });

  test('ten thousand distinct keys stay within the bound, at O(1) each', async () => {
    const { keyed } = await rig(100);
    for (let key = 0; key < 10_000; key++) await keyed.for(`key ${key}`).execute(() => 1);

    expect(keyed.reading()).toEqual({ keys: 100, overflowed: 0, evicted: 9_900 });
  });

  test.each(['', 'x'.repeat(257), 7, undefined])('%j is no key', async (key) => {
    const { keyed } = await rig();

    expect(() => keyed.for(key as string)).toThrow(
      'keyed breaker "tenants" key: expected a name of 1 to 256 characters',
    );
  });

  test('__proto__ is a key like any other', async () => {
    const { keyed } = await rig();
    await keyed
      .for('__proto__')
      .execute(failing)
      .catch(() => {});

    expect([keyed.for('__proto__').state, keyed.for('constructor').state]).toEqual(['open', 'closed']);
  });
});

describe('in a pipeline', () => {
  test('breaker: { keyed: true } takes the tenant as key', async () => {
    const env = createVirtualEnv({ seed: 1 });
    const runtime = await createRuntime({ env });
    const pipeline = runtime.pipeline('payments', { breaker: { keyed: true, consecutiveFailures: 1 } });

    await pipeline.execute(failing, { tenant: 'acme' }).catch(() => {});

    await expect(pipeline.execute(() => 1, { tenant: 'acme' })).rejects.toMatchObject({ code: 'BREAKER_OPEN' });
    expect(await pipeline.execute(() => 1, { tenant: 'globex' })).toBe(1);
    expect(await pipeline.execute(() => 1)).toBe(1);
  });

  test('B12 a call that waits for a place is not turned away by the key that got its row meanwhile', async () => {
    const { runtime } = await rig();
    const pipeline = runtime.pipeline('p', {
      breaker: { keyed: { maxKeys: 1 } },
      bulkhead: { maxConcurrent: 1, maxQueued: 1 },
    });
    const gate = Promise.withResolvers<void>();
    const first = pipeline.execute(() => gate.promise, { tenant: 'acme' });
    const second = pipeline.execute(() => 'made', { tenant: 'acme' });

    runtime.keyedBreaker('p').for('globex').forceOpen({ by: 'ops', reason: 'test' });
    gate.resolve();
    await first;

    expect(runtime.keyedBreaker('p').reading()).toEqual({ keys: 1, overflowed: 0, evicted: 1 });
    expect(await second).toBe('made');
  });

  test('a transition says whose it is', async () => {
    const { runtime, keyed } = await rig();
    const seen: unknown[] = [];
    runtime.events.on('breaker.transitioned', ({ breaker, key }) => seen.push([breaker, key]));

    await keyed
      .for('acme')
      .execute(failing)
      .catch(() => {});

    expect(seen).toEqual([['tenants', 'acme']]);
  });

  test('keyed and autoHalfOpen contradict each other', async () => {
    const { runtime } = await rig();

    expect(() => runtime.pipeline('p', { breaker: { keyed: true, autoHalfOpen: true } })).toThrow(
      'pipeline "p".breaker: expected keyed or autoHalfOpen: a keyed breaker has no timer, received an object',
    );
  });
});

test('initializeBreakers makes all of them, or none when one has bad options', async () => {
  const { runtime } = await rig();
  const bad = { name: 'b', openMs: -1 };

  expect(() => runtime.initializeBreakers([{ name: 'a' }, bad])).toThrow('breaker "b".openMs: expected');
  expect(Object.keys(runtime.circuitHealth().breakers)).toEqual([]);
  runtime.initializeBreakers([{ name: 'a' }, { name: 'b', openMs: 1_000 }]);
  expect(Object.keys(runtime.circuitHealth().breakers)).toEqual(['a', 'b']);
});

test('resetAll closes every breaker, keyed ones included, and forgets', async () => {
  const { runtime, keyed } = await rig();
  const named = runtime.breaker('named', { consecutiveFailures: 1 });
  await named.execute(failing).catch(() => {});
  await keyed
    .for('acme')
    .execute(failing)
    .catch(() => {});

  runtime.resetAll({ by: 'ops', reason: 'all clear' });

  expect([named.state, keyed.for('acme').state]).toEqual(['closed', 'closed']);
  expect(named.counts().calls.failure).toBe(0);
});

test('autoHalfOpen lets probes in by a timer, and nobody has to call', async () => {
  const { env, runtime } = await rig();
  const breaker = runtime.breaker('idle', { consecutiveFailures: 1, openMs: 1_000, autoHalfOpen: true });
  await breaker.execute(failing).catch(() => {});

  await env.advanceAsync(999);
  expect(breaker.state).toBe('open');
  await env.advanceAsync(1);

  expect(breaker.state).toBe('halfOpen');
});
