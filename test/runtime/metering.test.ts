/** Metering as an application sees it: what it may call, what it is told, and what it costs when it is off. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  createRuntime,
  type HoldfastEvent,
  type Runtime,
  type RuntimeOptions,
  type UsageBatch,
} from '../../src/index.ts';
import { createVirtualEnv, type VirtualEnv } from '../../src/testing/index.ts';

afterEach(() => void vi.unstubAllEnvs());

async function start(
  options: RuntimeOptions = {},
): Promise<{ readonly env: VirtualEnv; readonly runtime: Runtime; readonly events: HoldfastEvent[] }> {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ name: 'shop', env, policyHash: 'hash', ...options });
  const events: HoldfastEvent[] = [];
  runtime.events.on('callback.failed', (event) => void events.push(event));
  return { env, runtime, events };
}

/** Metering's flush asks the virtual pool, which answers when time moves. */
async function flush({ env, runtime }: { readonly env: VirtualEnv; readonly runtime: Runtime }): Promise<void> {
  const flushed = runtime.metering.flush();
  await env.advanceAsync(0);
  await flushed;
}

describe('hooks', () => {
  test.each([
    ['onConstitutionalValidation', 'constitutionalValidation', 'standard'],
    ['onAgentMessage', 'agentMessage', 'standard'],
    ['onPolicyEvaluation', 'policyEvaluation', 'enhanced'],
    ['onDeliberationRequest', 'deliberationRequest', 'deliberation'],
    ['onHitlApproval', 'hitlApproval', 'deliberation'],
  ] as const)('%s charges for %s of tier %s', async (hook, operation, tier) => {
    const rig = await start();
    const { hooks } = rig.runtime.metering;

    expect(hooks[hook]({ tenant: 'acme', agent: 'scout', tokens: 7, latencyMs: 3, passed: true })).toBe(true);
    expect(hooks[hook]({ tenant: 'acme', agent: 'scout', passed: false })).toBe(true);
    expect(hooks[hook]({ tenant: 'acme', agent: 'scout', passed: false, score: 0.5 })).toBe(true);
    await flush(rig);

    const rows = await rig.runtime.metering.usage({ groupBy: ['tenant', 'operation', 'tier', 'agent'] });
    expect(rows).toMatchObject([
      {
        tenant: 'acme',
        operation,
        tier,
        agent: 'scout',
        count: 3,
        tokens: 7,
        latencyCount: 1,
        scoreCount: 3,
        scoreMean: 0.5,
      },
    ]);
  });

  test('say no, count and throw nothing, whatever they are given', async () => {
    const { runtime } = await start();
    const { onAgentMessage } = runtime.metering.hooks;
    const trap = Object.defineProperty({}, 'tenant', { get: () => expect.fail('a getter') });

    expect(onAgentMessage(null as never)).toBe(false);
    expect(onAgentMessage(trap as never)).toBe(false);
    expect(onAgentMessage({ tenant: 'acme', tokens: -1 })).toBe(false);
    expect(onAgentMessage({ tenant: 'acme', policyHash: 'other' })).toBe(false);

    expect(runtime.metering.totals()).toMatchObject({ recorded: 0, refused: 3, mismatched: 1 });
  });
});

