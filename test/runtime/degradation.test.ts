/** What an application sees of the level: `runtime.degradation`, and everything that follows it. */
import { describe, expect, test } from 'vitest';
import { createRuntime, type HoldfastEvent, type RuntimeOptions } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';
import { pending } from '../support/pipeline-rig.ts';

async function shop(options: RuntimeOptions = {}) {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ name: 'shop', env, ...options });
  const events: HoldfastEvent[] = [];
  runtime.events.on('*', (event) => void events.push(event));
  return { env, runtime, events };
}

const BY_HAND = { by: 'ada', reason: 'the launch', forMs: 60_000 };

/** What became of level, features and limits, in the order it was told. */
function storyOf(events: readonly HoldfastEvent[]): readonly string[] {
  return events.flatMap((event) => {
    switch (event.type) {
      case 'degradation.overridden':
        return [`overridden ${event.level}`];
      case 'degradation.changed':
        return [`${event.from} → ${event.to}`];
      case 'flag.overridden':
        return [`held ${event.flag} ${event.enabled ? 'on' : 'off'}`];
      case 'flag.changed':
        return [`${event.flag} ${event.enabled ? 'on' : 'off'}`];
      case 'limit.changed':
        return [`${event.limit} ${event.to}`];
      default:
        return [];
    }
  });
}

test('an upstream that dies takes the level down and a feature with it, and its return brings both back', async () => {
  const { env, runtime } = await shop({ degradation: { worsenDwellMs: 5_000, improveDwellMs: 5_000 } });
  const payments = runtime.breaker('payments', { consecutiveFailures: 1, openMs: 8_000, autoHalfOpen: true });
  runtime.breaker('catalog');
  runtime.degradation.feature('recommendations', { until: 'reduced' });
  const story: string[] = [];
  runtime.degradation.on('change', ({ from, to, reason }) => story.push(`${from} → ${to}: ${reason}`));
  runtime.degradation.subscribe('recommendations', ({ type, reason, ...event }) =>
    story.push(`${type} ${'enabled' in event && event.enabled}: ${reason}`),
  );
  await env.advanceAsync(1_000);
  await payments.execute(() => Promise.reject(new Error('503'))).catch(() => {});
  await env.advanceAsync(5_000);
  expect(runtime.degradation.level).toBe('reduced');
  expect(runtime.degradation.isEnabled('recommendations')).toBe(false);
  await env.advanceAsync(5_000);
  for (let probe = 0; probe < 3; probe++) await payments.execute(() => 'well');
  await env.advanceAsync(10_000);

  expect(story).toEqual([
    'full → reduced: score is 0.5, below 0.7',
    'flag.changed false: the level is reduced',
    'reduced → full: every sensor is calm',
    'flag.changed true: the level is full',
  ]);
});

