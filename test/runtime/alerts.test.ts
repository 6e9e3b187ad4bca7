/** What an application sees of alerts: `runtime.alerts`, its channels, and that nothing it does hurts the others. */
import { describe, expect, test } from 'vitest';
import { createServer } from 'node:http';
import {
  type AlertNotice,
  type AlertSample,
  type AlertsOptions,
  createRuntime,
  type HoldfastEvent,
  type RuntimeOptions,
  type BreakerOptions,
  slack,
  step,
} from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

/** A runtime that tells its alerts to `ops`, and to `boss` only what the options say. */
async function shop(alerts: AlertsOptions = {}, options: RuntimeOptions = {}) {
  const env = createVirtualEnv({ seed: 1 });
  const told: string[] = [];
  const tell = (name: string) => ({
    name,
    deliver: ({ kind, rule, component }: AlertNotice) => told.push(`${name}: ${kind} ${rule} ${component}`),
  });
  const runtime = await createRuntime({
    name: 'shop',
    env,
    ...options,
    alerts: {
      channels: [tell('ops'), tell('boss')],
      routes: { critical: ['ops'], warning: ['ops'], info: [] },
      rules: QUIET,
      ...alerts,
    },
  });
  const events: HoldfastEvent[] = [];
  runtime.events.on('*', (event) => void events.push(event));
  const alertEvents = (): readonly string[] =>
    events
      .filter(({ type }) => type.startsWith('alert'))
      .map((event) => `${event.type} ${'rule' in event ? event.rule : ''}`);
  return { env, runtime, told, events, alertEvents };
}

/** Rules about what these tests do not. */
const QUIET = { availabilityWarning: false, availabilityCritical: false, systemCritical: false } as const;
const BREAKERS_ONLY = { ...QUIET, errorRateWarning: false, errorRateCritical: false } as const;
const BY_HAND = { by: 'ada', reason: 'a drill' };

test('a breaker that opens and stays open is told twice, and its end as well, each once', async () => {
  const { env, runtime, told } = await shop({ rules: BREAKERS_ONLY });
  const payments = runtime.breaker('payments', { consecutiveFailures: 1, openMs: 5_000, autoHalfOpen: true });
  const fail = (): Promise<unknown> => payments.execute(() => Promise.reject(new Error('503'))).catch(() => {});
  for (let second = 0; second < 90; second++) {
    await fail();
    await env.advanceAsync(1_000);
  }
  expect(told).toEqual(['ops: raised breakerOpened breaker/payments', 'ops: raised breakerStuck breaker/payments']);
  expect(runtime.alerts.list()).toMatchObject([
    { rule: 'breakerOpened', state: 'firing', message: 'opened by consecutiveFailures' },
    { rule: 'breakerStuck', state: 'firing', message: 'open for more than 60 s' },
  ]);

  payments.close(BY_HAND);
  await env.advanceAsync(1_000);

  expect(told.slice(2)).toEqual([
    'ops: resolved breakerStuck breaker/payments',
    'ops: resolved breakerOpened breaker/payments',
  ]);
  expect(runtime.alerts.list().map(({ state }) => state)).toEqual(['resolved', 'resolved']);
});

test('an idle breaker that is past its probe deadline is not stuck, however long ago it opened', async () => {
  const { env, runtime, told } = await shop();
  const payments = runtime.breaker('payments', { consecutiveFailures: 1, openMs: 30_000 });
  await payments.execute(() => Promise.reject(new Error('503'))).catch(() => {});
  await env.advanceAsync(300_000);

  expect(told).toEqual(['ops: raised breakerOpened breaker/payments']);
});

/** How often it was told that a breaker is stuck, when calls come so seldom and all fail, for an hour. */
async function stuckInAnHour(options: BreakerOptions, everyMs: number, takingMs = 0): Promise<readonly string[]> {
  const { env, runtime, told } = await shop({ rules: BREAKERS_ONLY });
  const payments = runtime.breaker('payments', options);
  const call = (): Promise<never> =>
    new Promise((_, reject) => void env.setTimer(() => reject(new Error('503')), takingMs, false));
  for (let atMs = 0; atMs < 3_600_000; atMs += everyMs) {
    void payments.execute(call).catch(() => {});
    await env.advanceAsync(everyMs);
  }
  return told;
}

test.each<[string, BreakerOptions, number, number?]>([
  ['every second', { consecutiveFailures: 1, openMs: 5_000 }, 1_000],
  ['every 20 s', { consecutiveFailures: 1, openMs: 5_000 }, 20_000],
  ['every second, and are answered after 45 s', { consecutiveFailures: 1, openMs: 50_000 }, 1_000, 45_000],
])('a breaker that fails every probe is stuck once in an hour, where calls come %s', async (_, ...given) => {
  expect(await stuckInAnHour(...given)).toEqual([
    'ops: raised breakerOpened breaker/payments',
    'ops: raised breakerStuck breaker/payments',
  ]);
});

test('a breaker that waits for a call for longer than half a minute each time is open for 5 s at a time, and never stuck', async () => {
  expect(await stuckInAnHour({ consecutiveFailures: 1, openMs: 5_000 }, 45_000)).toEqual([
    'ops: raised breakerOpened breaker/payments',
  ]);
});

test('a breaker of another library that says for a minute that it is open is stuck, until it says otherwise', async () => {
  const { env, runtime, told } = await shop({ rules: BREAKERS_ONLY });
  let state = 'closed';
  runtime.health.registerBreaker('mail', { state: () => state });
  await env.advanceAsync(2_000);
  state = 'open';
  await env.advanceAsync(600_000);
  expect(told).toEqual(['ops: raised breakerOpened foreign/mail', 'ops: raised breakerStuck foreign/mail']);
  state = 'closed';
  await env.advanceAsync(2_000);

  expect(told.slice(2)).toEqual([
    'ops: resolved breakerStuck foreign/mail',
    'ops: resolved breakerOpened foreign/mail',
  ]);
});

