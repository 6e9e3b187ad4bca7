/** Health as an application sees it: the vectors of the spec through a whole runtime, its options, and what it says. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Breaker, createRuntime, httpCheck, type Runtime, type RuntimeOptions } from '../../src/index.ts';
import { createVirtualEnv, type VirtualEnv } from '../../src/testing/index.ts';

const BY_HAND = { by: 'test', reason: 'vector' };
const DRILL = { by: 'test', reason: 'drill' };

async function start(options: RuntimeOptions = {}): Promise<{ readonly env: VirtualEnv; readonly runtime: Runtime }> {
  const env = createVirtualEnv({ seed: 1 });
  return { env, runtime: await createRuntime({ name: 'orders', env, ...options }) };
}

type Setup = (runtime: Runtime) => void;

function breakers(runtime: Runtime, count: number, moved: number, move: 'open' | 'probe' | 'disable'): void {
  for (let made = 0; made < count; made++) {
    const breaker = runtime.breaker(`breaker ${made}`, { openMs: 60_000 });
    if (made >= moved) continue;
    if (move === 'probe') breaker.open(BY_HAND);
    breaker[move](BY_HAND);
  }
}

function failingAt40Percent(runtime: Runtime): void {
  const breaker = runtime.breaker('failing', { failureRate: 1, minimumCalls: 5 });
  for (const vote of ['failure', 'failure', 'success', 'success', 'success'] as const) breaker.admit().settle(vote);
  runtime.breaker('well');
}

/** All calls of its window failed, and nobody calls it any more. */
function opened(runtime: Runtime, openMs = 900): Breaker {
  const breaker = runtime.breaker('idle', { failureRate: 1, minimumCalls: 5, window: { calls: 10 }, openMs });
  for (let call = 0; call < 5; call++) breaker.admit().settle('failure');
  return breaker;
}

describe('the vectors of spec/health.md', () => {
  test.each<[string, Setup, number | null, string]>([
    ['3 of 10 open', (runtime) => breakers(runtime, 10, 3, 'open'), 0.7, 'healthy'],
    ['4 of 10 open', (runtime) => breakers(runtime, 10, 4, 'open'), 0.6, 'degraded'],
    ['6 of 10 open', (runtime) => breakers(runtime, 10, 6, 'open'), 0.4, 'critical'],
    ['1 of 2 halfOpen', (runtime) => breakers(runtime, 2, 1, 'probe'), 0.75, 'healthy'],
    ['one closed with failureRate 0.4 and one without', failingAt40Percent, 0.8, 'healthy'],
    ['all disabled', (runtime) => breakers(runtime, 3, 3, 'disable'), null, 'unknown'],
    ['nothing registered', () => {}, null, 'unknown'],
    [
      '10 healthy and one critical check unhealthy',
      (runtime) => {
        breakers(runtime, 10, 0, 'open');
        runtime.health.register('database', () => 'unhealthy', { critical: true });
      },
      0.49,
      'critical',
    ],
    [
      'an open breaker past its deadline',
      (runtime) => runtime.breaker('idle', { openMs: 900 }).open(BY_HAND),
      0.5,
      'degraded',
    ],
    ['one opened by a failure rate of 1, idle, past its deadline', opened, 0.5, 'degraded'],
  ])('%s', async (_, setUp, score, status) => {
    const { env, runtime } = await start();
    setUp(runtime);

    await env.advanceAsync(1_000);

    const percent = score === null ? null : Math.round(score * 1_000) / 10;
    expect(runtime.health.report()).toMatchObject({ score, status, percent });
  });
});

describe('an idle dependency', () => {
  test('is available from the deadline of its breaker on, and the level comes back without a call of it', async () => {
    const { env, runtime } = await start({ degradation: {} });
    const breaker = opened(runtime, 60_000);
    await env.advanceAsync(59_000);
    expect(runtime.degradation.level).toBe('emergency');

    await env.advanceAsync(60_000);
    expect(breaker.state).toBe('open');
    expect(runtime.health.components()['breaker/idle']).toMatchObject({
      score: 0.5,
      status: 'degraded',
      availability: 0.5,
    });
    await env.advanceAsync(600_000);

    expect(runtime.degradation.level).toBe('minimal');
  });
});