describe('what drives it', () => {
  test('is the event loop, and the heap', async () => {
    const { env, runtime } = await shop({ degradation: {} });
    env.setVitals({ loopDelayMs: 300 });
    await env.advanceAsync(10_000);
    expect(runtime.degradation.reading().reason).toBe('loopDelayMs is 300, above 200');
    env.setVitals({ loopDelayMs: 0, heapUsedBytes: 95, heapLimitBytes: 100 });
    await env.advanceAsync(10_000);

    expect(runtime.degradation.reading()).toMatchObject({
      level: 'minimal',
      reason: 'heapRatio is 0.95, above 0.92',
      sensors: { loopDelayMs: 0, heapRatio: 0.95, queueDepth: 0 },
    });
  });

  test('is how many calls wait in all bulkheads', async () => {
    const { env, runtime } = await shop({ degradation: { queueDepth: { worsen: [3, 9, 9], improve: [1, 2, 2] } } });
    const never = pending<void>();
    for (const name of ['a', 'b']) {
      const pipeline = runtime.pipeline(name, { bulkhead: { maxConcurrent: 1, maxQueued: 9 } });
      for (let call = 0; call < 3; call++) void pipeline.execute(() => never.promise);
    }
    await env.advanceAsync(10_000);

    expect(runtime.degradation.reading().reason).toBe('queueDepth is 4, above 3');
    never.resolve();
  });

  test('may be switched off, one by one', async () => {
    const { env, runtime } = await shop({ degradation: { loopDelayMs: false } });
    env.setVitals({ loopDelayMs: 60_000 });
    await env.advanceAsync(60_000);

    expect(runtime.degradation.level).toBe('full');
    expect(Object.keys(runtime.degradation.reading().sensors)).toEqual(['score', 'heapRatio', 'queueDepth']);
  });

  test('is not how seldom health is looked at: between two ticks the score is that of the last', async () => {
    const { env, runtime } = await shop({ health: { intervalMs: 30_000 }, degradation: {} });
    runtime.breaker('stock');
    await env.advanceAsync(300_000);

    expect(runtime.degradation.reading()).toMatchObject({ level: 'full', broken: [], failSafes: 0 });
  });

  test('is the score of the last health tick, beside which it stands in the tree', async () => {
    const { env, runtime } = await shop({ degradation: {} });
    runtime.breaker('payments');
    await env.advanceAsync(12_000);
    const control = runtime.supervisor.tree().children.find(({ id }) => id === 'control')!;
    expect(control.children.map(({ id }) => id)).toEqual(['health', 'degradation', 'sensors']);
    expect(runtime.degradation.reading()).toMatchObject({ broken: [], sensors: { score: 1 } });
  });
});

describe('before its first use', () => {
  test('nothing looks at anything; the reading says full', async () => {
    const { env, runtime } = await shop();
    env.setVitals({ loopDelayMs: 60_000 });
    await env.advanceAsync(60_000);

    expect(runtime.readings().degradation['self']).toMatchObject({ level: 'full', changes: 0, sensors: {} });
    expect(runtime.readings().children).not.toHaveProperty('root/control/degradation');
  });

  test('a pipeline whose time depends on the level is a use of it', async () => {
    const { runtime } = await shop();
    runtime.pipeline('stock', { timeoutMs: { full: 1_000 } });

    expect(runtime.readings().children).toHaveProperty('root/control/degradation');
  });
});