test('calls through a breaker alone count as those of a pipeline do, what it turns away with them; those of a pipeline once', async () => {
  const { env, runtime, told } = await shop({ rules: { ...QUIET, breakerOpened: false } });
  const fail = (): Promise<never> => Promise.reject(new Error('503'));
  const db = runtime.breaker('db', { consecutiveFailures: 3 });
  const quotes = runtime.pipeline('quotes', { breaker: { consecutiveFailures: 3 } });
  for (let count = 0; count < 20; count++) {
    await db.execute(fail).catch(() => {});
    await quotes.execute(fail).catch(() => {});
  }
  await env.advanceAsync(1_000);

  expect(told.filter((line) => line.includes('Critical'))).toEqual([
    'ops: raised errorRateCritical pipeline/quotes',
    'ops: raised errorRateCritical breaker/db',
  ]);
  expect(runtime.alerts.list().find(({ component }) => component === 'breaker/db')).toMatchObject({
    message: '20 of 20 calls failed within 1 min',
  });
});

/** Calls that take 7 s each, one after the other, or at such a distance. */
async function callSlowly({ env, runtime }: Awaited<ReturnType<typeof shop>>, everyMs: number, times: number) {
  const search = runtime.breaker('search', { latency: true });
  for (let time = 0; time < times; time++) {
    void search.execute(() => new Promise<void>((resolve) => void env.setTimer(resolve, 7_000, false)));
    await env.advanceAsync(everyMs);
  }
}

test.each([1_000, 15_000, 25_000, 45_000])(
  'calls every %d ms that take 7 s each are told once, and that it is over when there are no more',
  async (everyMs) => {
    const rig = await shop();
    await callSlowly(rig, everyMs, 600_000 / everyMs);
    expect(rig.told).toEqual([
      'ops: raised latencyCritical breaker/search',
      'ops: raised latencyWarning breaker/search',
    ]);
    await rig.env.advanceAsync(100_000);

    expect(rig.told.slice(2)).toEqual([
      'ops: resolved latencyCritical breaker/search',
      'ops: resolved latencyWarning breaker/search',
    ]);
  },
);

test('one slow call, after which none is made, is told to nobody: what cannot be seen does not count as time', async () => {
  const rig = await shop();
  await callSlowly(rig, 300_000, 1);

  expect(rig.told).toEqual([]);
  expect(rig.runtime.alerts.list()).toEqual([]);
});

test('pain is told before `signal` returns, past every mean and every tick', async () => {
  const { runtime, alertEvents } = await shop();
  runtime.health.signal('disk', 0.9);

  expect(alertEvents()).toEqual(['alert.raised signalRaised']);
  expect(runtime.alerts.list()).toMatchObject([{ component: 'signal/disk', severity: 'critical', state: 'firing' }]);
});

test('pain that was there before anybody looked is told at the first look', async () => {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ name: 'shop', env });
  runtime.health.signal('disk', 0.9, { ttlMs: 60_000 });
  runtime.health.signal('itch', 0.5, { ttlMs: 60_000 });
  await env.advanceAsync(2_000);
  const { alerts } = runtime;
  await env.advanceAsync(1_000);

  expect(alerts.list().filter(({ rule }) => rule === 'signalRaised')).toMatchObject([
    { component: 'signal/disk', message: 'signalled 0.9 of 1', state: 'firing' },
  ]);
});

test('six of a hundred calls that fail within a minute are critical, five are a warning, and half a minute after that it is over', async () => {
  const { env, runtime, told } = await shop();
  const quotes = runtime.pipeline('quotes', {});
  const call = async (failures: number): Promise<void> => {
    for (let count = 0; count < 100; count++)
      await quotes.execute(() => (count < failures ? Promise.reject(new Error('503')) : 1)).catch(() => {});
  };
  await call(5);
  await env.advanceAsync(1_000);
  expect(told).toEqual(['ops: raised errorRateWarning pipeline/quotes']);
  await env.advanceAsync(90_000);
  expect(told.slice(1)).toEqual(['ops: resolved errorRateWarning pipeline/quotes']);
  await call(6);
  await env.advanceAsync(1_000);

  expect(told.slice(2)).toEqual([
    'ops: raised errorRateCritical pipeline/quotes',
    'ops: raised errorRateWarning pipeline/quotes',
  ]);
});

test('a share of failures that goes up and down about the threshold is one alert, until it has been below for a while', async () => {
  const { env, runtime, told } = await shop({ rules: { ...QUIET, errorRateWarning: false } });
  const quotes = runtime.pipeline('quotes', {});
  for (let second = 0; second < 300; second++) {
    const isBad = second % 40 < 3; // within a minute 3 of 60, then 6
    await quotes.execute(() => (isBad ? Promise.reject(new Error('503')) : 'ok')).catch(() => {});
    await env.advanceAsync(1_000);
  }
  expect(told).toEqual(['ops: raised errorRateCritical pipeline/quotes']);
  await env.advanceAsync(120_000);

  expect(told.slice(1)).toEqual(['ops: resolved errorRateCritical pipeline/quotes']);
});