describe('metered', () => {
  test('keeps arguments, this, value and errors, and charges for each call as its arguments say', async () => {
    const rig = await start();
    const { env, runtime } = rig;
    const service = {
      base: 10,
      add: runtime.metering.metered(
        function (this: { readonly base: number }, tenant: string, _agent: string, much: number): number {
          env.advance(much);
          if (much > 100) throw new RangeError(`${tenant} is too much`);
          return this.base + much;
        },
        { operation: 'add', tier: 'enhanced', tenant: (tenant) => tenant, agent: (_, agent) => agent },
      ),
    };

    expect(service.add('acme', 'scout', 5)).toBe(15);
    expect(() => service.add('zeta', 'guide', 200)).toThrow(new RangeError('zeta is too much'));
    await flush(rig);

    expect(await runtime.metering.usage({ groupBy: ['tenant', 'operation', 'tier', 'agent'] })).toMatchObject([
      { tenant: 'acme', operation: 'add', tier: 'enhanced', agent: 'scout', count: 1, latencyMaxMs: 5 },
      { tenant: 'zeta', operation: 'add', tier: 'enhanced', agent: 'guide', count: 1, latencyMaxMs: 200 },
    ]);
  });

  test('charges for a promise when it settles, and hands on how it did', async () => {
    const rig = await start();
    const { env, runtime } = rig;
    const wait = runtime.metering.metered(
      (ms: number) =>
        new Promise<number>((resolve, reject) =>
          env.setTimer(() => (ms > 100 ? reject(new Error('too long')) : resolve(ms)), ms, true),
        ),
      { operation: 'wait', tenant: 'acme' },
    );

    const [short, long] = [wait(50), wait(150)];
    expect(runtime.metering.totals().recorded).toBe(0);
    const settled = Promise.allSettled([short, long]);
    await env.advanceAsync(150);

    expect(await settled).toMatchObject([{ value: 50 }, { reason: new Error('too long') }]);
    await flush(rig);
    expect(await runtime.metering.usage()).toMatchObject([{ count: 2, latencyMinMs: 50, latencyMaxMs: 150 }]);
  });

  test('whose tenant cannot be told is charged to __other, and the function is called all the same', async () => {
    const rig = await start();
    const { runtime, events } = rig;
    const thrower = (): string => {
      throw new Error('no tenant');
    };
    const ways = [thrower, () => 7, () => Promise.reject(new Error('async')), () => '', () => 'x'.repeat(1_000_000)];
    for (const tenant of ways) {
      const metered = runtime.metering.metered(() => 'answer', { operation: 'o', tenant: tenant as () => string });
      expect(metered()).toBe('answer');
    }
    await flush(rig);

    expect(await runtime.metering.usage()).toMatchObject([{ tenant: '__other', count: 5 }]);
    expect(runtime.metering.totals().overflow).toBe(5);
    expect(events).toMatchObject([{ callback: 'metering.metered "o" tenant', error: 'Error: no tenant' }]);
  });

  test.each([
    [{ tenant: 'acme' }, 'metering.metered.operation: expected a name of 1 to 256 characters, received undefined'],
    [{ operation: 'o' }, 'metering.metered.tenant: expected a name of 1 to 256 characters, or a function'],
    [{ operation: 'o', tenant: 'a', tiers: 'x' }, 'did you mean "tier"?'],
    [{ operation: 'o', tenant: 'a', policyHash: 'other' }, 'expected policyHash "hash", received "other"'],
  ])('refuses %j', async (by, message) => {
    const { runtime } = await start();

    expect(() => runtime.metering.metered(() => 1, by as never)).toThrow(message);
    expect(() => runtime.metering.metered(7 as never, by as never)).toThrow('metering.metered: expected a function');
  });
});