describe('when the root has given up', () => {
  async function giveUp({ env, runtime }: Awaited<ReturnType<typeof shop>>): Promise<void> {
    for (let time = 0; time < 6; time++) {
      await runtime.supervisor.kill('root/control', { by: 'ada', reason: 'a drill' });
      await env.advanceAsync(6_000);
    }
    expect(runtime.readings().runtime['self']!.degraded).toBe(true);
  }
  async function abandoned(options: RuntimeOptions = {}) {
    const stage = await shop(options);
    stage.runtime.breaker('payments');
    await giveUp(stage);
    return stage;
  }
  const options: RuntimeOptions = {
    degradation: { worsenDwellMs: 2_000, improveDwellMs: 3_000, queueDepth: { worsen: [1, 9, 9], improve: [0, 2, 2] } },
  };

  test.each([
    ['that was used before', { ...options }],
    ['that is first used now', { degradation: undefined }],
  ])('a degradation %s obeys a hand at once, and to the moment of its end', async (_, given) => {
    const { env, runtime, events } = await abandoned(given);
    const { degradation } = runtime;
    degradation.feature('search', { until: 'emergency' });
    events.length = 0;
    degradation.override('emergency', { ...BY_HAND, forMs: 1_500 });
    expect([degradation.level, degradation.isEnabled('search')]).toEqual(['emergency', false]);
    expect(degradation.advise('search').advice).toBe('halt');
    await env.advanceAsync(1_499);
    expect(degradation.reading().override).not.toBeNull();
    await env.advanceAsync(1);
    expect(degradation.reading().override).toBeNull();
    await env.advanceAsync(120_000);

    expect(degradation.level).toBe('full');
    expect(storyOf(events)).toEqual([
      'overridden emergency',
      'full → emergency',
      'search off',
      'emergency → minimal',
      'search on',
      'minimal → reduced',
      'reduced → full',
    ]);
    await runtime.stop();
    expect(env.pendingTimers).toBe(0);
  });

  test('a feature that is held for a while is let go at the end of it', async () => {
    const { env, runtime } = await abandoned({ degradation: {} });
    runtime.degradation.feature('search');
    runtime.degradation.setFlag('search', false, { ...BY_HAND, forMs: 1_000 });
    await env.advanceAsync(999);
    expect(runtime.degradation.isEnabled('search')).toBe(false);
    await env.advanceAsync(1);

    expect(runtime.degradation.isEnabled('search')).toBe(true);
    await runtime.stop();
    expect(env.pendingTimers).toBe(0);
  });

  test('what is measured moves the level, and pain does', async () => {
    const { env, runtime } = await abandoned(options);
    const { degradation } = runtime;
    env.setVitals({ loopDelayMs: 300 });
    await env.advanceAsync(2_000);
    expect(degradation.reading()).toMatchObject({ level: 'reduced', reason: 'loopDelayMs is 300, above 200' });
    env.setVitals({ loopDelayMs: 0 });
    await env.advanceAsync(2_000);

    runtime.health.signal('disk full', 1);

    expect(degradation.level).toBe('minimal');
    await runtime.stop();
  });

  test('that alone is no reason to do less for ever: it is left out of the score that the level follows', async () => {
    const { env, runtime } = await abandoned({ degradation: {} });
    await env.advanceAsync(200_000);

    expect(runtime.health.report()).toMatchObject({ score: 0.5, status: 'degraded' });
    expect(runtime.degradation.reading()).toMatchObject({ level: 'full', sensors: { score: 1 } });
    await runtime.stop();
  });

  test('a hand that was laid on before stays, and ends', async () => {
    const stage = await shop({ degradation: {} });
    const { env, runtime } = stage;
    for (let breaker = 0; breaker < 9; breaker++) runtime.breaker(`well ${breaker}`);
    runtime.degradation.override('minimal', { ...BY_HAND, forMs: 40_000 });
    await giveUp(stage);
    expect(runtime.degradation.reading()).toMatchObject({ level: 'minimal', override: { by: 'ada' } });
    await env.advanceAsync(4_000);

    expect(runtime.degradation.reading()).toMatchObject({ level: 'minimal', override: null });
    await runtime.stop();
    expect(env.pendingTimers).toBe(0);
  });

  test('nothing of it begins that was not used', async () => {
    const { env, runtime } = await abandoned();
    env.setVitals({ loopDelayMs: 60_000 });
    await env.advanceAsync(60_000);

    expect(runtime.readings().degradation['self']).toMatchObject({ level: 'full', changes: 0, sensors: {} });
    await runtime.stop();
    expect(env.pendingTimers).toBe(0);
  });
});

test('after the stop no pain moves the level, and nothing that was kept is taken up', async () => {
  const { env, runtime, events } = await shop({ degradation: { worsenDwellMs: 1 } });
  await env.advanceAsync(1_000);
  await runtime.stop();
  events.length = 0;

  runtime.health.signal('disk full', 1);
  await env.advanceAsync(60_000);

  expect(runtime.degradation.level).toBe('full');
  expect(storyOf(events)).toEqual([]);
  expect(env.pendingTimers).toBe(0);
});