describe('a rule', () => {
  test('waits until its condition has held for `forMs`, and nobody hears of one that did not', async () => {
    const { env, runtime, told, alertEvents } = await shop();
    let isLow = true;
    runtime.alerts.rule({ name: 'stock', forMs: 3_000, when: () => isLow && 'low' });
    await env.advanceAsync(3_000);
    expect(runtime.alerts.list()).toMatchObject([{ state: 'pending', raisedAtMs: null }]);
    isLow = false;
    await env.advanceAsync(1_000);
    expect([runtime.alerts.list(), told, alertEvents()]).toEqual([[], [], []]);
    isLow = true;
    await env.advanceAsync(4_000);

    expect(told).toEqual(['ops: raised stock system']);
    expect(runtime.alerts.list()).toMatchObject([
      { state: 'firing', sinceMs: 5_000, raisedAtMs: 8_000, message: 'low' },
    ]);
  });

  test('resolves only when its condition has been gone for `calmMs`', async () => {
    const { env, runtime, told } = await shop();
    let isLow = true;
    runtime.alerts.rule({ name: 'stock', calmMs: 3_000, when: () => isLow });
    for (const low of [true, false, false, true, false, false]) {
      isLow = low;
      await env.advanceAsync(1_000);
    }
    expect(told).toEqual(['ops: raised stock system']);
    await env.advanceAsync(1_000);

    expect(told).toEqual(['ops: raised stock system', 'ops: resolved stock system']);
  });

  test('may find several components, each of which is an alert of its own', async () => {
    const { env, runtime, told } = await shop();
    let low = ['a', 'b', '__proto__'];
    runtime.alerts.rule({ name: 'stock', when: () => low.map((component) => ({ component, message: 'low' })) });
    await env.advanceAsync(2_000);
    low = ['b'];
    await env.advanceAsync(1_000);

    expect(told).toEqual([
      'ops: raised stock a',
      'ops: raised stock b',
      'ops: raised stock __proto__',
      'ops: resolved stock a',
      'ops: resolved stock __proto__',
    ]);
  });

  test.each<[string, (sample: AlertSample) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    ['returns a promise that rejects', () => Promise.reject(new Error('oops'))],
    ['returns rubbish', () => 7],
    ['returns too many', () => Array.from({ length: 65 }, () => ({ message: 'x' }))],
    ['returns a nameless component', () => ({ component: '', message: 'x' })],
  ])('that %s is inert and counted; what it found holds, and other rules are looked at', async (_, misbehave) => {
    const { env, runtime, told, events } = await shop();
    let when: (sample: AlertSample) => unknown = () => true;
    runtime.alerts.rule({ name: 'broken', when: (sample) => when(sample) as boolean });
    runtime.alerts.rule({ name: 'whole', when: ({ atMs }) => atMs > 1_500 });
    await env.advanceAsync(1_000);
    when = misbehave;
    await env.advanceAsync(1_000);

    expect(told).toEqual(['ops: raised broken system', 'ops: raised whole system']);
    expect(runtime.alerts.list().find(({ rule }) => rule === 'broken')).toMatchObject({ state: 'firing' });
    expect(runtime.alerts.rules().find(({ rule }) => rule === 'broken')).toMatchObject({
      state: 'inert',
      why: expect.any(String),
    });
    expect(events.filter(({ type }) => type === 'callback.failed')).toMatchObject([
      { callback: 'alert rule "broken" when' },
    ]);
  });

  test.each<[string, (sample: AlertSample) => unknown]>([
    ['the sample', (sample) => Reflect.deleteProperty(sample, 'calls')],
    ['a section', ({ breakers }) => Reflect.deleteProperty(breakers, 'payments')],
    ['an entry', ({ breakers }) => Reflect.set(breakers['payments']!, 'state', 'open')],
    ['what is in an entry', ({ breakers }) => Reflect.set(breakers['payments']!.calls!, 'failure', 99)],
  ])('cannot spoil %s for the next', async (_, spoil) => {
    const { env, runtime } = await shop();
    runtime.breaker('payments');
    const spoilt: unknown[] = [];
    const seen: AlertSample[] = [];
    runtime.alerts.rule({ name: 'spoils', when: (sample) => (spoilt.push(spoil(sample)), false) });
    runtime.alerts.rule({ name: 'looks', when: (sample) => (seen.push(sample), false) });
    await env.advanceAsync(1_000);

    expect(spoilt).toEqual([false]);
    expect(seen[0]!.calls).toEqual({});
    expect(seen[0]!.breakers['payments']).toMatchObject({ state: 'closed', calls: { failure: 0 } });
  });

  test('that is ended resolves what it found, and its name is free', async () => {
    const { env, runtime, told } = await shop();
    const end = runtime.alerts.rule({ name: 'stock', when: () => true });
    expect(() => runtime.alerts.rule({ name: 'stock', when: () => true })).toThrow('a name no rule has');
    expect(() => runtime.alerts.rule({ name: 'queueDepth', when: () => true })).toThrow('a name no rule has');
    await env.advanceAsync(1_000);
    end();
    end();
    runtime.alerts.rule({ name: 'stock', when: () => false });
    await env.advanceAsync(0);

    expect(told).toEqual(['ops: raised stock system', 'ops: resolved stock system']);
  });

  test('that ends itself, or is ended by who hears of what it found, leaves nothing behind', async () => {
    const { env, runtime, told } = await shop();
    for (let round = 0; round < 300; round++) {
      const end = runtime.alerts.rule({
        name: 'once',
        when: () => {
          end();
          return 'found';
        },
      });
      await env.advanceAsync(1_000);
    }
    const endTwo = runtime.alerts.rule({
      name: 'two',
      when: () => ['x', 'y'].map((component) => ({ component, message: 'found' })),
    });
    const stop = runtime.events.on('alert.raised', () => endTwo());
    await env.advanceAsync(1_000);
    stop();
    runtime.alerts.rule({ name: 'later', when: () => true });
    await env.advanceAsync(1_000);

    expect(told).toEqual(['ops: raised two x', 'ops: resolved two x', 'ops: raised later system']);
    expect(runtime.readings().alerting['self']).toMatchObject({ overflow: 0 });
    expect(runtime.alerts.list().filter(({ state }) => state !== 'resolved')).toMatchObject([{ rule: 'later' }]);
  });

  test('of ours can be turned off, and changed', async () => {
    const { env, runtime, told } = await shop({
      rules: {
        breakerOpened: false,
        systemCritical: false,
        errorRateCritical: { threshold: 0.5, severity: 'info' },
        errorRateWarning: { runbook: 'https://wiki.example/errors', channels: ['boss'], forMs: 1_000 },
      },
    });
    const quotes = runtime.pipeline('quotes', { breaker: {} });
    for (let count = 0; count < 20; count++)
      await quotes.execute(() => (count % 2 ? 1 : Promise.reject(new Error('503')))).catch(() => {});
    await env.advanceAsync(2_000);

    expect(told).toEqual(['boss: raised errorRateWarning pipeline/quotes']);
    const rules = new Map(runtime.alerts.rules().map((rule) => [rule.rule, rule]));
    expect(rules.get('breakerOpened')).toMatchObject({ state: 'off' });
    expect(rules.get('errorRateCritical')).toMatchObject({ severity: 'info', threshold: 0.5, state: 'active' });
    expect(rules.get('errorRateWarning')).toMatchObject({ runbook: 'https://wiki.example/errors', forMs: 1_000 });
  });

  test('without a source is inert, and listed as such, until there is one', async () => {
    const { runtime } = await shop();
    const stateOf = (name: string) => runtime.alerts.rules().find(({ rule }) => rule === name);
    expect(stateOf('queueDepth')).toMatchObject({ state: 'inert', why: 'there is no bulkhead' });
    expect(stateOf('rateLimited')).toMatchObject({ state: 'inert' });

    runtime.pipeline('quotes', { bulkhead: { maxConcurrent: 1 }, rateLimit: { limit: 1 } });

    expect(stateOf('queueDepth')).toMatchObject({ state: 'active', why: null });
    expect(stateOf('rateLimited')).toMatchObject({ state: 'active' });
  });
});

