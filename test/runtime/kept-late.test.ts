/** A store that is down when a process starts: what an earlier one kept is taken up when the file can be used. */
import { expect, test } from 'vitest';
import type { Database } from '../../src/core/env.ts';
import { createRuntime, type HoldfastEvent, type Runtime, type RuntimeOptions, step } from '../../src/index.ts';
import { type FileEnv, fileEnv, freshPath, select } from '../durable/stores/store-rig.ts';

interface Told {
  readonly kind: string;
  readonly component: string;
}

const HOUR_MS = 3_600_000;
const BY = { by: 'ada', reason: 'the move' } as const;
const HELD = { ...BY, forMs: HOUR_MS } as const;
const BREAKER = { consecutiveFailures: 1, openMs: HOUR_MS } as const;
const PROVIDERS = { order: ['home', 'backup'] };
const NO_CHANNEL: RuntimeOptions = { degradation: {} };

interface Life {
  readonly runtime: Runtime;
  readonly env: FileEnv;
  readonly events: HoldfastEvent[];
  /** The disk is back, and the store with it. */
  back(): Promise<void>;
}

/** Processes one after the other over one file: one that has it, one that begins without, and others that have it. */
async function lives(
  options: RuntimeOptions,
  first: (life: Life) => Promise<void> | void,
  second: (life: Life) => Promise<void>,
  third: (life: Life) => Promise<void> = async () => {},
): Promise<string> {
  const path = freshPath();
  let isDown = false;
  let goneMs = 0;
  const heeded = (database: Database): Database => {
    if (isDown) {
      database.close();
      throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 10 });
    }
    return database;
  };
  for (const [at, live] of [first, second, third].entries()) {
    isDown = at === 1;
    const env = fileEnv(at + 1, heeded);
    env.jumpWall(goneMs);
    const beganMs = env.now();
    const runtime = await env.settle(createRuntime({ name: 'shop', env, store: { path }, ...options }));
    const events: HoldfastEvent[] = [];
    runtime.events.on('*', (event) => events.push(event));
    const back = async (): Promise<void> => {
      expect(runtime.readings().store['self']).toMatchObject({ state: 'degraded' });
      isDown = false;
      const store = (): string => runtime.readings().store['self']!.state;
      const writer = (): string => runtime.readings().children['root/store/writer']!.state;
      while (store() !== 'ready')
        if (writer() === 'backoff') await env.advanceAsync(100);
        else await env.settle(Promise.resolve()); // its disk is a real one: no time passes meanwhile
      await env.advanceAsync(1_000);
    };
    await live({ runtime, env, events, back });
    await env.settle(runtime.stop());
    goneMs += env.now() - beganMs;
  }
  return path;
}

const fail = (runtime: Runtime, breaker: string): Promise<unknown> =>
  runtime
    .breaker(breaker, BREAKER)
    .execute(() => Promise.reject(new Error('503')))
    .catch(() => {});

test('a level that a person holds is held again, whatever was measured meanwhile', async () => {
  await lives(
    { degradation: { worsenDwellMs: 100, improveDwellMs: 100 } },
    ({ runtime }) => runtime.degradation.override('minimal', HELD),
    async ({ runtime, env, back }) => {
      runtime.health.signal('heat', 1); // a step down
      await env.advanceAsync(5_000);
      runtime.health.signal('heat', 0);
      await env.advanceAsync(2_000);
      expect(runtime.readings().degradation['self']!.changes).toBeGreaterThan(1);
      await back();

      expect(runtime.degradation.reading()).toMatchObject({ level: 'minimal', override: { by: 'ada' } });
    },
  );
});

test.each<readonly [string, (runtime: Runtime) => unknown]>([
  ['by another', (runtime) => runtime.degradation.override('full', HELD)],
  ['for a while', (runtime) => (runtime.degradation.override('full', HELD), runtime.degradation.release(BY))],
  ['who lets it go unread', (runtime) => expect(runtime.degradation.release(BY)).toBe(false)],
])('a level that is held meanwhile %s is not held as it was before', async (_, act) => {
  await lives(
    NO_CHANNEL,
    ({ runtime }) => runtime.degradation.override('emergency', HELD),
    async ({ runtime, back }) => {
      act(runtime);
      await back();

      expect(runtime.degradation.level).not.toBe('emergency');
    },
  );
});