describe('a timeout by level', () => {
  test('is that of the level when the attempt began, and its error says which', async () => {
    const { env, runtime } = await shop();
    const stock = runtime.pipeline('stock', { timeoutMs: { full: 2_000, reduced: 500 } });
    const ended: string[] = [];
    const call = (name: string): void =>
      void stock.execute(() => new Promise(() => {})).catch(({ message }: Error) => ended.push(`${name} ${message}`));
    call('before');
    runtime.degradation.override('emergency', BY_HAND);
    call('during');
    await env.advanceAsync(600);
    expect(ended).toEqual(['during "stock": expected a result within 500 ms, received none']);
    await env.advanceAsync(1_500);

    expect(ended[1]).toBe('before "stock": expected a result within 2000 ms, received none');
  });

  test('lets a call that began under another level end in time, and leaves no timer of it', async () => {
    const { env, runtime } = await shop();
    const stock = runtime.pipeline('stock', { timeoutMs: { full: 2_000, reduced: 500 } });
    const answers = [pending<string>(), pending<string>(), pending<string>()];
    const calls = answers.slice(0, 2).map(({ promise }) => stock.execute(() => promise));
    runtime.degradation.override('reduced', BY_HAND);
    calls.push(stock.execute(() => answers[2]!.promise));
    for (const [index, answer] of answers.entries()) answer.resolve(`answer ${index}`);

    expect(await Promise.all(calls)).toEqual(['answer 0', 'answer 1', 'answer 2']);
    await env.advanceAsync(0);
    expect(env.keepsAlive).toBe(false);
  });

  test('of a pipeline made late is that of the level', async () => {
    const { env, runtime } = await shop();
    runtime.degradation.override('minimal', BY_HAND);
    const stock = runtime.pipeline('stock', { timeoutMs: { full: 2_000, minimal: 500 } });
    const ended = stock.execute(() => new Promise(() => {})).catch(({ message }: Error) => message);
    await env.advanceAsync(600);

    expect(await ended).toContain('within 500 ms');
  });

  test('that is neither a number nor one for each level is refused', async () => {
    const { runtime } = await shop();

    expect(() => runtime.pipeline('stock', { timeoutMs: '5 s' as never })).toThrow(
      'pipeline "stock".timeoutMs: expected milliseconds, a number from 1 to 2147483647, or { full, reduced, minimal, emergency } of them, received "5 s"',
    );
    expect(() => runtime.pipeline('stock', { timeoutMs: { full: 0 } })).toThrow(
      'pipeline "stock".timeoutMs.full: expected milliseconds, a number from 1 to 2147483647, received 0',
    );
    expect(() => runtime.pipeline('stock', { timeoutMs: { reduced: 5 } as never })).toThrow('timeoutMs.full: expected');
  });
});