describe('a person', () => {
  test('who acknowledges it ends the escalation, which told more people the longer nobody did', async () => {
    const { env, runtime, told, alertEvents } = await shop({
      escalation: [
        { afterMs: 60_000, channels: ['boss'] },
        { afterMs: 30_000, channels: ['ops'] },
        { afterMs: 90_000, channels: ['boss'] },
      ],
    });
    runtime.health.signal('pain', 1, { ttlMs: 1_000_000 });
    await env.advanceAsync(61_000);
    expect(told).toEqual([
      'ops: raised signalRaised signal/pain',
      'ops: escalated signalRaised signal/pain',
      'boss: escalated signalRaised signal/pain',
    ]);
    const { alert } = runtime.alerts.list()[0]!;
    runtime.alerts.ack(alert, { by: 'ada' });
    await env.advanceAsync(100_000);
    runtime.health.signal('pain', 0);
    await env.advanceAsync(1_000);

    expect(told.slice(3)).toEqual([
      'ops: acknowledged signalRaised signal/pain',
      'boss: acknowledged signalRaised signal/pain',
      'ops: resolved signalRaised signal/pain',
      'boss: resolved signalRaised signal/pain',
    ]);
    expect(runtime.alerts.list()).toMatchObject([{ state: 'resolved', acknowledgedBy: 'ada', escalations: 2 }]);
    expect(alertEvents().at(-2)).toBe('alert.acknowledged signalRaised');
    expect(() => runtime.alerts.ack(alert, { by: 'ada' })).toThrow(
      expect.objectContaining({ code: 'ILLEGAL_TRANSITION' }),
    );
    expect(() => runtime.alerts.ack('nobody', { by: 'ada' })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS' }),
    );
  });

  test('hears from each event of an alert which component it is about', async () => {
    const { env, runtime, events } = await shop({ escalation: [{ afterMs: 60_000, channels: ['boss'] }] });
    runtime.health.signal('pain', 1, { ttlMs: 1_000_000 });
    await env.advanceAsync(61_000);
    runtime.alerts.ack(runtime.alerts.list()[0]!.alert, { by: 'ada' });
    runtime.health.signal('pain', 0);
    await env.advanceAsync(1_000);

    expect(
      events.flatMap((event) =>
        event.type.startsWith('alert.') ? [[event.type, 'component' in event && event.component]] : [],
      ),
    ).toEqual([
      ['alert.raised', 'signal/pain'],
      ['alert.escalated', 'signal/pain'],
      ['alert.acknowledged', 'signal/pain'],
      ['alert.resolved', 'signal/pain'],
    ]);
  });

  test('who listens may acknowledge it at once: the channel hears it in order', async () => {
    const { env, runtime, told } = await shop();
    runtime.events.on('alert.raised', ({ alert }) => runtime.alerts.ack(alert, { by: 'a script' }));
    runtime.health.signal('pain', 1);
    await env.advanceAsync(0);

    expect(told).toEqual(['ops: raised signalRaised signal/pain', 'ops: acknowledged signalRaised signal/pain']);
  });

  test('who silences hears nothing until it is over, then what still holds', async () => {
    const { env, runtime, told, events } = await shop();
    runtime.alerts.silence({ component: 'signal/pain', forMs: 10_000, ...BY_HAND });
    runtime.health.signal('pain', 1, { ttlMs: 1_000_000 });
    runtime.health.signal('other', 1, { ttlMs: 1_000_000 });
    await env.advanceAsync(9_000);
    expect(told).toEqual(['ops: raised signalRaised signal/other']);
    expect(runtime.alerts.list()[0]).toMatchObject({ state: 'silenced', component: 'signal/pain' });
    expect(events.find(({ type }) => type === 'alert.raised')).toMatchObject({ silenced: true });
    expect(runtime.readings().alerting['self']!.silences).toMatchObject([
      { component: 'signal/pain', rule: null, untilMs: 10_000 },
    ]);
    await env.advanceAsync(1_000);

    expect(told.slice(1)).toEqual(['ops: raised signalRaised signal/pain']);
    expect(events.filter(({ type }) => type.startsWith('alerts.'))).toMatchObject([
      { type: 'alerts.silenced', by: 'ada', reason: 'a drill', forMs: 10_000 },
      { type: 'alerts.unsilenced', why: 'expired' },
    ]);
  });

  test('who silences what was told stops its escalation, and is told of its end', async () => {
    const { env, runtime, told } = await shop({ escalation: [{ afterMs: 5_000, channels: ['boss'] }] });
    runtime.health.signal('pain', 1, { ttlMs: 1_000_000 });
    const end = runtime.alerts.silence({ rule: 'signalRaised', forMs: 100_000, ...BY_HAND });
    await env.advanceAsync(50_000);
    expect(told).toEqual(['ops: raised signalRaised signal/pain']);
    runtime.health.signal('pain', 0);
    await env.advanceAsync(1_000);
    end();

    expect(told.slice(1)).toEqual(['ops: resolved signalRaised signal/pain']);
    expect(runtime.readings().alerting['self']!.silences).toEqual([]);
  });

  test('who was told before a silence is not told again after it, and is escalated to from then on', async () => {
    const { env, runtime, told } = await shop({ escalation: [{ afterMs: 5_000, channels: ['boss'] }] });
    runtime.health.signal('pain', 1, { ttlMs: 1_000_000 });
    runtime.alerts.silence({ rule: 'signalRaised', component: 'signal/pain', forMs: 10_000, ...BY_HAND });
    await env.advanceAsync(14_000);
    expect(told).toEqual(['ops: raised signalRaised signal/pain']);
    await env.advanceAsync(1_000);

    expect(told.slice(1)).toEqual(['boss: escalated signalRaised signal/pain']);
  });

  test('who acknowledges it while one step of the escalation is told keeps the next from being taken', async () => {
    const step = { afterMs: 5_000, channels: ['boss'] };
    const { env, runtime, told } = await shop({ escalation: [step, step] });
    runtime.events.on('alert.escalated', ({ alert }) => runtime.alerts.ack(alert, { by: 'a script' }));
    runtime.health.signal('pain', 1);
    await env.advanceAsync(5_000);

    expect(told.filter((line) => line.includes('escalated'))).toEqual(['boss: escalated signalRaised signal/pain']);
  });

  test('who silences must say what, for how long, who and why', async () => {
    const { runtime } = await shop();

    expect(() => runtime.alerts.silence({ forMs: 1, ...BY_HAND })).toThrow(
      'alerts.silence: expected a rule, a component, or both',
    );
    expect(() => runtime.alerts.silence({ rule: 'x', forMs: 1 } as never)).toThrow('alerts.silence.by');
  });
});