describe('a pipeline with meter', () => {
  test('charges for every call: tenant, its own name, how long it took, and how it ended as the score', async () => {
    const rig = await start();
    const { env, runtime } = rig;
    await env.advanceAsync(1_000);
    const pipeline = runtime.pipeline('quotes', {
      meter: true,
      timeoutMs: 100,
      classify: (error) => (error instanceof TypeError ? 'ignored' : 'failure'),
    });
    const after = (ms: number) => () => new Promise<void>((resolve) => void env.setTimer(resolve, ms, true));
    const calls = [
      pipeline.execute(after(40), { tenant: 'acme' }),
      pipeline.execute(after(500), { tenant: 'acme' }),
      pipeline.execute(() => Promise.reject(new Error('no')), { tenant: 'acme' }),
      pipeline.execute(() => Promise.reject(new TypeError('404')), { tenant: 'acme' }),
      pipeline.execute(after(1), { tenant: 'acme', signal: AbortSignal.abort() }),
      pipeline.execute(after(10)),
    ];
    const settled = Promise.allSettled(calls);
    await env.advanceAsync(600);
    await settled;
    await flush(rig);

    expect(await runtime.metering.usage({ groupBy: ['tenant', 'operation', 'tier'] })).toMatchObject([
      {
        tenant: 'acme',
        operation: 'quotes',
        tier: 'standard',
        count: 5,
        latencyCount: 5,
        latencyMaxMs: 100,
        latencySumMs: 140,
        scoreCount: 3,
        scoreMean: 1 / 3,
      },
      { tenant: 'none', operation: 'quotes', count: 1, latencyMaxMs: 10, scoreMean: 1 },
    ]);
  });

  test('charges once for a call of several attempts, and for what was turned away or replaced', async () => {
    const rig = await start();
    const { runtime, env } = rig;
    const retried = runtime.pipeline('retried', {
      meter: true,
      retry: { maxAttempts: 3, initialMs: 10, backoff: 'constant' },
    });
    const limited = runtime.pipeline('limited', { meter: true, rateLimit: { limit: 1 }, fallback: () => 'instead' });
    const failing = retried.execute(() => Promise.reject(new Error('no')));
    await Promise.all([
      Promise.allSettled([failing, limited.execute(() => 1), limited.execute(() => 2)]),
      env.advanceAsync(100),
    ]);
    await flush(rig);

    expect(await runtime.metering.usage({ groupBy: ['operation'] })).toMatchObject([
      { operation: 'limited', count: 2, scoreMean: 0.5 },
      { operation: 'retried', count: 1, latencyMaxMs: 20, scoreMean: 0 },
    ]);
  });

  test('goes under the names it is given; false is none', async () => {
    const rig = await start();
    const { runtime } = rig;
    const names = { operation: 'o', tier: 'deliberation', agent: 'a', tenant: 't' };
    await runtime.pipeline('named', { meter: names }).execute(() => 1);
    await runtime.pipeline('off', { meter: false }).execute(() => 1);
    await flush(rig);

    expect(await runtime.metering.usage({ groupBy: ['tenant', 'operation', 'tier', 'agent'] })).toMatchObject([names]);
    expect(() => runtime.pipeline('bad', { meter: { operation: '' } })).toThrow(
      'pipeline "bad".meter.operation: expected a name of 1 to 256 characters',
    );
  });
});