describe('a listener', () => {
  test('finds level, features, limits and reading complete', async () => {
    const { runtime } = await shop();
    const { degradation } = runtime;
    degradation.feature('search', { until: 'reduced' });
    degradation.limit('tokens', { full: 100, minimal: 5 });
    const seen: unknown[] = [];
    degradation.on('change', () =>
      seen.push(degradation.level, degradation.isEnabled('search'), degradation.limit('tokens')),
    );

    degradation.override('minimal', BY_HAND);

    expect(seen).toEqual(['minimal', false, 5]);
  });

  test('hears of its own feature or limit, or of all, until it ends', async () => {
    const { runtime } = await shop();
    const { degradation } = runtime;
    degradation.feature('search', { until: 'reduced' });
    degradation.feature('help', { until: 'emergency' });
    degradation.limit('tokens', { full: 100, minimal: 5 });
    const heard: string[] = [];
    const end = degradation.subscribe('search', ({ type }) => heard.push(`search: ${type}`));
    degradation.subscribe('tokens', ({ type }) => heard.push(`tokens: ${type}`));
    degradation.subscribe('*', (event) => heard.push(event.type === 'flag.changed' ? event.flag : event.limit));
    degradation.override('emergency', BY_HAND);
    end();
    end();
    degradation.override('full', BY_HAND);

    expect(heard).toEqual([
      'search: flag.changed',
      'search',
      'help',
      'tokens: limit.changed',
      'tokens',
      'help',
      'search',
      'tokens: limit.changed',
      'tokens',
    ]);
  });

  test('that throws hurts nobody, and may change the level itself', async () => {
    const { runtime } = await shop();
    const { degradation } = runtime;
    degradation.on('change', () => {
      throw new Error('no');
    });
    degradation.on('change', ({ to }) => void (to === 'reduced' && degradation.override('emergency', BY_HAND)));

    degradation.override('reduced', BY_HAND);

    expect(degradation.level).toBe('emergency');
    expect(runtime.readings().runtime['self']!.callbackFailures).toBe(2);
  });

  test('that holds another level finds it in force at once, and all that is told of the first comes before the second', async () => {
    const { env, runtime, events } = await shop();
    const { degradation } = runtime;
    degradation.feature('search', { until: 'emergency' });
    degradation.feature('offers', { until: 'reduced' });
    const seen: unknown[] = [];
    degradation.on('change', ({ to }) => {
      if (to !== 'reduced') return;
      degradation.override('emergency', BY_HAND);
      seen.push(degradation.level, degradation.isEnabled('search'));
    });
    degradation.override('reduced', BY_HAND);
    seen.push(degradation.level);
    await env.advanceAsync(1_000);

    expect(seen).toEqual(['emergency', false, 'emergency']);
    expect(storyOf(events)).toEqual([
      'overridden reduced',
      'full → reduced',
      'offers off',
      'overridden emergency',
      'reduced → emergency',
      'search off',
    ]);
  });

  test.each(['degradation.overridden', 'degradation.changed', 'flag.changed', 'limit.changed'] as const)(
    'of %s that takes it all back hears last what is so',
    async (type) => {
      const { runtime, events } = await shop();
      const { degradation } = runtime;
      degradation.feature('search', { until: 'reduced' });
      degradation.limit('tokens', { full: 100, reduced: 5 });
      let times = 0;
      runtime.events.on(type, () => void (times++ === 0 && degradation.override('full', BY_HAND)));

      degradation.override('reduced', BY_HAND);

      expect([degradation.level, degradation.isEnabled('search'), degradation.limit('tokens')]).toEqual([
        'full',
        true,
        100,
      ]);
      expect(storyOf(events)).toEqual([
        'overridden reduced',
        'full → reduced',
        'search off',
        'tokens 5',
        'overridden full',
        'reduced → full',
        'search on',
        'tokens 100',
      ]);
    },
  );

  test('of a hand on a feature that lays on another hears last what is so', async () => {
    const { runtime, events } = await shop();
    const { degradation } = runtime;
    degradation.feature('search');
    runtime.events.on(
      'flag.overridden',
      ({ enabled }) => void (!enabled && degradation.setFlag('search', true, BY_HAND)),
    );

    degradation.setFlag('search', false, BY_HAND);

    expect(degradation.isEnabled('search')).toBe(true);
    expect(storyOf(events)).toEqual(['held search off', 'search off', 'held search on', 'search on']);
  });

  test('that answers each change by another keeps nobody from anything', async () => {
    const { env, runtime } = await shop();
    const { degradation } = runtime;
    let changes = 0;
    degradation.on('change', ({ from }) => void (++changes < 3_000 && degradation.override(from, BY_HAND)));
    degradation.override('minimal', BY_HAND);
    expect(changes).toBeLessThan(1_025); // the rest is told a turn later
    await env.advanceAsync(1);

    expect([changes, degradation.level]).toEqual([3_000, 'full']);
  });

  test('is a function, of a change', async () => {
    const { runtime } = await shop();

    expect(() => runtime.degradation.on('level' as never, () => {})).toThrow(`degradation.on type: expected 'change'`);
    expect(() => runtime.degradation.subscribe('a', 5 as never)).toThrow('degradation.subscribe listener: expected a');
  });
});