describe('channels', () => {
  test('that are asked for by a recovery are told; where it asks for none there is, those of its severity', async () => {
    const { env, runtime, told } = await shop();
    for (const [service, channel] of [
      ['a', 'boss'],
      ['b', 'nobody'],
    ] as const)
      runtime.recovery.schedule(service, {
        strategy: 'immediate',
        steps: [step.escalate({ channels: [channel], message: 'help' })],
        policy: { maxAttempts: 1 },
      });
    await env.advanceAsync(1_000);

    expect(told.filter((line) => line.includes('recoveryEscalated'))).toEqual([
      'boss: raised recoveryEscalated service/a',
      'ops: raised recoveryEscalated service/b',
    ]);
  });

  test('that hang or fail hold up neither the runtime nor each other', async () => {
    const told: string[] = [];
    const { env, runtime, events } = await shop({
      channels: [
        { name: 'hangs', deliver: () => new Promise(() => {}) },
        {
          name: 'throws',
          deliver: () => {
            throw new Error('CANARY');
          },
        },
        function works({ rule }) {
          told.push(rule);
        },
      ],
      routes: {},
    });
    runtime.health.signal('pain', 1, { ttlMs: 1_000_000 });
    await env.advanceAsync(60_000);

    expect(told).toEqual(['signalRaised', 'deliveryFailed', 'deliveryFailed']);
    const { channels } = runtime.readings().alerting['self']!;
    expect(channels['works']).toMatchObject({ delivered: 3, error: null });
    expect(channels['hangs']).toMatchObject({ delivered: 0, error: 'TIMEOUT' });
    expect(channels['throws']).toMatchObject({ delivered: 0, error: 'Error' });
    expect(events.filter(({ type }) => type === 'channel.failed')).toHaveLength(2);
  });

  test('that are down for an hour are told once, by the others, and by one rule; and that they are back, to all', async () => {
    let isDown = true;
    const { env, runtime, told } = await shop({
      channels: [
        {
          name: 'slack',
          deliver({ kind, rule, component }: AlertNotice) {
            if (isDown) throw new Error('CANARY');
            told.push(`slack: ${kind} ${rule} ${component}`);
          },
        },
        {
          name: 'ops',
          deliver: ({ kind, rule, component }: AlertNotice) => told.push(`ops: ${kind} ${rule} ${component}`),
        },
      ],
      routes: {},
      rules: {},
    });
    runtime.pipeline('quotes', { breaker: {} });
    runtime.health.signal('pain', 1, { ttlMs: 3_700_000 });
    await env.advanceAsync(3_600_000);

    expect(told.filter((line) => line.includes('channel'))).toEqual(['ops: raised deliveryFailed channel/slack']);
    expect(told.filter((line) => /breaker|pipeline/.test(line))).toEqual([]);
    const { breakers, pipelines, samples } = runtime.readings();
    expect(breakers['channel slack']!.state).not.toBe('closed');
    expect(pipelines['channel slack']!.calls).toBeGreaterThan(0);
    for (const { outcomes } of Object.values(samples)) expect(Object.values(outcomes)).toEqual([0, 0, 0, 0, 0, 0, 0]);

    isDown = false;
    runtime.health.signal('more', 1);
    await env.advanceAsync(600_000);
    expect(told).toContain('ops: resolved deliveryFailed channel/slack');
    expect(told).toContain('slack: raised signalRaised signal/more');
  });

  test('are told of a sink that does not take what it is given, and not what it said', async () => {
    const { env, runtime, told } = await shop(
      {},
      {
        metering: {
          sinks: [
            {
              name: 'billing',
              deliver: () => {
                throw new Error('CANARY');
              },
            },
          ],
        },
      },
    );
    runtime.metering.record({ tenant: 'acme', operation: 'chat', tokens: 1 });
    await env.advanceAsync(60_000);

    expect(told).toEqual(['ops: raised deliveryFailed sink/billing']);
    expect(runtime.alerts.list()[0]!.message).toBe('does not take the usage it is given');
    await runtime.stop();
  });

  test('are told before the runtime has stopped, and the stop waits for one that hangs no longer than two seconds', async () => {
    const { runtime, told } = await shop();
    runtime.health.signal('pain', 1);
    await runtime.stop();
    expect(told).toEqual(['ops: raised signalRaised signal/pain']);
    const { env: other, runtime: hanging } = await shop({
      channels: [{ name: 'hangs', deliver: () => new Promise(() => {}) }],
      routes: {},
    });
    hanging.health.signal('pain', 1);
    const stopped = hanging.stop();
    await other.advanceAsync(2_000);
    await stopped;
    expect(() => hanging.alerts.silence({ rule: 'x', forMs: 1, ...BY_HAND })).toThrow(
      expect.objectContaining({ code: 'STOPPED' }),
    );
  });

  test('that all hang are given their last two seconds side by side', async () => {
    const channels = Array.from({ length: 16 }, (_, index) => ({
      name: `channel ${index}`,
      deliver: () => new Promise(() => {}),
    }));
    const { env, runtime } = await shop({ channels, routes: {} });
    runtime.health.signal('pain', 1);
    await env.advanceAsync(0);
    let isStopped = false;
    const stopped = runtime.stop().then(() => (isStopped = true));
    await env.advanceAsync(1_999);
    expect(isStopped).toBe(false);
    await env.advanceAsync(1);
    await stopped;

    expect(env.pendingTimers).toBe(0);
  });

  test('that hang while a drill restarts all of the bridge go on afterwards', async () => {
    const told: string[] = [];
    let hangs = true;
    const ops = {
      name: 'ops',
      timeoutMs: 3_000,
      deliver: ({ component }: AlertNotice) => (hangs ? new Promise(() => {}) : told.push(component)),
    };
    const { env, runtime } = await shop({ channels: [ops], routes: {} });
    for (const pain of ['one', 'two']) runtime.health.signal(pain, 1, { ttlMs: 1_000_000 });
    await env.advanceAsync(0);
    const killed = runtime.supervisor.kill('root/control', BY_HAND);
    await env.advanceAsync(1_000);
    await killed;
    hangs = false;
    await env.advanceAsync(60_000);

    expect(told).toEqual(['signal/one', 'signal/two']);
  });

  test('are told of what is critical over all that is not, and late rather than never', async () => {
    const { env, runtime, told } = await shop({
      perMinute: 3,
      rules: { breakerStuck: false, systemCritical: false },
      escalation: [{ afterMs: 10_000, channels: ['boss'] }],
    });
    for (let breaker = 0; breaker < 5; breaker++) runtime.breaker(`b${breaker}`).open(BY_HAND);
    for (const pain of ['one', 'two', 'three']) runtime.health.signal(pain, 1, { ttlMs: 10_000_000 });
    await env.advanceAsync(59_999);
    const ops = (): readonly string[] => told.filter((line) => line.startsWith('ops')).map((line) => line.slice(5));
    expect(ops()).toEqual([
      'raised breakerOpened breaker/b0',
      'raised breakerOpened breaker/b1',
      'raised signalRaised signal/one',
    ]);
    await env.advanceAsync(1);

    expect(ops().slice(3)).toEqual(['raised signalRaised signal/two', 'raised signalRaised signal/three']);
    expect(told.filter((line) => line.startsWith('boss'))).toHaveLength(3);
  });

  test('that have no place left are not said to have been escalated to, until they are', async () => {
    const { env, runtime, events } = await shop({
      perMinute: 1,
      escalation: [{ afterMs: 10_000, channels: ['ops', 'boss'] }],
    });
    runtime.health.signal('one', 1, { ttlMs: 10_000_000 });
    await env.advanceAsync(10_000);
    const steps = () => events.flatMap((event) => (event.type === 'alert.escalated' ? [event] : []));
    expect(steps()).toMatchObject([{ channels: ['boss'] }]);
    runtime.health.signal('two', 1, { ttlMs: 10_000_000 });
    await env.advanceAsync(30_000);
    expect(steps()).toHaveLength(1);
    await env.advanceAsync(60_000);

    expect(steps().slice(1)).toMatchObject([{ channels: ['boss'], atMs: 70_000 }]);
  });

  test('may answer what they are told at once, and are told all of it once, in order', async () => {
    const { env, runtime, told, alertEvents } = await shop({
      channels: [
        {
          name: 'bot',
          deliver: ({ kind, alert, rule }: AlertNotice) => {
            told.push(`bot: ${kind} ${rule}`);
            if (kind === 'raised') runtime.alerts.ack(alert, { by: 'bot' });
          },
        },
        { name: 'ops', deliver: ({ kind, rule }: AlertNotice) => told.push(`ops: ${kind} ${rule}`) },
      ],
      routes: {},
    });
    runtime.health.signal('pain', 1);
    await env.advanceAsync(0);

    expect(told.filter((line) => line.startsWith('bot'))).toEqual([
      'bot: raised signalRaised',
      'bot: acknowledged signalRaised',
    ]);
    expect(told.filter((line) => line.startsWith('ops'))).toEqual([
      'ops: raised signalRaised',
      'ops: acknowledged signalRaised',
    ]);
    expect(alertEvents()).toEqual(['alert.raised signalRaised', 'alert.acknowledged signalRaised']);
  });

  test('that are tried with a test leave the incidents of a rule called `test` alone', async () => {
    const keys = new Map<string, string>();
    const ops = { name: 'ops', deliver: ({ kind, key }: AlertNotice) => void keys.set(kind, key) };
    const { env, runtime } = await shop({ channels: [ops], routes: {} });
    runtime.alerts.rule({ name: 'test', when: () => true });
    await env.advanceAsync(1_000);
    await runtime.alerts.test('ops');

    expect(keys.get('raised')).toBe('shop/test/system');
    expect(keys.get('test')).not.toBe(keys.get('raised'));
  });

  test('are not told of hints unless hints are routed to them', async () => {
    const { env, runtime, told } = await shop({ routes: { info: ['boss'], warning: [] } }, { degradation: {} });
    runtime.degradation.override('reduced', { forMs: 5_000, ...BY_HAND });
    runtime.health.register('disk', () => 'unhealthy');
    runtime.breaker('payments').forceOpen(BY_HAND);
    await env.advanceAsync(2_000);

    expect(told.filter((line) => !line.includes('critical'))).toEqual([
      'boss: raised levelChanged level/reduced',
      'boss: raised checkFailed check/disk',
    ]);
  });

  test('are all told of what is critical or a warning, and none of a hint, where nothing is routed', async () => {
    const { env, runtime, told } = await shop({ routes: {} });
    runtime.health.register('disk', () => 'unhealthy');
    await env.advanceAsync(2_000);
    expect(runtime.alerts.list()).toMatchObject([{ rule: 'checkFailed', state: 'firing' }]);
    expect(told).toEqual([]);
    runtime.breaker('payments').forceOpen(BY_HAND);
    await env.advanceAsync(0);

    expect(told).toEqual(['ops: raised breakerOpened breaker/payments', 'boss: raised breakerOpened breaker/payments']);
  });

  test('that a test cannot reach say what kind of trouble it was; names nobody has are refused', async () => {
    const { env, runtime } = await shop({ channels: [slack({ webhookUrl: 'http://slack/CANARY' })], routes: {} });
    await env.listen(
      createServer((_, response) => response.writeHead(404).end()),
      { host: 'slack', port: 80 },
    );

    await expect(runtime.alerts.test('slack')).rejects.toThrow(
      'channel "slack": expected the test to be taken, received: answered 404',
    );
    await expect(runtime.alerts.test('slakc')).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });
});