describe('usage', () => {
  async function used() {
    const rig = await start();
    const { env, runtime } = rig;
    const beganAt = env.wall();
    for (let minute = 0; minute < 3; minute++) {
      runtime.metering.record({ tenant: 'acme', operation: 'chat', tokens: 1, latencyMs: 10 });
      runtime.metering.record({ tenant: 'acme', operation: 'embed', tokens: 2, agent: 'scout' });
      runtime.metering.record({ tenant: '__proto__', operation: 'chat', tokens: 4, tier: 'enhanced', score: 0.5 });
      await env.advanceAsync(60_000);
    }
    return { runtime, beganAt };
  }

  test('is added up by tenant where nothing else is said, and a tenant called __proto__ is one like any other', async () => {
    const { runtime } = await used();

    const none = { latencyMeanMs: null, latencyMinMs: null, latencyMaxMs: null };
    const quantiles = { latencyP50Ms: null, latencyP95Ms: null, latencyP99Ms: null };
    expect(await runtime.metering.usage()).toEqual([
      {
        tenant: 'acme',
        count: 6,
        tokens: 9,
        latencyCount: 3,
        latencySumMs: 30,
        latencyMeanMs: 10,
        latencyMinMs: 10,
        latencyMaxMs: 10,
        latencyP50Ms: 10,
        latencyP95Ms: 10,
        latencyP99Ms: 10,
        scoreCount: 0,
        scoreMean: null,
      },
      {
        tenant: '__proto__',
        count: 3,
        tokens: 12,
        latencyCount: 0,
        latencySumMs: 0,
        ...none,
        ...quantiles,
        scoreCount: 3,
        scoreMean: 0.5,
      },
    ]);
  });

  test.each([
    [
      ['operation'],
      [
        { operation: 'chat', count: 6, tokens: 15 },
        { operation: 'embed', count: 3, tokens: 6 },
      ],
    ],
    [
      ['tier'],
      [
        { tier: 'standard', count: 6 },
        { tier: 'enhanced', count: 3 },
      ],
    ],
    [
      ['agent'],
      [
        { agent: '', count: 6 },
        { agent: 'scout', count: 3 },
      ],
    ],
    [[], [{ count: 9, tokens: 21 }]],
  ] as const)('by %j', async (groupBy, rows) => {
    const { runtime } = await used();

    expect(await runtime.metering.usage({ groupBy: [...groupBy] })).toMatchObject(rows);
  });

  test('by window, of one tenant, from and to an instant or a Date', async () => {
    const { runtime, beganAt } = await used();
    const question = {
      tenant: 'acme',
      from: beganAt + 60_000,
      to: new Date(beganAt + 120_000),
      groupBy: ['window' as const],
    };

    expect(await runtime.metering.usage(question)).toMatchObject([
      { windowStartWallMs: beganAt + 60_000, windowMs: 60_000, count: 2, tokens: 3 },
    ]);
    expect(await runtime.metering.usage({ groupBy: ['window'] })).toHaveLength(3);
  });

  test.each([
    [{ groupBy: ['tenants'] }, 'metering.usage.groupBy.0: expected one of tenant, operation, tier, agent, window'],
    [{ groupBy: 'tenant' }, 'metering.usage.groupBy: expected an array of tenant, operation'],
    [{ from: 'yesterday' }, 'metering.usage.from: expected milliseconds since 1970, or a Date'],
    [{ tenants: 'acme' }, 'did you mean "tenant"?'],
  ])('rejects the question %j', async (question, message) => {
    const { runtime } = await start();

    await expect(runtime.metering.usage(question as never)).rejects.toThrow(message);
  });
});