describe('components', () => {
  test('are the named breakers, as the kernel scores them, and no keyed one', async () => {
    const { env, runtime } = await start();
    failingAt40Percent(runtime);
    runtime.breaker('idle', { openMs: 900 }).open(BY_HAND);
    runtime.breaker('forced').forceOpen(BY_HAND);
    runtime.breaker('off').disable(BY_HAND);
    runtime.keyedBreaker('tenants').for('acme').open(BY_HAND);
    runtime.breaker('__proto__');
    const forgetting = runtime.breaker('forgetting', { failureRate: 1, minimumCalls: 2, window: { ms: 500 } });
    for (const vote of ['failure', 'success'] as const) forgetting.admit().settle(vote);

    await env.advanceAsync(1_000);

    const { components, breakers } = runtime.readings();
    const named = Object.values(components).filter(({ kind }) => kind === 'breaker');
    expect(named.map(({ name, score }) => [name, score])).toEqual([
      ['failing', 0.6],
      ['well', 1],
      ['idle', 0.5],
      ['forced', 0],
      ['off', null],
      ['__proto__', 1],
      ['forgetting', 1],
    ]);
    for (const { name, score } of named) expect(breakers[name]?.score).toBe(score);
  });

  test('of all kinds are in the readings, and JSON-safe', async () => {
    const { env, runtime } = await start();
    runtime.breaker('payments');
    runtime.health.registerBreaker('payments', { state: () => 'closed' });
    runtime.health.register('payments', httpCheck({ url: 'http://payments/' }));
    runtime.health.signal('payments', 0.25);

    await env.advanceAsync(2_000);

    const { components } = runtime.readings();
    expect(JSON.parse(JSON.stringify(components))).toEqual({ ...components });
    expect(Object.entries(components).map(([key, { score, status }]) => [key, score, status])).toEqual([
      ['breaker/payments', 1, 'healthy'],
      ['foreign/payments', 1, 'healthy'],
      ['check/payments', 0, 'critical'],
      ['signal/payments', 0.75, 'healthy'],
      ['supervisor/root', null, 'unknown'],
    ]);
  });
});

test('what the supervisors start again counts for a minute', async () => {
  const { env, runtime } = await start();
  runtime.breaker('payments');
  await env.advanceAsync(1_000);

  await runtime.supervisor.kill('root/core/payments', DRILL);
  await env.advanceAsync(1_000);
  expect(runtime.health.report().score).toBe(0.9);
  await env.advanceAsync(60_000);

  expect(runtime.health.report().score).toBe(1);
});

test('when the root has given up, health goes on without anyone who watches it, and says so', async () => {
  const { env, runtime } = await start();
  runtime.breaker('payments');
  for (let time = 0; time < 6; time++) {
    await runtime.supervisor.kill('root/control', DRILL);
    await env.advanceAsync(6_000);
  }

  await env.advanceAsync(120_000);
  const { components } = runtime.readings();
  expect(components['supervisor/root']).toMatchObject({ score: 0, reason: 'the root has given up' });
  expect(runtime.health.report()).toMatchObject({ score: 0.5, status: 'degraded' });
  expect(runtime.health.history().at(-1)?.atMs).toBe(env.now());
  await runtime.stop();

  expect(env.pendingTimers).toBe(0);
});

test('a channel and a sink that are down cost the application nothing: their breakers are shown, and not counted', async () => {
  const down = (): never => {
    throw new Error('down');
  };
  const { env, runtime } = await start({
    degradation: {},
    alerts: { channels: [{ name: 'pager', deliver: down }] },
    metering: { sinks: [{ name: 'usage', deliver: down }] },
  });
  runtime.breaker('payments');
  runtime.alerts.rule({ name: 'stock', severity: 'critical', when: () => true });
  runtime.metering.record({ tenant: 'acme', operation: 'summarise' });
  await env.advanceAsync(60_000);

  expect(runtime.circuitHealth().breakers['channel pager']?.state).not.toBe('closed');
  expect(runtime.circuitHealth().breakers['sink usage']?.state).not.toBe('closed');
  expect(runtime.health.report()).toMatchObject({ score: 1, min: 1, counted: 1 });
  expect(Object.keys(runtime.health.components())).toEqual(['breaker/payments', 'supervisor/root']);
  expect(runtime.degradation.level).toBe('full');
});

test('an algedonic signal is told before signal() returns', async () => {
  const { runtime } = await start({ health: { algedonicFrom: 0.5 } });
  const told: [string, boolean][] = [];
  runtime.events.on('signal.raised', ({ signal, algedonic }) => told.push([signal, algedonic]));

  runtime.health.signal('disk full', 0.5);
  runtime.health.signal('queue', 0.4);

  expect(told).toEqual([
    ['disk full', true],
    ['queue', false],
  ]);
});