describe('alerting goes on', () => {
  test('when its part of the tree dies: what fires goes on firing, and what happens meanwhile is not missed', async () => {
    const { env, runtime, told } = await shop({ escalation: [{ afterMs: 30_000, channels: ['boss'] }] });
    runtime.health.signal('pain', 1, { ttlMs: 1_000_000 });
    await runtime.supervisor.kill('root/control/alerts', BY_HAND);
    await runtime.supervisor.kill('root/control/channels', BY_HAND);
    runtime.health.signal('more', 1, { ttlMs: 1_000_000 });
    await env.advanceAsync(31_000);

    expect(told).toEqual([
      'ops: raised signalRaised signal/pain',
      'ops: raised signalRaised signal/more',
      'boss: escalated signalRaised signal/pain',
      'boss: escalated signalRaised signal/more',
    ]);
  });

  test('when the root has given up', async () => {
    const { env, runtime, told } = await shop();
    let hasGivenUp = false;
    runtime.alerts.rule({ name: 'given up', when: () => hasGivenUp });
    for (let time = 0; time < 6; time++) {
      await runtime.supervisor.kill('root/control', BY_HAND);
      await env.advanceAsync(6_000);
    }
    expect(runtime.supervisor.tree().state).toBe('stopped');
    hasGivenUp = true;
    await env.advanceAsync(1_000);

    expect(told).toEqual(['ops: raised given up system']);
    await runtime.stop();
    expect(env.pendingTimers).toBe(0);
  });

  test('beyond 256 alerts of one severity, counted, with room left for the critical', async () => {
    const { env, runtime } = await shop();
    for (let rule = 0; rule < 5; rule++)
      runtime.alerts.rule({
        name: `rule ${rule}`,
        severity: 'info',
        when: () => Array.from({ length: 64 }, (_, at) => ({ component: `c${at}`, message: 'x' })),
      });
    await env.advanceAsync(1_000);
    runtime.health.signal('pain', 1);

    expect(runtime.alerts.list()).toHaveLength(257);
    expect(runtime.readings().alerting['self']).toMatchObject({ raised: 257, overflow: 64 });
  });

  test('and of what is over the last 64 are shown', async () => {
    const { env, runtime } = await shop();
    let at = 0;
    runtime.alerts.rule({ name: 'stock', when: () => ({ component: `c${at}`, message: 'x' }) });
    for (at = 0; at < 70; at++) await env.advanceAsync(1_000);

    expect(runtime.alerts.list()).toHaveLength(65);
    expect(Object.values(runtime.readings().alerts).map(({ component }) => component)).toEqual(
      Array.from({ length: 65 }, (_, index) => `c${index + 5}`),
    );
  });
});