test('features are held off as they were, but for those a person has had in hand since', async () => {
  const off = ['search', 'chat', 'mail', 'maps'];
  await lives(
    NO_CHANNEL,
    ({ runtime }) => {
      for (const feature of off) {
        runtime.degradation.feature(feature);
        runtime.degradation.setFlag(feature, false, HELD);
      }
    },
    async ({ runtime, back }) => {
      for (const feature of off) runtime.degradation.feature(feature);
      runtime.degradation.setFlag('chat', false, BY);
      runtime.degradation.clearFlag('chat', BY);
      expect(runtime.degradation.clearFlag('mail', BY)).toBe(false);
      runtime.degradation.setFlag('maps', true, BY);
      await back();

      expect(off.map((feature) => runtime.degradation.isEnabled(feature))).toEqual([false, true, true, true]);
    },
  );
});

test('where degradation begins with its first use, it finds them then', async () => {
  await lives(
    {},
    ({ runtime }) => runtime.degradation.override('minimal', HELD),
    async ({ runtime, env, back }) => {
      await back();
      void runtime.degradation;
      await env.advanceAsync(0);

      expect(runtime.degradation.level).toBe('minimal');
    },
  );
});

test('an alert that people were told of is ended; one that holds is not told again', async () => {
  const told: string[] = [];
  const channel = ({ kind, component }: Told): void => void told.push(`${kind} ${component}`);
  const few = { name: 'few', when: () => ({ component: 'stock', message: 'few left' }) };
  await lives(
    { alerts: { channels: [channel] } },
    async ({ runtime, env }) => {
      runtime.health.signal('disk full', 1);
      runtime.alerts.rule(few);
      await env.advanceAsync(5_000);
    },
    async ({ runtime, env, back }) => {
      await back();
      runtime.alerts.rule(few);
      await env.advanceAsync(60_000);
    },
  );

  expect(told.filter((line) => line.endsWith('disk full'))).toEqual([
    'raised signal/disk full',
    'resolved signal/disk full',
  ]);
  expect(told.filter((line) => line === 'raised stock')).toHaveLength(1);
});

test('an alert that is found again before it is read is one with the one that is kept, and whoever looks after it', async () => {
  const told: string[] = [];
  const channel = ({ kind, component }: Told): void => void told.push(`${kind} ${component}`);
  const rules = { breakerStuck: false } as const;
  await lives(
    { alerts: { channels: [channel], rules } },
    async ({ runtime, env }) => {
      await fail(runtime, 'stock');
      await env.advanceAsync(2_000);
      const alert = runtime.alerts.list().find(({ rule }) => rule === 'breakerOpened');
      runtime.alerts.ack(alert!.alert, { by: 'ada' });
      await env.advanceAsync(2_000);
    },
    async ({ runtime, env, back }) => {
      await fail(runtime, 'stock');
      await env.advanceAsync(2_000);
      await back();

      expect(runtime.alerts.list().filter(({ rule }) => rule === 'breakerOpened')).toMatchObject([
        { state: 'acknowledged', acknowledgedBy: 'ada' },
      ]);
    },
  );
});

test('one that is about to be raised again when the other is read is ended as that', async () => {
  const told: string[] = [];
  const channel = ({ kind, rule }: Told & { readonly rule: string }): void => void told.push(`${kind} ${rule}`);
  let isLow = true;
  const rule = { name: 'stock', forMs: 10_000, when: () => isLow && 'few left' };
  await lives(
    { alerts: { channels: [channel] } },
    async ({ runtime, env }) => {
      runtime.alerts.rule(rule);
      await env.advanceAsync(15_000);
    },
    async ({ runtime, env, back }) => {
      runtime.alerts.rule(rule);
      await env.advanceAsync(2_000);
      await back();
      isLow = false;
      await env.advanceAsync(60_000);
    },
  );

  expect(told.filter((line) => line.endsWith(' stock'))).toEqual(['raised stock', 'resolved stock']);
});

test('what a person silenced is told to nobody more, also where it fires already', async () => {
  const told: string[] = [];
  const pager = { name: 'pager', deliver: ({ kind }: Told): void => void told.push(`pager ${kind}`) };
  const boss = {
    name: 'boss',
    deliver: ({ kind, component }: Told): void => void told.push(`boss ${kind} ${component}`),
  };
  await lives(
    {
      alerts: {
        channels: [pager, boss],
        routes: { critical: ['pager'], warning: ['pager'], info: [] },
        escalation: [{ afterMs: 60_000, channels: ['boss'] }],
      },
    },
    ({ runtime }) => void runtime.alerts.silence({ component: 'breaker/stock', ...HELD }),
    async ({ runtime, env, back }) => {
      await fail(runtime, 'stock');
      await env.advanceAsync(2_000);
      await back();
      expect(runtime.readings().alerting['self']!.silences).toMatchObject([{ component: 'breaker/stock', by: 'ada' }]);
      await env.advanceAsync(300_000);

      expect(runtime.alerts.list()).toContainEqual(
        expect.objectContaining({ rule: 'breakerOpened', state: 'silenced' }),
      );
    },
  );

  expect(told).not.toContain('boss escalated breaker/stock');
});