test('G7: a feature that is held by hand for a while is let go at the end of it', async () => {
  const { env, runtime, events } = await shop();
  const { degradation } = runtime;
  degradation.feature('search');
  degradation.feature('offers');
  expect(degradation.setFlag('search', false, { ...BY_HAND, forMs: 5_500 })).toBe(false);
  degradation.setFlag('offers', true, { ...BY_HAND, forMs: 60_000 });
  await env.advanceAsync(5_499);
  expect(degradation.isEnabled('search')).toBe(false);
  await env.advanceAsync(1);

  expect(degradation.isEnabled('search')).toBe(true);
  expect(degradation.clearFlag('search', { by: 'ada', reason: 'over' })).toBe(false);
  expect(events.flatMap(({ type }) => (type.startsWith('flag') ? [type] : []))).toEqual([
    'flag.overridden',
    'flag.changed',
    'flag.overridden',
    'flag.released',
    'flag.changed',
  ]);
});

test('advice is of the breaker, the check and the feature of that name, and of the level', async () => {
  const { env, runtime } = await shop();
  const { degradation } = runtime;
  runtime.breaker('payments').forceOpen({ by: 'ada', reason: 'a drill' });
  degradation.feature('search', { until: 'reduced' });
  expect(degradation.advise('payments')).toEqual({ advice: 'halt', reason: 'its breaker is forcedOpen' });
  expect(degradation.availability('payments')).toBe('unavailable');
  expect(degradation.advise('nobody knows it')).toEqual({ advice: 'proceed', reason: 'the level is full' });

  degradation.override('reduced', BY_HAND);
  await env.advanceAsync(0);

  expect(degradation.advise('search').advice).toBe('halt');
  expect(degradation.availability('nobody knows it')).toBe('degraded');
});

test('advice knows what a check said before it was first asked for, and nothing of one that has ended', async () => {
  const { env, runtime } = await shop();
  const end = runtime.health.register('search', async () => 'unhealthy');
  runtime.health.register('mail', async () => 'degraded');
  await env.advanceAsync(1_000);
  const { degradation } = runtime;
  expect(degradation.advise('search')).toEqual({ advice: 'pause', reason: 'its check says unhealthy' });
  expect(degradation.availability('search')).toBe('unavailable');
  expect(degradation.advise('mail')).toEqual({ advice: 'reduce', reason: 'its check says degraded' });
  end();

  expect(degradation.advise('search').advice).toBe('proceed');
  expect(degradation.availability('search')).toBe('available');
});

test('advice asks a breaker of another library, now', async () => {
  const { runtime } = await shop();
  let state = 'closed';
  const end = runtime.health.registerBreaker('mail', { state: () => state });
  const { degradation } = runtime;
  expect(degradation.advise('mail')).toEqual({ advice: 'proceed', reason: 'its breaker is closed' });
  state = 'ajar';
  for (let step = 0; step < 60; step++) expect(degradation.advise('mail').reason).toBe('its breaker cannot be asked');
  expect(runtime.readings().runtime['self']!.callbackFailures).toBe(1);
  state = 'open';
  expect(degradation.advise('mail')).toEqual({ advice: 'pause', reason: 'its breaker is open' });
  expect(degradation.availability('mail')).toBe('unavailable');
  end();

  expect(degradation.availability('mail')).toBe('available');
});