test('no notice of a rule of ours repeats what an error said: it may hold a password', async () => {
  const notices: AlertNotice[] = [];
  const { env, runtime } = await shop({
    channels: [{ name: 'ops', deliver: (notice) => void notices.push(notice) }],
    routes: { critical: ['ops'], warning: ['ops'], info: ['ops'] },
  });
  const fail = (): never => {
    throw new Error('connect to postgres://shop:CANARY@db failed');
  };
  runtime.health.register('db', () => fail());
  runtime.breaker('db');
  await env.advanceAsync(1_000);
  runtime.recovery.setPolicy('db', { maxAttempts: 1 });
  await runtime.executeWithHealing('db', fail, { kind: 'once' }).catch(() => {});
  runtime.recovery.schedule('stock', {
    strategy: 'immediate',
    reason: 'it is down',
    steps: [{ name: 'ask', run: fail }],
    policy: { maxAttempts: 1, healthCheck: () => 'healthy' },
  });
  runtime.recovery.schedule('search', {
    strategy: 'immediate',
    steps: [step.escalate({ channels: ['ops'] }), { name: 'ask', run: fail }],
    policy: { maxAttempts: 1 },
  });
  await env.advanceAsync(10_000);

  const told = notices.map(({ rule, component, message }) => `${rule} ${component} · ${message}`);
  expect(told).toEqual(
    expect.arrayContaining([
      'recoveryExhausted service/stock · not recovered in 1 attempt: it is down',
      'recoveryStarted service/db · being recovered (immediate): a call failed: Error',
      'recoveryEscalated service/search · search: recovery attempt 1 (by hand)',
      'checkFailed check/db · unhealthy',
    ]),
  );
  expect(JSON.stringify(notices)).not.toContain('CANARY');
});