describe('sinks', () => {
  test('a function gets what is committed, in parts of a hundred lines, and is called by its name', async () => {
    const taken: UsageBatch[] = [];
    const billing = (batch: UsageBatch): void => void taken.push(batch);
    const { env, runtime } = await start({ metering: { sinks: [billing] } });
    for (let tenant = 0; tenant < 250; tenant++)
      runtime.metering.record({ tenant: `tenant-${tenant}`, operation: 'o' });
    await env.advanceAsync(1_000);

    expect(taken.map(({ lines }) => lines.length)).toEqual([100, 100, 50]);
    expect(new Set(taken.map(({ id }) => id)).size).toBe(3);
    expect(taken[0]).toMatchObject({ runtime: 'shop', policyHash: 'hash' });
    expect(Object.keys(runtime.metering.totals().sinks)).toEqual(['billing']);
    expect(
      runtime.supervisor
        .tree()
        .children.find(({ id }) => id === 'compute')!
        .children.map(({ id }) => id),
    ).toEqual(['sinks', 'pool', 'metering']);
  });

  test('a sink of a class keeps its this, and may be async, throw, or return rubbish', async () => {
    class Slow {
      readonly name = 'slow';
      readonly batchLines = 1;
      readonly taken: string[] = [];
      failures = 1;
      async deliver({ id }: UsageBatch): Promise<string> {
        if (this.failures-- > 0) throw new Error('not yet');
        this.taken.push(id);
        return 'rubbish';
      }
    }
    const slow = new Slow();
    const { env, runtime } = await start({ metering: { sinks: [slow, () => 7] } });
    runtime.metering.record({ tenant: 'a', operation: 'o' });
    runtime.metering.record({ tenant: 'b', operation: 'o' });
    await env.advanceAsync(5_000);

    expect(slow.taken).toEqual([expect.stringMatching(/\.1$/), expect.stringMatching(/\.2$/)]);
    expect(runtime.metering.totals().sinks).toMatchObject({ slow: { backlog: 0 }, 'sink 2': { delivered: 1 } });
  });

  test('the last batch is delivered while the runtime stops', async () => {
    const taken: UsageBatch[] = [];
    const { env, runtime } = await start({ metering: { sinks: [(batch) => void taken.push(batch as UsageBatch)] } });
    runtime.metering.record({ tenant: 'acme', operation: 'o' });

    await Promise.all([runtime.stop(), env.advanceAsync(0)]);

    expect(taken).toHaveLength(1);
    expect(env.pendingTimers).toBe(0);
  });

  test('a sink that hangs for ever does not hold up the stop beyond its budget', async () => {
    const hanging = (): Promise<void> => new Promise(() => {});
    const { env, runtime } = await start({ metering: { sinks: [hanging] } });
    runtime.metering.record({ tenant: 'acme', operation: 'o' });
    await env.advanceAsync(1_500);

    const stopped = runtime.stop();
    await env.advanceAsync(2_000);
    await stopped;

    expect(runtime.readings().metering['total']).toMatchObject({ pending: 0, sinks: { hanging: { backlog: 1 } } });
  });

  test('a sink that is killed in a drill goes on where it was', async () => {
    const taken: UsageBatch[] = [];
    const billing = (batch: UsageBatch): void => void taken.push(batch);
    const { env, runtime } = await start({ metering: { sinks: [billing] } });
    const killed = runtime.supervisor.kill('root/compute/sinks', { by: 'test', reason: 'drill' });
    await env.advanceAsync(0);
    await killed;
    runtime.metering.record({ tenant: 'acme', operation: 'o' });
    await env.advanceAsync(5_000);

    expect(taken).toHaveLength(1);
    expect(runtime.readings().children['root/compute/sinks']).toMatchObject({ state: 'running', restarts: 1 });
  });

  test.each([
    [[7], 'runtime.metering.sinks.0: expected a function (batch, context) => void, or a sink with name and deliver'],
    [[{ name: '' }], 'runtime.metering.sinks.0: expected a sink with a name of 1 to 128 characters'],
    [[{ name: 'a' }], 'runtime.metering.sinks.0: expected a sink with deliver, a function'],
    [[{ name: 'a', deliver: () => {}, batchLines: 0.5 }], 'a sink with batchLines, a whole number from 1 to 10000'],
    [[{ name: 'a', deliver: () => {}, timeoutMs: NaN }], 'a sink with timeoutMs, milliseconds from 1 to 600000'],
    [Array.from({ length: 17 }, () => () => {}), 'runtime.metering.sinks: expected an array of at most 16 sinks'],
    [[{ name: 'a', deliver: () => {} }, function a() {}], 'expected sinks of different names, received "a"'],
  ])('are refused at the start: %#', async (sinks, message) => {
    await expect(start({ metering: { sinks: sinks as never } })).rejects.toThrow(message);
  });
});

describe('metering that is off', () => {
  test.each([
    ['by option', { metering: { enabled: false } }, ''],
    ['by METERING_ENABLED=false', {}, 'false'],
    ['by METERING_ENABLED=0', {}, '0'],
  ])('%s records nothing, starts nothing and throws nothing', async (_, options, variable) => {
    vi.stubEnv('METERING_ENABLED', variable);
    const { env, runtime } = await start(options);
    const { metering } = runtime;
    const fn = (): number => 1;

    expect(metering.record({ tenant: 'acme', operation: 'o' })).toBe(false);
    expect(metering.record(null as never)).toBe(false);
    expect(metering.bind({ tenant: 'acme', operation: 'o' }).record({})).toBe(false);
    expect(metering.hooks.onAgentMessage({ tenant: 'acme' })).toBe(false);
    expect(metering.metered(fn, { operation: 'o', tenant: 'acme' })).toBe(fn);
    await metering.flush();
    await runtime.pipeline('quotes', { meter: true }).execute(() => 1);
    await env.advanceAsync(5_000);

    expect(metering.totals()).toMatchObject({ enabled: false, recorded: 0, dropped: 0, refused: 0, sinks: {} });
    expect(await metering.usage()).toEqual([]);
    expect(runtime.readings()).toMatchObject({ usage: {}, engine: { self: { threads: 0 } } });
    expect(Object.keys(runtime.readings().children)).not.toContain('root/compute/metering');
  });

  test.each([
    ['the option says so', { metering: { enabled: true } }, 'false'],
    ['the variable is set to nothing', {}, ''],
    ['the variable says so, in whatever case', {}, 'TRUE'],
  ])('is on where %s', async (_, options, variable) => {
    vi.stubEnv('METERING_ENABLED', variable);
    const { runtime } = await start(options);

    expect(runtime.metering.record({ tenant: 'acme', operation: 'o' })).toBe(true);
  });

  test('a variable that is neither is refused at the start', async () => {
    vi.stubEnv('METERING_ENABLED', 'maybe');

    await expect(start()).rejects.toThrow('METERING_ENABLED: expected true or false, received "maybe"');
  });
});