describe('on change', () => {
  test('hears each change of the status, and one that throws or rejects hurts nobody', async () => {
    const { env, runtime } = await start();
    const heard: string[] = [];
    runtime.health.on('change', () => {
      throw new Error('no');
    });
    runtime.health.on('change', () => Promise.reject(new Error('no')));
    const end = runtime.health.on('change', ({ from, to }) => heard.push(`${from} → ${to}`));
    const breaker = runtime.breaker('payments');
    await env.advanceAsync(1_000);

    breaker.forceOpen(BY_HAND);
    await env.advanceAsync(1_000);
    end();
    breaker.close(BY_HAND);
    await env.advanceAsync(1_000);

    expect(heard).toEqual(['unknown → healthy', 'healthy → critical']);
    expect(runtime.readings().runtime['self']!.callbackFailures).toBe(6);
  });

  test('of anything else is refused', async () => {
    const { runtime } = await start();

    expect(() => runtime.health.on('changed' as never, () => {})).toThrow('health.on event: expected "change"');
    expect(() => runtime.health.on('change', 5 as never)).toThrow('expected a function');
  });
});

describe('history', () => {
  test('is the last 300 ticks unless said otherwise, the oldest first, and of a window those within it', async () => {
    const { env, runtime } = await start();
    runtime.breaker('payments');

    await env.advanceAsync(310_000);

    const all = runtime.health.history();
    expect([all.length, all[0]!.atMs, all.at(-1)!.atMs]).toEqual([300, 11_000, 310_000]);
    expect(runtime.health.history(2_000)).toEqual(all.slice(-3));
    expect(runtime.health.history(0)).toEqual([
      { atMs: 310_000, wallMs: Date.UTC(2026, 0, 1) + 310_000, score: 1, status: 'healthy' },
    ]);
  });

  test('remembers what it is told to, and what was frozen stays so', async () => {
    const { env, runtime } = await start({ health: { history: 2 } });

    await env.advanceAsync(5_000);

    const samples = runtime.health.history();
    expect(samples.map(({ score, status }) => [score, status])).toEqual([
      [null, 'unknown'],
      [null, 'unknown'],
    ]);
    expect(Object.isFrozen(samples[0])).toBe(true);
    expect(() => runtime.health.history(-1)).toThrow('health history: expected milliseconds');
    expect(() => runtime.health.history('1' as never)).toThrow('health history: expected milliseconds');
  });
});

describe('the interval', () => {
  afterEach(() => vi.unstubAllEnvs());

  test.each<[RuntimeOptions['health'], string | undefined, number]>([
    [{}, undefined, 10],
    [{}, '', 10],
    [{}, '0.5', 20],
    [{}, '5', 2],
    [{ intervalMs: 2_000 }, '5', 5],
  ])('%j with the variable at %j is %s ticks in ten seconds', async (health, variable, ticks) => {
    vi.stubEnv('HEALTH_CHECK_INTERVAL_SECONDS', variable);
    const { env, runtime } = await start({ health });

    await env.advanceAsync(10_000);

    expect(runtime.health.history().length).toBe(ticks);
  });

  test.each(['0', '-1', 'often', ' ', '1e9', 'Infinity', 'NaN'])('a variable of %j is told', async (variable) => {
    vi.stubEnv('HEALTH_CHECK_INTERVAL_SECONDS', variable);

    await expect(start()).rejects.toThrow(
      `HEALTH_CHECK_INTERVAL_SECONDS: expected seconds, a number from 0.01 to 86400, received "${variable}"`,
    );
  });

  test('however long, the trend looks back on two minutes', async () => {
    const { env, runtime } = await start({ health: { intervalMs: 10_000 } });
    const breakers = Array.from({ length: 10 }, (_, made) => runtime.breaker(`breaker ${made}`));
    await env.advanceAsync(60_000);
    for (const breaker of breakers) breaker.forceOpen(BY_HAND);

    await env.advanceAsync(60_000);
    expect(runtime.health.report().trend).toBe('declining');
    await env.advanceAsync(120_000);

    expect(runtime.health.report().trend).toBe('stable');
  });

  test('however short, the trend looks back on two minutes', async () => {
    const { env, runtime } = await start({ health: { intervalMs: 100 } });
    const breakers = Array.from({ length: 50 }, (_, made) => runtime.breaker(`breaker ${made}`));
    await env.advanceAsync(60_000);
    for (const breaker of breakers.slice(0, 5)) breaker.forceOpen(BY_HAND);

    await env.advanceAsync(30_000); // 300 ticks at one score: the fall is out of a window of 120 ticks
    expect(runtime.health.report().trend).toBe('declining');
    await env.advanceAsync(100_000);

    expect(runtime.health.report().trend).toBe('stable');
  });
});