test('nothing of it runs before it is used, and options bring it to life', async () => {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ name: 'shop', env });
  const timers = env.pendingTimers;
  expect(runtime.readings().alerting['self']).toEqual({
    raised: 0,
    resolved: 0,
    overflow: 0,
    silences: [],
    channels: {},
  });
  expect(env.pendingTimers).toBe(timers);

  void runtime.alerts;

  expect(env.pendingTimers).toBe(timers + 1);
  expect(env.keepsAlive).toBe(false);
});

test('options that are wrong are named', async () => {
  const make = (alerts: unknown): Promise<unknown> => createRuntime({ alerts: alerts as AlertsOptions });
  const ops = { name: 'ops', deliver: () => {} };

  await expect(make({ rules: { queuDepth: false } })).rejects.toThrow('did you mean "queueDepth"?');
  await expect(make({ rules: { breakerOpened: { threshold: 1 } } })).rejects.toThrow('has no key "threshold"');
  await expect(make({ channels: [ops, ops] })).rejects.toThrow(
    'runtime.alerts.channels: expected channels of different names',
  );
  await expect(make({ channels: [{ name: 'ops' }] })).rejects.toThrow('expected a channel with deliver');
  await expect(make({ channels: [ops], routes: { critical: ['opps'] } })).rejects.toThrow(
    'runtime.alerts.routes.critical: expected names of channels (ops), received "opps"',
  );
  await expect(make({ escalation: [{ afterMs: 1, channels: ['ops'] }] })).rejects.toThrow('(there is none)');
  await expect(make({ rules: { queueDepth: { runbook: 'javascript:alert(1)' } } })).rejects.toThrow(
    'runbook: expected an http or https URL',
  );
});

test.each([
  ['errorRateCritical', 5, 'a share from 0 to 1 (5 % is 0.05)'],
  ['errorRateWarning', -1, 'a share from 0 to 1 (5 % is 0.05)'],
  ['availabilityCritical', 95, 'a share from 0 to 1 (5 % is 0.05)'],
  ['latencyWarning', -1, 'milliseconds, a number from 0 to 2147483647'],
  ['breakerStuck', Infinity, 'milliseconds, a number from 0 to 2147483647'],
  ['queueDepth', -1, 'a number of calls, 0 or more'],
  ['rateLimited', NaN, 'a number of calls, 0 or more'],
])('a threshold of %s that could never be met, or always, is refused: %d', async (rule, threshold, expected) => {
  await expect(createRuntime({ alerts: { rules: { [rule]: { threshold } } } })).rejects.toMatchObject({
    code: 'INVALID_OPTIONS',
    message: `runtime.alerts.rules.${rule}.threshold: expected ${expected}, received ${threshold}`,
  });
});