describe('names and amounts nobody should send', () => {
  test('M7 M10 a million tenants: memory is bounded, overflow is counted, totals are exact', async () => {
    const rig = await start({ capacity: { meteringRecords: 16_384, meteringGroups: 1_024 } });
    const { runtime, env } = rig;
    const TENANTS = 1_000_000;
    for (let tenant = 0; tenant < TENANTS; tenant++) {
      runtime.metering.record({ tenant: `tenant-${tenant}`, operation: 'o', tokens: 2 });
      if (tenant % 8_000 === 0) await flush({ runtime, env });
    }
    await flush(rig);

    const { recorded, flushed, dropped, pending, overflow } = runtime.metering.totals();
    expect({ recorded, flushed, dropped, pending }).toEqual({
      recorded: TENANTS,
      flushed: TENANTS,
      dropped: 0,
      pending: 0,
    });
    const rows = await runtime.metering.usage();
    expect(rows.length).toBeLessThanOrEqual(1_024);
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(TENANTS);
    expect(rows.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(2 * TENANTS);
    expect(rows.find(({ tenant }) => tenant === '__other')!.count).toBe(TENANTS - 512); // half of the groups are tenants'
    const operations = await runtime.metering.usage({ groupBy: ['operation'] });
    expect(operations.find(({ operation }) => operation === '__other')!.count).toBe(overflow);
    expect(Object.keys(runtime.readings().usage).length).toBe(rows.length);
  });

  test('M7 names of a megabyte are charged to __other, and nobody keeps them', async () => {
    const rig = await start();
    const long = 'n'.repeat(1_048_576);
    const { record } = rig.runtime.metering;

    expect(record({ tenant: long, operation: 'o' })).toBe(true);
    expect(record({ tenant: 'acme', operation: long })).toBe(true);
    expect(record({ tenant: 'acme', operation: 'o', agent: long, tier: long })).toBe(true);
    await flush(rig);

    const rows = await rig.runtime.metering.usage({ groupBy: ['tenant', 'operation', 'tier', 'agent'] });
    expect(rows.map(({ tenant, operation, count }) => [tenant, operation, count])).toEqual([
      ['__other', '__other', 1],
      ['acme', '__other', 2],
    ]);
    expect(rig.runtime.metering.totals().overflow).toBe(3);
    expect(JSON.stringify(rig.runtime.readings()).length).toBeLessThan(100_000);
  });

  test.each([NaN, -1, Infinity, -Infinity, 2 ** 53 + 2, '1' as never, null as never, 1n as never])(
    'M8 an amount of %s is refused before the ring, and counted',
    async (amount) => {
      const { runtime } = await start();

      for (const field of ['tokens', 'latencyMs', 'score'])
        expect(runtime.metering.record({ tenant: 'acme', operation: 'o', [field]: amount })).toBe(false);

      expect(runtime.metering.totals()).toMatchObject({ recorded: 0, refused: 3, pending: 0 });
    },
  );
});