describe('the hysteresis', () => {
  const walk = async (hysteresis: number): Promise<readonly string[]> => {
    const { env, runtime } = await start({ health: { hysteresis } });
    const all = Array.from({ length: 100 }, (_, made) => runtime.breaker(`breaker ${made}`));
    await env.advanceAsync(1_000);
    for (const breaker of all.slice(0, 35)) breaker.forceOpen(BY_HAND); // 0.65
    await env.advanceAsync(3_000);
    return runtime.health.history().map(({ status }) => status);
  };

  test('is an option: beyond it a status is left at once, within it after two ticks', async () => {
    expect(await walk(0.05)).toEqual(['healthy', 'degraded', 'degraded', 'degraded']);
    expect(await walk(0.06)).toEqual(['healthy', 'healthy', 'degraded', 'degraded']);
    expect(await walk(0)).toEqual(['healthy', 'degraded', 'degraded', 'degraded']);
  });

  test.each([
    [{ hysteresis: 0.3 }, 'runtime.health.hysteresis: expected a number from 0 to 0.2, received 0.3'],
    [{ intervalMs: 1 }, 'runtime.health.intervalMs: expected milliseconds, a number from 10'],
    [{ history: 0 }, 'runtime.health.history: expected a whole number from 1 to 86400, received 0'],
    [{ intervall: 1 }, 'runtime.health: has no key "intervall"; did you mean "intervalMs"?'],
  ])('%j is refused', async (health, message) => {
    await expect(start({ health: health as never })).rejects.toThrow(message);
  });
});

test('stopped, it leaves no timer, whatever was registered', async () => {
  const { env, runtime } = await start();
  runtime.health.register('hung', () => new Promise(() => {}), { intervalMs: 250, timeoutMs: 10_000 });
  runtime.health.registerBreaker('mail', { state: () => 'closed' });
  runtime.health.signal('queue', 0.5, { ttlMs: 60_000 });
  await env.advanceAsync(2_000);

  const stopped = runtime.stop();
  await env.advanceAsync(10_000);
  await stopped;

  expect([env.pendingTimers, env.keepsAlive]).toEqual([0, false]);
});

test('S11, X4: stopped, it asks no check, takes nobody in, hears no pain, and leaves no timer', async () => {
  const { env, runtime } = await start();
  const told: string[] = [];
  let asked = 0;
  runtime.health.register('search', () => (asked++, new Promise<never>(() => {})));
  runtime.events.on('*', ({ type }) => told.push(type));
  await runtime.stop();
  const before = Object.keys(runtime.health.components());

  await expect(runtime.health.probe('search')).rejects.toMatchObject({ code: 'STOPPED' });
  expect(() => runtime.health.register('late', () => 'healthy')).toThrow(expect.objectContaining({ code: 'STOPPED' }));
  expect(() => runtime.health.registerBreaker('late', { state: () => 'open' })).toThrow(
    expect.objectContaining({ code: 'STOPPED' }),
  );
  told.length = 0;
  runtime.health.signal('disk full', 1);

  expect([asked, told, env.pendingTimers]).toEqual([0, [], 0]);
  expect(Object.keys(runtime.health.components())).toEqual(before);
});

describe('a name that is none', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const hostile = {
    toJSON() {
      throw new Error('no');
    },
    toString() {
      throw new Error('no');
    },
  };

  test.each([
    ['a bigint', 1n],
    ['a symbol', Symbol('a')],
    ['cyclic', cyclic],
    ['hostile', hostile],
    ['empty', ''],
  ])('%s is refused in words, wherever one is asked for', async (_, name) => {
    const { runtime } = await start();
    const { health } = runtime;
    const given = name as never;
    const refused = expect.objectContaining({ code: 'INVALID_OPTIONS' });

    expect(() => health.register(given, () => 'healthy')).toThrow(refused);
    expect(() => health.registerBreaker(given, { state: () => 'open' })).toThrow(refused);
    expect(() => health.signal(given, 1)).toThrow(refused);
    await expect(health.probe(given)).rejects.toThrow(refused);
    expect(health.hasCheck(given)).toBe(false);
  });
});