test('a recovery goes on, unless what wanted it is well here', async () => {
  const manual = { strategy: 'manual' } as const;
  const rules = [
    { on: { breaker: '*' }, ...manual },
    { on: { check: '*' }, ...manual },
  ];
  const checks = { isWell: false };
  const check = () => (checks.isWell ? 'healthy' : 'unhealthy');
  await lives(
    { recovery: { rules } },
    async ({ runtime, env }) => {
      runtime.health.register('disk', check, { intervalMs: 1_000 });
      runtime.recovery.schedule('ledger', manual);
      await fail(runtime, 'stock');
      await env.advanceAsync(2_000);
      expect(['ledger', 'stock', 'disk'].map((service) => runtime.recovery.status(service)?.state)).toEqual(
        Array(3).fill('awaitingManual'),
      );
    },
    async ({ runtime, env, back }) => {
      checks.isWell = true;
      runtime.health.register('disk', check, { intervalMs: 1_000 });
      await runtime.breaker('stock', BREAKER).execute(() => Promise.resolve());
      await env.advanceAsync(2_000);
      expect(runtime.recovery.status('ledger')).toBeUndefined();
      await back();
      await env.advanceAsync(10_000);

      expect(runtime.recovery.status('ledger')).toMatchObject({ state: 'awaitingManual' });
      expect(runtime.recovery.status('stock')).toMatchObject({ state: 'succeeded', attempts: 0 });
      expect(runtime.recovery.status('disk')).toMatchObject({ state: 'succeeded', attempts: 0 });
    },
  );
});

test('where nothing was looked at yet all is as it was: level, breaker, provider and the task about it', async () => {
  const rules = [{ on: { breaker: '*' }, strategy: 'manual' as const }];
  await lives(
    { degradation: {}, recovery: { rules } },
    async ({ runtime }) => {
      await fail(runtime, 'stock');
      runtime.degradation.override('emergency', HELD);
      runtime.degradation.release(BY);
      runtime.recovery.providers('stock', PROVIDERS);
      runtime.recovery.failover('stock', 'backup', BY);
      runtime.breaker('stock').open(BY); // of the other provider
    },
    async ({ runtime, back }) => {
      const stock = runtime.recovery.providers('stock', PROVIDERS);
      const breaker = runtime.breaker('stock', BREAKER);
      await back();

      expect(runtime.degradation.level).toBe('emergency');
      expect([breaker.state, stock.current]).toEqual(['open', 'backup']);
      expect(runtime.recovery.status('stock')).toMatchObject({ state: 'awaitingManual' });
    },
    async ({ runtime, env }) => {
      await env.advanceAsync(0);
      expect(runtime.degradation.level).toBe('emergency');
      expect(runtime.breaker('stock', BREAKER).state).toBe('open');
      expect(runtime.recovery.providers('stock', PROVIDERS).current).toBe('backup');
    },
  );
});

test('a measured level is not thrown back to what was measured before, and the next process hears it', async () => {
  const emergency = ({ runtime }: Life): void => {
    runtime.degradation.override('emergency', HELD);
    runtime.degradation.release(BY);
  };
  await lives(
    { degradation: { score: false } },
    emergency,
    async ({ runtime, env, back }) => {
      await env.advanceAsync(11_000); // a dwell, in which it could have got worse
      await back();
      expect(runtime.degradation.level).toBe('full');
    },
    async ({ runtime, env }) => {
      await env.advanceAsync(0);
      expect(runtime.degradation.level).toBe('full');
    },
  );
  await lives(
    { degradation: { score: false } },
    emergency,
    async ({ runtime, back }) => {
      runtime.degradation.override('full', HELD);
      await back();
      runtime.degradation.release(BY);
    },
    async ({ runtime, env }) => {
      await env.advanceAsync(0);
      expect(runtime.degradation.level).toBe('full');
    },
  );
});