describe('a signal of pain', () => {
  test('takes a step and is an alert before signal() returns, past every mean', async () => {
    const { env, runtime, events } = await shop({ degradation: { worsenDwellMs: 1_000 }, alerts: {} });
    const { degradation } = runtime;
    for (let breaker = 0; breaker < 100; breaker++) runtime.breaker(`well ${breaker}`);
    degradation.feature('offers', { until: 'reduced' });
    await env.advanceAsync(2_000);
    runtime.health.signal('disk full', 0.9);

    expect(degradation.level).toBe('reduced');
    expect(degradation.isEnabled('offers')).toBe(false);
    expect(runtime.health.report().score).toBe(1);
    expect(runtime.alerts.list()).toMatchObject([
      { rule: 'signalRaised', component: 'signal/disk full', severity: 'critical', state: 'firing' },
      { rule: 'levelChanged' },
    ]);
    expect(events.flatMap(({ type }) => (/signal|changed|raised/.test(type) ? [type] : [])).slice(-5)).toEqual([
      'signal.raised',
      'degradation.changed',
      'flag.changed',
      'alert.raised',
      'alert.raised',
    ]);
  });

  test.each([
    { stays: false, level: 'full' },
    { stays: true, level: 'reduced' },
  ])('that is taken back before the dwell is over costs no step, unless another one stays: $stays', async (row) => {
    const { env, runtime } = await shop({ degradation: {} });
    for (let breaker = 0; breaker < 100; breaker++) runtime.breaker(`well ${breaker}`);
    await env.advanceAsync(1_000);
    runtime.health.signal('disk full', 1);
    runtime.health.signal('too hot', 1);
    runtime.health.signal('too hot', 0);
    if (!row.stays) runtime.health.signal('disk full', 0);
    await env.advanceAsync(20_000);

    expect(runtime.degradation.level).toBe(row.level);
  });

  test('that was raised before the level was first asked for counts from then on, if it is live still', async () => {
    const { env, runtime } = await shop();
    for (let breaker = 0; breaker < 100; breaker++) runtime.breaker(`well ${breaker}`);
    runtime.health.signal('over', 1, { ttlMs: 2_000 });
    runtime.health.signal('disk full', 1, { ttlMs: 100_000 });
    await env.advanceAsync(5_000);
    const { degradation } = runtime;
    expect(degradation.level).toBe('full');
    await env.advanceAsync(90_000);
    expect(degradation.reading()).toMatchObject({ changes: 1, reason: 'signal "disk full" hurts, 1 of 1' });
    await env.advanceAsync(60_000);

    expect(degradation.level).toBe('full');
  });

  test('that is said again as less than pain lets go', async () => {
    const { env, runtime } = await shop({ degradation: {} });
    for (let breaker = 0; breaker < 100; breaker++) runtime.breaker(`well ${breaker}`);
    await env.advanceAsync(20_000);
    runtime.health.signal('disk full', 1, { ttlMs: 600_000 });
    await env.advanceAsync(100_000);
    expect(runtime.degradation.level).toBe('reduced');
    runtime.health.signal('disk full', 0.1, { ttlMs: 600_000 });
    await env.advanceAsync(30_000);

    expect(runtime.degradation.level).toBe('full');
  });

  test('that is not algedonic is part of the mean, and no more', async () => {
    const { env, runtime } = await shop({ degradation: { worsenDwellMs: 1_000 }, alerts: {} });
    for (let breaker = 0; breaker < 9; breaker++) runtime.breaker(`well ${breaker}`);
    await env.advanceAsync(2_000);
    runtime.health.signal('disk full', 0.9, { algedonic: false });
    await env.advanceAsync(1_000);

    expect(runtime.degradation.level).toBe('full');
    expect(runtime.health.report().score).toBeCloseTo(0.91);
    expect(runtime.alerts.list()).toEqual([]);
  });
});

test('the readings carry level, features and limits, JSON-safe', async () => {
  const { runtime } = await shop();
  runtime.degradation.feature('__proto__', { until: 'reduced', critical: false });
  runtime.degradation.limit('tokens', { full: 100, reduced: 20 });
  runtime.degradation.override('reduced', BY_HAND);

  const { degradation, flags, limits } = runtime.readings();

  expect(JSON.parse(JSON.stringify(degradation))).toMatchObject({ self: { level: 'reduced', by: 'ada', sinceMs: 0 } });
  expect(Object.entries(flags)).toEqual([
    [
      '__proto__',
      { enabled: false, reason: 'the level is reduced', until: 'reduced', critical: false, needs: [], override: null },
    ],
  ]);
  expect(limits['tokens']!.value).toBe(20);
});

