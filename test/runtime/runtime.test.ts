/** The runtime as an application sees it, on a virtual clock. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  createRuntime,
  type HoldfastEvent,
  type PipelineLayer,
  type PipelineOptions,
  type Runtime,
} from '../../src/index.ts';
import { createVirtualEnv, type VirtualEnv } from '../../src/testing/index.ts';

const failing = (): Promise<never> => Promise.reject(new Error('no'));

async function start(): Promise<{ readonly env: VirtualEnv; readonly runtime: Runtime }> {
  const env = createVirtualEnv({ seed: 1 });
  return { env, runtime: await createRuntime({ name: 'orders', env, policyHash: 'hash' }) };
}

describe('names', () => {
  test('the same name is the same breaker, and a pipeline’s breaker has the pipeline’s name', async () => {
    const { runtime } = await start();
    const pipeline = runtime.pipeline('payments', { breaker: { consecutiveFailures: 1 } });

    await pipeline.execute(failing).catch(() => {});

    expect(runtime.pipeline('payments')).toBe(pipeline);
    expect(runtime.breaker('payments')).toBe(runtime.breaker('payments'));
    expect(runtime.breaker('payments').state).toBe('open');
  });

  test('other options for a known name are an error that shows what differs, and only that', async () => {
    const { runtime } = await start();
    runtime.breaker('payments', { openMs: 1_000, halfOpen: { permits: 2 } });

    expect(() => runtime.breaker('payments', { openMs: 1_000, halfOpen: { permits: 2 } })).not.toThrow();
    expect(() => runtime.breaker('payments', { openMs: 2_000, consecutiveFailures: 4 })).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTIONS',
        message:
          'breaker "payments".openMs: expected 1000 as it was created with, received 2000; ' +
          'breaker "payments".halfOpen.permits: expected 2 as it was created with, received 3; ' +
          'breaker "payments".consecutiveFailures: expected undefined as it was created with, received 4',
      }),
    );
  });

  test('another function for a known name is an error, and the same function is none', async () => {
    const { runtime } = await start();
    const classify = () => 'failure' as const;
    runtime.pipeline('payments', { classify });

    expect(() => runtime.pipeline('payments', { classify })).not.toThrow();
    expect(() => runtime.pipeline('payments', { classify: () => 'failure' })).toThrow(
      'pipeline "payments".classify: expected the function it was created with, received another',
    );
  });

  test('X6 pipelines are bounded, and one too many makes nothing', async () => {
    const runtime = await createRuntime({ env: createVirtualEnv({ seed: 1 }), capacity: { pipelines: 2 } });
    for (const name of ['a', 'b']) runtime.pipeline(name, { breaker: {} });
    const third = () => runtime.pipeline('c', { breaker: {} });

    expect(third).toThrow('capacity.pipelines: expected at most 2 pipelines, received one more');
    expect(third).toThrow(expect.objectContaining({ code: 'CAPACITY_EXHAUSTED', component: 'capacity.pipelines' }));
    expect(Object.keys(runtime.readings().breakers)).toEqual(['a', 'b']);
    expect(() => runtime.pipeline('a')).not.toThrow();
  });

  test.each(['', 'x'.repeat(257), 5, null, Symbol('payments'), 1n])('%o is no name', async (name) => {
    const { runtime } = await start();

    expect(() => runtime.breaker(name as string)).toThrow('breaker name: expected a name of 1 to 256 characters');
    expect(() => runtime.keyedBreaker(name as string)).toThrow('breaker name: expected a name of 1 to 256 characters');
    expect(() => runtime.pipeline(name as string)).toThrow('pipeline name: expected a name of 1 to 256 characters');
  });

  test('__proto__ and constructor are names like any other', async () => {
    const { runtime } = await start();
    for (const name of ['__proto__', 'constructor', 'toString']) runtime.pipeline(name, { breaker: {} });

    expect(Object.keys(runtime.readings().breakers)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(({} as { state?: unknown }).state).toBeUndefined();
  });

  test('defect 5: one options object given to two breakers does not make them share state', async () => {
    const { runtime } = await start();
    const options = { consecutiveFailures: 1 };

    await runtime
      .breaker('a', options)
      .execute(failing)
      .catch(() => {});

    expect(runtime.breaker('b', options).state).toBe('closed');
  });
});

describe('events', () => {
  test('a trip is told after the state is written, with the rule, before the call settles', async () => {
    const { runtime } = await start();
    const breaker = runtime.breaker('payments', { consecutiveFailures: 1 });
    const seen: string[] = [];
    runtime.events.on('breaker.transitioned', (event) => seen.push(`${event.rule} ${event.epoch} ${breaker.state}`));

    await breaker.execute(failing).catch(() => seen.push('settled'));

    expect(seen).toEqual(['consecutiveFailures 2 open', 'settled']);
  });

  test('a transition by hand carries who and why', async () => {
    const { runtime } = await start();
    const heard: HoldfastEvent[] = [];
    runtime.events.on('breaker.transitioned', (event) => heard.push(event));

    runtime.breaker('payments').forceOpen({ by: 'ops', reason: 'migration' });
    runtime.breaker('payments').forceOpen({ by: 'ops', reason: 'again' });

    expect(heard).toMatchObject([
      { v: 1, from: 'closed', to: 'forcedOpen', rule: 'manual', by: 'ops', reason: 'migration', policyHash: 'hash' },
    ]);
  });

  test('by hand without a reason is an error, and the state stays', async () => {
    const { runtime } = await start();

    expect(() => runtime.breaker('payments').open({ by: 'ops' } as never)).toThrow(
      'breaker "payments" open.reason: expected a name of 1 to 256 characters, received undefined',
    );
    expect(runtime.breaker('payments').state).toBe('closed');
  });

  test.each([
    ['probe', 'closed', 'halfOpen'],
    ['open', 'metricsOnly', 'open'],
  ] as const)('B6 illegal: %s from %s throws ILLEGAL_TRANSITION, and the state stays', async (action, from, to) => {
    const { runtime } = await start();
    const breaker = runtime.breaker('payments');
    const manual = { by: 'ops', reason: 'test' };
    if (from === 'metricsOnly') breaker.observe(manual);

    expect(() => breaker[action](manual)).toThrow(`expected a way from ${from} to ${to}`);
    expect(breaker.state).toBe(from);
  });

  test('a listener that resets the breaker from inside leaves all in order', async () => {
    const { runtime } = await start();
    const breaker = runtime.breaker('payments', { consecutiveFailures: 1 });
    const order: string[] = [];
    breaker.on('transition', ({ from, to }) => {
      order.push(`${from} → ${to}`);
      if (to === 'open') breaker.close({ by: 'listener', reason: 're-entry' });
    });
    runtime.events.on('breaker.transitioned', ({ from, to }) => order.push(`also ${from} → ${to}`));

    await breaker.execute(failing).catch(() => {});

    expect(order).toEqual(['closed → open', 'also closed → open', 'open → closed', 'also open → closed']);
    expect(breaker.state).toBe('closed');
  });
});

test('resetAll wants who and why, also when there is nothing but keyed breakers', async () => {
  const { runtime } = await start();
  const acme = runtime.keyedBreaker('tenants', { consecutiveFailures: 1 }).for('acme');
  await acme.execute(failing).catch(() => {});

  expect(() => runtime.resetAll({ by: 'ops' } as never)).toThrow(
    'resetAll.reason: expected a name of 1 to 256 characters, received undefined',
  );
  expect(acme.state).toBe('open');
});

describe('callbacks of the application', () => {
  test.each([
    [
      'throws',
      () => {
        throw new Error('bad');
      },
    ],
    ['returns rubbish', () => 'maybe'],
    ['is async', async () => 'failure'],
  ])(
    'defect 6: a throwing classifier counts as failure: one that %s, once, and the caller gets its own error',
    async (_, classify) => {
      const { runtime } = await start();
      const error = new Error('own');
      const pipeline = runtime.pipeline('payments', {
        breaker: { consecutiveFailures: 1 },
        classify: classify as never,
      });

      await expect(pipeline.execute(() => Promise.reject(error))).rejects.toBe(error);

      expect(runtime.breaker('payments').state).toBe('open');
      expect(runtime.readings().runtime['self']!.callbackFailures).toBe(1);
    },
  );

  test('defect 6: a listener that throws does not touch the call', async () => {
    const { runtime } = await start();
    const breaker = runtime.breaker('payments', { consecutiveFailures: 1 });
    breaker.on('transition', () => {
      throw new Error('listener');
    });
    const error = new Error('own');

    await expect(breaker.execute(() => Promise.reject(error))).rejects.toBe(error);
    expect(runtime.readings().runtime['self']!.callbackFailures).toBe(1);
  });
});

describe('the actor that follows a breaker', () => {
  test('expires a hung probe although nobody calls', async () => {
    const { env, runtime } = await start();
    const breaker = runtime.breaker('payments', { consecutiveFailures: 1, openMs: 1_000, halfOpen: { permits: 1 } });
    await breaker.execute(failing).catch(() => {});
    await env.advanceAsync(1_000);
    void breaker.execute(() => new Promise(() => {}));
    expect(breaker.state).toBe('halfOpen');

    await env.advanceAsync(1_000);

    expect(breaker.state).toBe('open');
  });

  test('has its timers again after a crash', async () => {
    const env = createVirtualEnv({ seed: 1 });
    let isBroken = false;
    const now = (): number => {
      if (!isBroken) return env.now();
      isBroken = false;
      throw new Error('the clock is broken, once');
    };
    const runtime = await createRuntime({ env: { ...env, now } });
    const breaker = runtime.breaker('idle', { consecutiveFailures: 1, openMs: 500, autoHalfOpen: true });
    await breaker.execute(failing).catch(() => {});

    await env.advanceAsync(499);
    isBroken = true;
    await env.advanceAsync(1);
    await env.advanceAsync(100);

    expect(runtime.readings().children['root/core/idle']).toMatchObject({ incarnation: 2, restarts: 1 });
    expect(breaker.state).toBe('halfOpen');
  });

  test('stands in the tree under core, one for each named breaker', async () => {
    const { runtime } = await start();
    runtime.breaker('payments');

    expect(runtime.readings().children['root/core/payments']).toMatchObject({ state: 'running', incarnation: 1 });
  });
});

describe('health', () => {
  test('falls when breakers open and comes back when they close', async () => {
    const { env, runtime } = await start();
    const options = { consecutiveFailures: 1, openMs: 3_000, halfOpen: { permits: 1 } };
    runtime.breaker('steady', options);
    const breaker = runtime.breaker('flaky', options);
    const changes: string[] = [];
    runtime.events.on('health.changed', ({ to }) => changes.push(to));
    await env.advanceAsync(1_000);

    await breaker.execute(failing).catch(() => {});
    await env.advanceAsync(1_000);
    expect(runtime.health.report()).toMatchObject({ status: 'degraded', score: 0.5, counted: 2 });
    await env.advanceAsync(2_000);
    await breaker.execute(() => 'ok');
    await env.advanceAsync(1_000);

    expect(runtime.health.report()).toMatchObject({ status: 'healthy', score: 1, min: 0.5 });
    expect(changes).toEqual(['healthy', 'degraded', 'healthy']);
  });
});

describe('where ticks run', () => {
  test('in the thread below 8,192 slots, and from there on a worker is started for them', async () => {
    const { env, runtime } = await start();
    const tenants = runtime.keyedBreaker('tenants'); // one slot beside those of its keys: what the overflow shares
    for (let i = 0; i < 8_190; i++) await tenants.for(`tenant ${i}`).execute(() => i);
    await env.advanceAsync(2_000);
    expect(runtime.readings().engine['self']).toMatchObject({ threads: 0, ticks: 2, workerTicks: 0 });

    await tenants.for('one more').execute(() => 0);
    await env.advanceAsync(2_000);

    expect(runtime.readings().engine['self']).toMatchObject({ threads: 1, ticks: 4, workerTicks: 1 });
    expect(runtime.health.report().counted).toBe(8_192);
  });
});

test('a check of the application counts in health, and no longer when it is ended', async () => {
  const { env, runtime } = await start();
  runtime.breaker('steady');
  const end = runtime.health.register('disk', () => 'unhealthy', { critical: true });
  await env.advanceAsync(2_000);
  expect(runtime.health.report()).toMatchObject({ status: 'critical', score: 0.49 });

  end();
  await env.advanceAsync(1_000);

  expect(runtime.health.report()).toMatchObject({ status: 'healthy', score: 1 });
});

test('a bulkhead of a pipeline takes no name from a breaker', async () => {
  const { runtime } = await start();
  runtime.breaker('bulkhead payments');

  const make = (): unknown =>
    runtime.pipeline('payments', { breaker: {}, bulkhead: { maxConcurrent: 1, abandonAfterMs: 5 } });

  expect(make).not.toThrow();
});

describe('readings', () => {
  test('what they hand out of the past cannot be changed by who looks at it', async () => {
    const { env, runtime } = await start();
    runtime.breaker('payments').forceOpen({ by: 'ops', reason: 'test' });
    await env.advanceAsync(1_000);

    const { transitions, timeline, samples } = runtime.readings();
    const handedOut = [transitions['1']!, timeline['1']!, samples['1']!, samples['1']!.outcomes];

    expect(handedOut.map((each) => Object.isFrozen(each))).toEqual([true, true, true, true]);
  });

  test('the timeline has what was noticed and done in one order; of a keyed breaker, nothing', async () => {
    const { runtime } = await start();
    const { degradation } = runtime;
    degradation.feature('reviews', { until: 'reduced' });
    runtime.keyedBreaker('tenants').for('acme').forceOpen({ by: 'ops', reason: 'a test' });
    runtime.breaker('payments').forceOpen({ by: 'ops', reason: 'a test' });
    degradation.override('reduced', { by: 'ada', reason: 'the launch', forMs: 60_000 });

    const { timeline } = runtime.readings();

    const about = { atMs: 0, because: 'ada: the launch' };
    expect(timeline).toEqual({
      1: { atMs: 0, kind: 'breaker', subject: 'payments', was: 'closed', became: 'forcedOpen', because: 'ops: a test' },
      2: { ...about, kind: 'level', subject: 'self', was: null, became: 'held at reduced' },
      3: { ...about, kind: 'level', subject: 'self', was: 'full', became: 'reduced' },
      4: { ...about, kind: 'feature', subject: 'reviews', was: 'on', became: 'off', because: 'the level is reduced' },
    });
  });

  test('transitions and events are counted from one beginning, however long the start takes', async () => {
    let nowMs = 0;
    let stepMs = 1_000;
    const env = { ...createVirtualEnv({ seed: 1 }), now: () => (nowMs += stepMs) };
    const runtime = await createRuntime({ name: 'orders', env });
    stepMs = 0;
    runtime.health.signal('pain', 0.5);
    runtime.breaker('payments').forceOpen({ by: 'ops', reason: 'a test' });

    const { timeline, transitions, breakers } = runtime.readings();

    const { atMs } = timeline['1']!;
    expect(timeline['2']!.atMs).toBe(atMs);
    expect(transitions['1']!.atMs).toBe(atMs);
    expect(breakers['payments']!.stateSinceMs).toBe(atMs);
  });

  test('are JSON-safe, and hold what happened', async () => {
    const { env, runtime } = await start();
    const pipeline = runtime.pipeline('payments', { breaker: { consecutiveFailures: 1 }, timeoutMs: 100 });
    await pipeline.execute(failing).catch(() => {});
    await env.advanceAsync(1_000);

    const readings = runtime.readings();

    expect(JSON.parse(JSON.stringify(readings))).toEqual(JSON.parse(JSON.stringify({ ...readings })));
    expect(readings.breakers['payments']).toMatchObject({ state: 'open', epoch: 2, score: 0, retryAfterMs: 4_000 });
    expect(readings.pipelines['payments']).toMatchObject({ calls: 1, inFlight: 0, outcomes: { failure: 1 } });
    expect(Object.values(readings.transitions)).toMatchObject([{ breaker: 'payments', from: 'closed', to: 'open' }]);
    expect(Object.values(readings.samples)).toMatchObject([{ atMs: 1_000, score: 0, outcomes: { failure: 1 } }]);
  });
});

test.each(['the options', 'an array'])(
  'what the policies of a pipeline did is in its reading, with %s',
  async (form) => {
    const { env, runtime } = await start();
    const options: PipelineOptions<unknown> = {
      retry: { maxAttempts: 9, backoff: 'constant', initialMs: 10, budget: { ratio: 0.1, burst: 2 } },
      rateLimit: { limit: 9, keyed: true, maxKeys: 1 },
      bulkhead: { maxConcurrent: 1, maxQueued: 9, abandonAfterMs: 10, pool: { create: () => ({}), overflow: 1 } },
      timeoutMs: 100,
    };
    const inOrder = Object.entries(options).map(([policy, each]) => ({ [policy]: each }) as PipelineLayer<unknown>);
    const pipeline = runtime.pipeline('payments', form === 'an array' ? inOrder : options);
    const policies = (): unknown => runtime.readings().pipelines['payments']!.policies;
    const NOTHING = { retries: 0, overBudget: 0, waiting: 0, zombies: 0, lent: 0, tenants: 0, sharing: 0 };
    expect(policies()).toEqual(NOTHING);

    const call = pipeline.execute(failing, { tenant: 'acme' }).catch(() => {});
    await env.advanceAsync(1_000);
    await call;
    expect(policies()).toEqual({ ...NOTHING, retries: 2, overBudget: 1, tenants: 1 });

    const hanging = (): Promise<never> => new Promise(() => {});
    for (const tenant of ['acme', 'globex']) void pipeline.execute(hanging, { tenant }).catch(() => {});
    await env.advanceAsync(50);
    expect(policies()).toMatchObject({ waiting: 1, zombies: 0, lent: 1, tenants: 1, sharing: 1 });
    await env.advanceAsync(70);
    expect(policies()).toMatchObject({ waiting: 0, zombies: 1, lent: 1 });
    expect(pipeline.reading().policies).toEqual(policies());
  },
);

describe('the parts', () => {
  test('show an application what it may use, and not what begins or ends them', async () => {
    const { runtime } = await start();

    expect(Object.keys(runtime.health)).toEqual([
      'report',
      'components',
      'history',
      'on',
      'register',
      'registerBreaker',
      'signal',
      'hasCheck',
      'probe',
    ]);
    expect(Object.keys(runtime.metering)).toEqual(['record', 'bind', 'hooks', 'metered', 'flush', 'totals', 'usage']);
    expect([runtime.events, runtime.health, runtime.metering].map((part) => Object.isFrozen(part))).not.toContain(
      false,
    );
    expect([runtime.health, runtime.metering].map((part) => Object.getPrototypeOf(part))).toEqual([
      Object.prototype,
      Object.prototype,
    ]);
  });
});

describe('supervise', () => {
  test('takes an object of a class, with whatever fields of its own', async () => {
    const { runtime } = await start();
    class Poller {
      readonly id = 'poller';
      readonly url = 'http://127.0.0.1';
      isRunning = false;
      start(): void {
        this.isRunning = true;
      }
      stop(): void {
        this.isRunning = false;
      }
    }
    const poller = new Poller();

    await runtime.supervise(poller).ready;
    expect(poller.isRunning).toBe(true);
    await runtime.stop();

    expect(poller.isRunning).toBe(false);
  });

  test.each([
    [null, 'supervise: expected an object with id, start, stop, received null'],
    [{ id: 'a', start: () => {} }, 'supervise.stop: expected a function (resource) => void, received undefined'],
  ])('%j is no part', async (part, message) => {
    const { runtime } = await start();

    expect(() => runtime.supervise(part as never)).toThrow(message);
  });
});

test.each(['breaker', 'keyedBreaker', 'pipeline'] as const)('null is no options object of a %s', async (kind) => {
  const { runtime } = await start();

  expect(() => runtime[kind]('a', null as never)).toThrow('"a": expected an object of options, received null');
});

describe('the policy hash', () => {
  afterEach(() => vi.unstubAllEnvs());

  test.each([
    [{ policyHash: 'own' }, 'variable', 'own'],
    [{}, 'variable', 'variable'],
    [{}, '', 'cdd01ef066bc6cf2'],
    [{}, undefined, 'cdd01ef066bc6cf2'],
  ])('%j with the variable at %j is %s, on report and reading', async (options, variable, expected) => {
    vi.stubEnv('CONSTITUTIONAL_HASH', variable);

    const runtime = await createRuntime({ ...options, env: createVirtualEnv({ seed: 1 }) });

    expect(runtime.policyHash).toBe(expected);
    expect(runtime.health.report().policyHash).toBe(expected);
    expect(runtime.readings().runtime['self']!.policyHash).toBe(expected);
  });

  test('a variable that is too long is told', async () => {
    vi.stubEnv('CONSTITUTIONAL_HASH', 'x'.repeat(257));

    await expect(createRuntime({ env: createVirtualEnv({ seed: 1 }) })).rejects.toThrow(
      'CONSTITUTIONAL_HASH: expected a name of 1 to 256 characters',
    );
  });
});

describe('stop', () => {
  test('X4 is idempotent, leaves no timer, and takes no more work', async () => {
    const { env, runtime } = await start();
    const pipeline = runtime.pipeline('payments', { breaker: {}, timeoutMs: 100 });
    await pipeline.execute(() => 1);
    runtime.metering.record({ tenant: 'acme', operation: 'o' });

    const stopped = Promise.all([runtime.stop(), runtime.stop()]);
    await env.advanceAsync(0);
    await stopped;

    expect(env.pendingTimers).toBe(0);
    await expect(pipeline.execute(() => 1)).rejects.toMatchObject({ code: 'STOPPED' });
    expect(() => runtime.breaker('other')).toThrow('expected a runtime that runs');
    expect(runtime.readings().metering['total']).toMatchObject({ recorded: 1, flushed: 1, pending: 0 });
  });

  test.each([
    ['that was never used', () => {}],
    ['that was used', (runtime: Runtime) => void runtime.metering.record({ tenant: 'acme', operation: 'o' })],
  ])('a meter %s drops after the stop, and never throws', async (_, use) => {
    const { env, runtime } = await start();
    use(runtime);
    await Promise.all([runtime.stop(), env.advanceAsync(0)]);
    const { flushed } = runtime.readings().metering['total']!;

    const isRecorded = runtime.metering.record({ tenant: 'acme', operation: 'o' });
    const isBoundRecorded = runtime.metering.bind({ tenant: 'acme', operation: 'o' }).record({ tokens: 1 });
    await runtime.metering.flush();

    expect([isRecorded, isBoundRecorded]).toEqual([false, false]);
    expect(runtime.readings().metering['total']).toMatchObject({ flushed, pending: 0, dropped: 2 });
    expect(env.pendingTimers).toBe(0);
  });

  test('is bounded by the budgets, even when a part never stops', async () => {
    const { env, runtime } = await start();
    await runtime.supervise({ id: 'stuck', start: () => {}, stop: () => new Promise(() => {}) }).ready;
    const stopped = runtime.stop();

    await env.advanceAsync(10_000);

    await expect(stopped).resolves.toBeUndefined();
  });
});