test('providers that have been called stay where they are, and the next process hears it', async () => {
  await lives(
    {},
    ({ runtime }) => {
      for (const component of ['stock', 'maps']) {
        runtime.recovery.providers(component, PROVIDERS);
        runtime.recovery.failover(component, 'backup', BY);
      }
    },
    async ({ runtime, back, events }) => {
      const stock = runtime.recovery.providers('stock', PROVIDERS);
      stock.report('home', true);
      await back();

      expect(stock.current).toBe('home');
      expect(runtime.recovery.providers('maps', PROVIDERS).current).toBe('backup');
      expect(events.filter(({ type }) => type === 'failover.switched')).toEqual([]);
    },
    async ({ runtime, env }) => {
      await env.advanceAsync(0);
      expect(runtime.recovery.providers('stock', PROVIDERS).current).toBe('home');
    },
  );
});

test('a breaker that has been called stays closed, and the next process hears it', async () => {
  const path = await lives(
    {},
    async ({ runtime }) => {
      for (const breaker of ['stock', 'maps', 'mail']) await fail(runtime, breaker);
    },
    async ({ runtime, back, events }) => {
      await runtime.breaker('stock', BREAKER).execute(() => Promise.resolve());
      const ofKeys = runtime.keyedBreaker('stock', { ...BREAKER, maxKeys: 4 });
      await ofKeys
        .for('a')
        .execute(() => Promise.reject(new Error('503')))
        .catch(() => {});
      await fail(runtime, 'maps');
      await back();

      expect(runtime.breaker('stock').state).toBe('closed');
      expect(runtime.breaker('mail', BREAKER).state).toBe('open');
      expect(events.filter(({ type }) => type === 'breaker.forgotten')).toMatchObject([
        { breaker: 'stock', state: 'open' },
      ]);
    },
    async ({ runtime }) => {
      const states = ['stock', 'maps', 'mail'].map((breaker) => runtime.breaker(breaker, BREAKER).state);
      expect(states).toEqual(['closed', 'open', 'open']);
    },
  );

  expect(select(path, `SELECT rule FROM circuit_breakers WHERE breaker = 'stock'`)).toEqual([{ rule: 'forgotten' }]);
});

test('nothing is taken up by a runtime that is being stopped: it is for the next', async () => {
  const ran: string[] = [];
  const rule = {
    on: { breaker: 'stock' },
    steps: [step.callAgain(() => void ran.push('again'))],
    policy: { initialDelayMs: 60_000 },
  };
  await lives(
    { recovery: { rules: [rule] } },
    async ({ runtime }) => {
      await fail(runtime, 'stock');
      runtime.alerts.silence({ component: 'breaker/stock', ...HELD });
    },
    async ({ runtime, env, back }) => {
      runtime
        .pipeline('slow', {})
        .execute(() => new Promise(() => {}))
        .catch(() => {});
      void runtime.stop({ drainMs: 20_000 });
      await back();
      await env.advanceAsync(5_000);

      expect(runtime.recovery.status('stock')).toBeUndefined();
      expect(runtime.readings().alerting['self']!.silences).toEqual([]);
    },
    async ({ runtime, env }) => {
      await env.advanceAsync(0);
      expect(runtime.recovery.status('stock')).toMatchObject({ state: 'scheduled' });
      expect(runtime.readings().alerting['self']!.silences).toHaveLength(1);
    },
  );

  expect(ran).toEqual([]);
});

const availabilityOf = ({ runtime }: Life): number | null | undefined =>
  runtime.health.components()['breaker/stock']?.availability;

/** Ten minutes, of which the breaker is open for half. */
async function halfDown({ runtime, env }: Life): Promise<void> {
  const breaker = runtime.breaker('stock', BREAKER);
  await env.advanceAsync(300_000);
  breaker.forceOpen(BY);
  await env.advanceAsync(300_000);
  breaker.close(BY);
}

test('availability goes on where it is read within the minute', async () => {
  await lives({}, halfDown, async (life) => {
    await life.back();
    life.runtime.breaker('stock', BREAKER);
    await life.env.advanceAsync(2_000);

    expect(availabilityOf(life)).toBeCloseTo(0.5, 2);
  });
});

test('availability that is read too late is unknown: nobody could say until when it held', async () => {
  await lives(
    {},
    halfDown,
    async ({ env, back }) => {
      await env.advanceAsync(300_000);
      await back();
      await env.advanceAsync(300_000);
    },
    async (life) => {
      life.runtime.breaker('stock', BREAKER);
      await life.env.advanceAsync(2_000);

      expect(availabilityOf(life)).toBe(1);
    },
  );
});