const CIRCLE: { self?: unknown } = {};
CIRCLE.self = CIRCLE;
const DEAD = Proxy.revocable({}, {});
DEAD.revoke();

test.each([
  ['a symbol', Symbol('x')],
  ['a bigint', 5n],
  ['a circle', CIRCLE],
  ['an object without a text', Object.create(null)],
  ['a revoked proxy', DEAD.proxy],
  ['nothing', undefined],
  ['no character', ''],
  ['a text that is far too long', 'x'.repeat(1_000)],
])('%s in the place of a name, or of anything, is refused with a sentence', async (_, given) => {
  const { runtime, events } = await shop();
  const { degradation } = runtime;
  degradation.feature('search');
  const bad = given as never;

  for (const call of [
    () => degradation.override(bad, BY_HAND),
    () => degradation.override('full', { ...BY_HAND, by: bad }),
    () => degradation.override('full', bad),
    () => degradation.release({ by: 'ada', reason: bad }),
    () => degradation.release(bad),
    () => degradation.feature(bad),
    () => degradation.feature(bad, { until: 'reduced' }),
    () => degradation.feature('offers', { needs: [bad] }),
    () => degradation.isEnabled(bad),
    () => degradation.setFlag(bad, true, BY_HAND),
    () => degradation.setFlag('search', bad, BY_HAND),
    () => degradation.setFlag('search', true, bad),
    () => degradation.clearFlag(bad, { by: 'ada', reason: 'over' }),
    () => degradation.clearFlag('search', bad),
    () => degradation.limit(bad),
    () => degradation.limit(bad, { full: 5 }),
    () => degradation.limit('tokens', { full: bad }),
    () => degradation.on(bad, () => {}),
    () => degradation.subscribe(bad, () => {}),
    () => degradation.subscribe('search', bad),
    () => degradation.advise(bad),
    () => degradation.availability(bad),
  ])
    expect(call, String(call)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTIONS',
        message: expect.stringMatching(/^.{1,900}$/) as string,
      }) as Error,
    );
  expect(events.filter(({ type }) => /degradation|flag|limit/.test(type))).toEqual([]);
});

test('a subscriber there is no room for is refused, and hears nothing', async () => {
  const { runtime } = await shop();
  const fill = (): void => {
    for (;;) runtime.events.on('limit.changed', () => {});
  };
  expect(fill).toThrow('at most 65536 listeners');
  runtime.degradation.feature('search');
  const heard: string[] = [];

  expect(() => runtime.degradation.subscribe('*', ({ type }) => heard.push(type))).toThrow(
    expect.objectContaining({ code: 'CAPACITY_EXHAUSTED' }) as Error,
  );
  runtime.degradation.setFlag('search', false, { by: 'ada', reason: 'the launch' });

  expect(heard).toEqual([]);
});

test('a runtime that was stopped takes no hand and no feature, and still says what is on', async () => {
  const { runtime } = await shop();
  const { degradation } = runtime;
  degradation.feature('search');
  degradation.limit('tokens', { full: 5 });
  await runtime.stop();

  for (const late of [
    () => degradation.override('full', BY_HAND),
    () => degradation.feature('other'),
    () => degradation.release({ by: 'ada', reason: 'over' }),
    () => degradation.setFlag('search', false, BY_HAND),
    () => degradation.clearFlag('search', { by: 'ada', reason: 'over' }),
    () => degradation.setFlag(Symbol('x') as never, false, BY_HAND),
    () => degradation.limit('pages', { full: 5 }),
  ])
    expect(late).toThrow(expect.objectContaining({ code: 'STOPPED' }) as Error);
  expect([degradation.level, degradation.isEnabled('search'), degradation.limit('tokens')]).toEqual(['full', true, 5]);
});

test('a runtime that was stopped before its first use has a level all the same', async () => {
  const { env, runtime } = await shop();
  await runtime.stop();

  expect(runtime.degradation.level).toBe('full');
  expect(env.pendingTimers).toBe(0);
});
