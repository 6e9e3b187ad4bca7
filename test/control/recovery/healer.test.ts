/** What is recovered by itself: by rules, by default, and around a single call. */
import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { describe, expect, test, vi } from 'vitest';
import { Healer } from '../../../src/control/recovery/healer.ts';
import { Rules } from '../../../src/control/recovery/rules.ts';
import type { Cause, Want } from '../../../src/control/recovery/wants.ts';
import { Dispatcher } from '../../../src/core/dispatcher.ts';
import { createRuntime, type HoldfastEvent, type Runtime, type RuntimeOptions, step } from '../../../src/index.ts';
import { createVirtualEnv } from '../../../src/testing/index.ts';

const BREAKER = { consecutiveFailures: 1, openMs: 5_000, halfOpen: { permits: 2 } } as const;
const DOWN: () => Promise<string> = () => Promise.reject(new Error('down'));
const ADA = { by: 'ada', reason: 'drill' };

async function shop(options: RuntimeOptions = {}) {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ name: 'shop', env, ...options });
  const events: HoldfastEvent[] = [];
  runtime.events.on('*', (event) => events.push(event));
  const told = (type: HoldfastEvent['type']) => events.filter((event) => event.type === type);
  const breaker = runtime.breaker('stock', BREAKER);
  const open = () => breaker.execute(DOWN).catch(() => {});
  return { env, runtime, recovery: runtime.recovery, breaker, open, told };
}

/** Registers a check that says no. out  its name */
function disk(runtime: Runtime): string {
  runtime.health.register('disk', () => 'unhealthy');
  return 'disk';
}

/** A breaker of another library, by its state alone. */
async function mailShop(options: RuntimeOptions = {}) {
  const { env, runtime, recovery, told } = await shop(options);
  let state = 'closed';
  let tell = (): void => {};
  runtime.health.registerBreaker('mail', { state: () => state, onChange: (listener) => void (tell = listener) });
  await env.advanceAsync(1_000); // it has been looked at once
  const become = (to: string): void => {
    state = to;
    tell();
  };
  return { env, runtime, recovery, told, become };
}

describe('a breaker of another library', () => {
  test('that opens is recovered by the rules about breakers, until it closes by itself', async () => {
    const { env, recovery, told, become } = await mailShop({
      recovery: { rules: [{ on: { breaker: 'mail' }, strategy: 'immediate', priority: 2 }] },
    });
    become('open');
    await env.advanceAsync(0);
    expect(told('recovery.scheduled')).toMatchObject([
      { service: 'mail', priority: 2, reason: 'breaker "mail" opened' },
    ]);
    expect(recovery.status('mail')).toMatchObject({
      attempts: 5,
      state: 'awaitingManual',
      lastError: 'Error: expected breaker "mail" to be closed, found it open',
    });
    become('closed');
    await env.advanceAsync(0);

    expect(recovery.status('mail')).toMatchObject({ state: 'succeeded' });
    expect(told('recovery.ended').at(-1)).toMatchObject({ reason: 'breaker "mail" is well again' });
  });

  test('of cockatiel that nobody calls is probed through itself by growing delays, and closes', async () => {
    const { env, runtime, recovery, told } = await shop();
    let isUp = false;
    const policy = circuitBreaker(handleAll, { halfOpenAfter: 0, breaker: new ConsecutiveBreaker(1) });
    const ask = (): Promise<string> => policy.execute(() => (isUp ? 'up' : DOWN()));
    runtime.health.registerBreaker('mail', {
      state: () => CircuitState[policy.state],
      onChange: (listener) => {
        const { dispose } = policy.onStateChange(listener);
        return dispose;
      },
    });
    recovery.probe('mail', ask);
    await ask().catch(() => {});
    await env.advanceAsync(2_500);
    expect(recovery.status('mail')).toMatchObject({ state: 'scheduled', attempts: 1 });
    isUp = true;
    await env.advanceAsync(60_000);

    expect(policy.state).toBe(CircuitState.Closed);
    expect(recovery.status('mail')).toMatchObject({ state: 'succeeded' });
    expect(told('recovery.scheduled')).toMatchObject([{ service: 'mail', reason: 'breaker "mail" opened' }]);
  });

  test('is looked at as seldom as may be when its attempts are used up, and ends its task', async () => {
    const { env, recovery, become } = await mailShop();
    const probe = vi.fn(() => true);
    recovery.setPolicy('mail', { maxAttempts: 2, initialDelayMs: 1_000, maxDelayMs: 40_000, jitter: 0 });
    recovery.probe('mail', probe);
    become('open');
    await env.advanceAsync(6_000);
    expect(recovery.status('mail')).toMatchObject({ state: 'awaitingManual', attempts: 2 });
    expect(probe).toHaveBeenCalledTimes(2);
    await env.advanceAsync(40_000);
    expect(probe).toHaveBeenCalledTimes(3);
    become('half-open');
    await env.advanceAsync(40_000);

    expect(recovery.status('mail')).toMatchObject({ state: 'succeeded' });
  });

  test.each([
    ['open', true, 'found it open'],
    ['half-open', false, 'found it halfOpen'],
    ['isolated', true, 'found it forcedOpen'],
    ['what?', true, 'found it impossible to ask'],
  ])('%s, with a probe beside it: %s, is not well', async (state, hasProbe, why) => {
    const { env, recovery, become } = await mailShop({ recovery: { probeIdle: false } });
    if (hasProbe) recovery.probe('mail', () => 'up');
    become(state);
    recovery.schedule('mail', { strategy: 'immediate', policy: { maxAttempts: 1 } });
    await env.advanceAsync(0);

    expect(recovery.status('mail')?.lastError).toContain(why);
  });

  test('a person forced is left alone, and one that is closed is evidence enough', async () => {
    const { env, recovery, become } = await mailShop({ recovery: { rules: [{ on: { breaker: '*' } }] } });
    become('isolated');
    await env.advanceAsync(10_000);
    expect(recovery.statistics().scheduled).toBe(0);
    become('closed');
    recovery.schedule('mail', { strategy: 'immediate' });
    await env.advanceAsync(0);

    expect(recovery.status('mail')).toMatchObject({ state: 'succeeded', attempts: 1 });
  });

  test('that is open already is probed when a probe is given', async () => {
    const { env, recovery, become } = await mailShop();
    become('open');
    await env.advanceAsync(10_000);
    expect(recovery.status('mail')).toBeUndefined();
    recovery.probe('mail', () => become('closed'));
    await env.advanceAsync(10_000);

    expect(recovery.status('mail')).toMatchObject({ state: 'succeeded' });
  });
});

describe('an open breaker nobody calls', () => {
  test('is probed when its opening is over, and closes', async () => {
    const { env, breaker, recovery, open, told } = await shop();
    const probe = vi.fn(() => 'up');
    recovery.probe('stock', probe);
    await open();
    await env.advanceAsync(4_999);
    expect(probe).not.toHaveBeenCalled();
    await env.advanceAsync(1);

    expect(breaker.state).toBe('closed');
    expect(told('breaker.transitioned').map((event) => 'rule' in event && event.rule)).toEqual([
      'consecutiveFailures',
      'deadline',
      'probes',
    ]);
    expect(probe).toHaveBeenCalledTimes(3); // as many as it has permits, and once to verify
    expect(told('recovery.scheduled')).toMatchObject([
      { service: 'stock', reason: 'breaker "stock" opened by consecutiveFailures' },
    ]);
    expect(recovery.status('stock')).toMatchObject({ state: 'succeeded', attempts: 1 });
  });

  test('goes on being probed, once for each opening, when its attempts are used up and a person is asked', async () => {
    const { env, breaker, recovery, open } = await shop();
    let isUp = false;
    const probe = vi.fn(() => (isUp ? 'up' : DOWN()));
    recovery.probe('stock', probe);
    await open();
    await env.advanceAsync(100_000);
    expect(recovery.status('stock')).toMatchObject({ state: 'awaitingManual', attempts: 5 });
    const asked = probe.mock.calls.length;
    await env.advanceAsync(100_000);
    expect(probe.mock.calls.length).toBeGreaterThan(asked);
    isUp = true;
    await env.advanceAsync(6_000);

    expect(breaker.state).toBe('closed');
    expect(recovery.status('stock')).toMatchObject({ state: 'succeeded' });
    expect(recovery.statistics()).toMatchObject({ waiting: 0, inProgress: 0, succeeded: 1, escalations: 1 });
  });

  test.each([false, 'degraded', 'unhealthy'] as const)('stays open while its probe answers %j', async (no) => {
    const { env, breaker, recovery, open } = await shop();
    let answer: unknown = no;
    recovery.probe('stock', async () => answer);
    await open();
    await env.advanceAsync(20_000);
    expect(breaker.state).not.toBe('closed');
    answer = 'healthy';
    await env.advanceAsync(120_000);

    expect(breaker.state).toBe('closed');
  });

  test('is left alone without a probe, when a person forced it, and where the option says so', async () => {
    const without = await shop();
    await without.open();
    const byHand = await shop();
    byHand.recovery.probe('stock', () => 'up');
    byHand.breaker.forceOpen(ADA);
    const off = await shop({ recovery: { probeIdle: false } });
    off.recovery.probe('stock', () => 'up');
    await off.open();
    for (const { env, breaker, recovery } of [without, byHand, off]) {
      await env.advanceAsync(100_000);

      expect(breaker.state).not.toBe('closed');
      expect(recovery.statistics().scheduled).toBe(0);
    }
  });

  test('is probed, too, when a person opened it, after the opening and by no rule', async () => {
    const { env, breaker, recovery } = await shop({ recovery: { rules: [{ on: { breaker: '*' }, priority: 9 }] } });
    recovery.probe('stock', () => 'up');
    breaker.open(ADA);
    await env.advanceAsync(4_999);
    expect(breaker.state).toBe('open');
    expect(recovery.status('stock')).toMatchObject({ priority: 5, reason: 'breaker "stock" opened by hand' });
    await env.advanceAsync(1);

    expect(breaker.state).toBe('closed');
  });

  test.each(['probe', 'health check'] as const)('is probed, too, when its %s is given only then', async (way) => {
    const { env, runtime, breaker, recovery, open } = await shop();
    await open();
    if (way === 'probe') recovery.probe('stock', () => 'up');
    else runtime.health.register('stock', () => 'healthy');
    await env.advanceAsync(5_000);

    expect(breaker.state).toBe('closed');
  });

  test('is probed to the end, too, when the calls that had begun to probe it have stopped', async () => {
    const { env, breaker, recovery, open } = await shop();
    await open();
    await env.advanceAsync(5_000);
    await breaker.execute(() => 'up');
    expect(breaker.state).toBe('halfOpen');
    recovery.probe('stock', () => 'up');
    await env.advanceAsync(5_000);

    expect(breaker.state).toBe('closed');
  });

  test('that calls close before the recovery comes to it needs none', async () => {
    const { env, breaker, recovery, open, told } = await shop({ recovery: { concurrency: 1 } });
    recovery.probe('stock', () => 'up');
    recovery.schedule('other', { strategy: 'immediate', steps: [{ name: 'hang', run: () => new Promise(() => {}) }] });
    await open();
    await env.advanceAsync(5_000);
    for (let call = 0; call < 2; call++) await breaker.execute(() => 'up');

    expect(breaker.state).toBe('closed');
    expect(recovery.status('stock')).toMatchObject({ state: 'succeeded', attempts: 0 });
    expect(told('recovery.ended')).toMatchObject([{ service: 'stock', reason: 'breaker "stock" is well again' }]);
  });

  test('is not probed before the upstream’s Retry-After, though calls of others open it anew', async () => {
    const { env, breaker, recovery, open } = await shop();
    const probe = vi.fn(() => 'up');
    recovery.probe('stock', probe);
    await open();
    await env.advanceAsync(4_990);
    breaker.probe(ADA);
    await breaker
      .execute(() => Promise.reject(Object.assign(new Error('wait'), { retryAfterMs: 30_000 })))
      .catch(() => {});
    await breaker
      .execute(() => Promise.reject(Object.assign(new Error('wait'), { retryAfterMs: 30_000 })))
      .catch(() => {});
    expect(breaker.state).toBe('open');
    await env.advanceAsync(29_999);
    expect(probe).not.toHaveBeenCalled();
    await env.advanceAsync(1);

    expect(breaker.state).toBe('closed');
  });

  test('a person’s execute does not wait for the end of the opening', async () => {
    const { env, breaker, recovery, open } = await shop();
    recovery.probe('stock', () => 'up');
    await open();
    const result = recovery.execute('stock', { by: 'ada' });
    await env.advanceAsync(0);

    expect(await result).toMatchObject({ state: 'succeeded' });
    expect(breaker.state).toBe('closed');
  });

  test('is not forced when a person keeps it open', async () => {
    const { env, breaker, recovery } = await shop();
    recovery.probe('stock', () => 'up');
    breaker.forceOpen(ADA);
    const result = recovery.execute('stock', { by: 'ada' });
    await env.advanceAsync(0);

    expect((await result).lastError).toContain('to close, found it forcedOpen');
    expect(breaker.state).toBe('forcedOpen');
  });

  test('of a key is its calls’ own business', async () => {
    const { env, runtime, recovery } = await shop();
    recovery.probe('tenants', () => 'up');
    await runtime
      .keyedBreaker('tenants', { consecutiveFailures: 1 })
      .for('acme')
      .execute(DOWN)
      .catch(() => {});
    await env.advanceAsync(0);

    expect(recovery.statistics().scheduled).toBe(0);
  });
});

describe('rules', () => {
  test('the first that fits says how: an opened breaker fails its component over at once', async () => {
    const { env, runtime, recovery, open, breaker } = await shop({
      recovery: {
        rules: [
          { on: { breaker: 'other' }, strategy: 'manual' },
          {
            on: { breaker: '*' },
            strategy: 'immediate',
            priority: 0,
            steps: [step.failOverTo('backup')],
            policy: { healthCheck: () => 'healthy' },
          },
          { on: { breaker: 'stock' }, strategy: 'manual' },
        ],
      },
    });
    const providers = recovery.providers('stock', { order: ['primary', 'backup'] });
    await open();
    await env.advanceAsync(0);

    expect(providers.current).toBe('backup');
    expect(breaker.state).toBe('closed');
    expect(recovery.status('stock')).toMatchObject({ state: 'succeeded', priority: 0 });
    expect(runtime.readings().recoveries['stock']).toMatchObject({ state: 'succeeded' });
  });

  test('a supervisor that gives up has a recovery scheduled for it', async () => {
    const { env, runtime, recovery } = await shop({
      recovery: { rules: [{ on: { supervisor: 'root/control' }, service: 'bridge', strategy: 'manual' }] },
    });
    for (let made = 0; made < 11; made++) recovery.schedule(`task ${made}`, { strategy: 'manual' });
    for (let made = 0; made < 11; made++)
      await runtime.supervisor.kill(`root/control/recovery task ${made}`, ADA).catch(() => {}); // the last restarts it all
    await env.advanceAsync(1_000);

    expect(recovery.status('bridge')).toMatchObject({
      state: 'awaitingManual',
      reason: 'supervisor "root/control" gave up',
    });
  });

  test('are added and ended while the runtime runs', async () => {
    const { env, recovery, open, breaker } = await shop();
    const end = recovery.rule({ on: { breaker: 'stock' }, strategy: 'manual' });
    await open();
    expect(recovery.status('stock')).toMatchObject({ state: 'awaitingManual' });
    breaker.reset(ADA);
    expect(recovery.status('stock')).toMatchObject({ state: 'succeeded' });
    end();
    end();
    await open();
    await env.advanceAsync(0);

    expect(recovery.statistics().scheduled).toBe(1);
  });

  describe('that end', () => {
    const MANUAL = { on: { breaker: 'stock' }, strategy: 'manual' } as const;

    test('take with them what nothing else wants', async () => {
      const { recovery, open, told } = await shop();
      const end = recovery.rule(MANUAL);
      await open();
      end();

      expect(recovery.status('stock')).toMatchObject({ state: 'cancelled' });
      expect(told('recovery.ended').at(-1)).toMatchObject({
        result: 'cancelled',
        reason: 'the rule that wanted it has ended',
      });
      end();
      expect(told('recovery.ended')).toHaveLength(2);
    });

    test('leave it to the next that fits', async () => {
      const { recovery, open, told } = await shop();
      const end = recovery.rule(MANUAL);
      recovery.rule({ on: { breaker: '*' }, strategy: 'linear', priority: 3, policy: { initialDelayMs: 50_000 } });
      await open();
      end();

      expect(recovery.status('stock')).toMatchObject({
        state: 'scheduled',
        strategy: 'linear',
        priority: 3,
        reason: 'breaker "stock" opened by consecutiveFailures',
      });
      expect(told('recovery.ended')).toMatchObject([{ result: 'awaitingManual' }]);
    });

    test('leave it to the next that fits, for the service that one is about', async () => {
      const { recovery, open } = await shop();
      const end = recovery.rule(MANUAL);
      recovery.rule({ on: { breaker: '*' }, service: 'shop', strategy: 'manual' });
      await open();
      end();

      expect(recovery.status('stock')).toMatchObject({ state: 'cancelled' });
      expect(recovery.status('shop')).toMatchObject({ state: 'awaitingManual' });
    });

    test('leave a signal to the next only where it hurts enough for that one', async () => {
      const { env, runtime, recovery } = await shop();
      const end = recovery.rule({ on: { signal: '*' }, severity: 0.2, strategy: 'manual' });
      recovery.rule({ on: { signal: '*' }, severity: 0.9, strategy: 'manual' });
      runtime.health.signal('heat', 0.5);
      runtime.health.signal('smoke', 1);
      await env.advanceAsync(1_000);
      end();

      expect(recovery.status('heat')).toMatchObject({ state: 'cancelled' });
      expect(recovery.status('smoke')).toMatchObject({ state: 'awaitingManual' });
    });

    test('leave a breaker that has a probe to it', async () => {
      const { env, recovery, open, breaker } = await shop();
      const end = recovery.rule(MANUAL);
      recovery.probe('stock', () => true);
      await open();
      end();
      await env.advanceAsync(10_000);

      expect(breaker.state).toBe('closed');
    });

    test('leave what a person ordered', async () => {
      const { recovery, open } = await shop();
      const end = recovery.rule(MANUAL);
      await open();
      recovery.schedule('stock', { strategy: 'manual' });
      end();

      expect(recovery.status('stock')).toMatchObject({ state: 'awaitingManual' });
    });

    test('leave what a call that failed wants', async () => {
      const { env, runtime, recovery } = await shop();
      const end = recovery.rule(MANUAL);
      recovery.probe('stock', () => false);
      runtime.executeWithHealing('stock', DOWN, { kind: 'once', severity: 'critical' }).catch(() => {});
      await env.advanceAsync(0);
      expect(recovery.status('stock')).toMatchObject({ state: 'awaitingManual', priority: 0 });
      end();

      expect(recovery.status('stock')).toMatchObject({ state: 'scheduled', strategy: 'immediate', priority: 0 });
    });

    test('leave what they did not see: what a person opened, and what another is about', async () => {
      const { recovery, breaker, told, runtime } = await shop();
      recovery.probe('stock', () => true);
      const end = recovery.rule({ on: { breaker: '*' } });
      recovery.rule({ on: { check: 'disk' }, strategy: 'manual' });
      breaker.open(ADA);
      await runtime.health.probe(disk(runtime));
      end();

      expect(told('recovery.scheduled')).toMatchObject([{ service: 'stock' }, { service: 'disk' }]);
      expect(recovery.statistics()).toMatchObject({ waiting: 2, joined: 0 });
    });

    test('leave a signal that has expired to none', async () => {
      const { env, runtime, recovery } = await shop();
      const end = recovery.rule({ on: { signal: '*' }, severity: 0.2, strategy: 'manual' });
      recovery.rule({ on: { signal: '*' }, severity: 0.9, strategy: 'manual' });
      runtime.health.signal('heat', 0.5, { ttlMs: 5_000 });
      await env.advanceAsync(10_000);
      expect(recovery.status('heat')).toMatchObject({ state: 'awaitingManual' });
      end();

      expect(recovery.status('heat')).toMatchObject({ state: 'cancelled' });
    });

    test('take with them an attempt under way', async () => {
      const { env, recovery, open } = await shop();
      let signal: AbortSignal | undefined;
      const hangs = step.callAgain((context) => {
        ({ signal } = context);
        return new Promise(() => {});
      });
      const end = recovery.rule({ on: { breaker: 'stock' }, strategy: 'immediate', steps: [hangs] });
      await open();
      await env.advanceAsync(0);
      expect(recovery.status('stock')).toMatchObject({ state: 'inProgress' });
      end();

      expect(recovery.status('stock')).toMatchObject({ state: 'cancelled' });
      expect(signal!.reason).toMatchObject({ message: 'the rule that wanted it has ended' });
    });

    test('are not followed by a recovery that nothing wants any more, whatever a listener does', async () => {
      const { runtime, recovery, told } = await shop();
      const breakers = ['a', 'b', 'c'].map((name) => runtime.breaker(name, BREAKER));
      const end = recovery.rule({ on: { breaker: '*' }, strategy: 'manual' });
      recovery.rule({ on: { breaker: '*' }, service: 'shop', strategy: 'manual' });
      for (const breaker of breakers) await breaker.execute(DOWN).catch(() => {});
      runtime.events.on('recovery.ended', () => {
        for (const breaker of breakers) if (breaker.state !== 'closed') breaker.close(ADA);
      });
      end();

      expect(told('recovery.scheduled').map((event) => 'service' in event && event.service)).toEqual([
        'a',
        'b',
        'c',
        'shop',
      ]);
      expect(recovery.status('shop')).toMatchObject({ state: 'succeeded' });
    });

    test('take with them all that found no room, and begin none of it', async () => {
      const { env, runtime, recovery, told } = await shop({ recovery: { maxTasks: 1 } });
      const end = recovery.rule({ on: { breaker: '*' }, strategy: 'manual' });
      for (const name of ['a', 'b', 'c'])
        await runtime
          .breaker(name, BREAKER)
          .execute(DOWN)
          .catch(() => {});
      expect(recovery.statistics()).toMatchObject({ scheduled: 1, refused: 2 });
      end();
      await env.advanceAsync(0);

      expect(recovery.statistics()).toMatchObject({ scheduled: 1, cancelled: 1 });
      expect(told('recovery.scheduled')).toHaveLength(1);
    });

    test('after the stop change nothing: it is the next process that goes on', async () => {
      const { env, runtime, recovery, open } = await shop();
      const end = recovery.rule(MANUAL);
      recovery.rule({ on: { breaker: '*' }, service: 'shop' });
      await open();
      const stopped = runtime.stop();
      await env.advanceAsync(1_000);
      await stopped;
      end();

      expect(recovery.status('stock')).toMatchObject({ state: 'awaitingManual' });
      expect(recovery.statistics()).toMatchObject({ refused: 0 });
    });
  });

  test('name one happening each, and no more than there may be', async () => {
    const { recovery } = await shop();

    expect(() => recovery.rule({ on: {} })).toThrow(
      'recovery rule.on: expected one of breaker, check, signal and supervisor',
    );
    expect(() => recovery.rule({ on: { breaker: 'a', check: 'b' } })).toThrow('one of breaker, check');
    for (let made = 0; made < 256; made++) recovery.rule({ on: { signal: `s${made}` } });
    expect(() => recovery.rule({ on: { signal: 'more' } })).toThrow(
      expect.objectContaining({ code: 'CAPACITY_EXHAUSTED' }),
    );
  });

  test('that find no room are counted and told, and hurt nobody', async () => {
    const { recovery, open, told, breaker } = await shop({
      recovery: { maxTasks: 1, rules: [{ on: { breaker: '*' } }] },
    });
    recovery.schedule('other');
    await open();

    expect(breaker.state).toBe('open');
    expect(recovery.statistics()).toMatchObject({ scheduled: 1, refused: 1 });
    expect(told('callback.failed')).toMatchObject([{ callback: 'recovery of "stock"' }]);
  });

  test('do not replace what a person ordered for the service', async () => {
    const { recovery, open } = await shop({ recovery: { rules: [{ on: { breaker: '*' }, priority: 0 }] } });
    recovery.schedule('stock', { priority: 7, reason: 'moving' });
    await open();

    expect(recovery.status('stock')).toMatchObject({ priority: 7, reason: 'moving' });
  });
});

test('a check, a signal, a supervisor and a breaker are heard by name, each with the rule that fits, and when they are well again', () => {
  const env = createVirtualEnv({ seed: 1 });
  const dispatcher = new Dispatcher(env, 'hash');
  const heard: string[] = [];
  const rules = new Rules('hash', []);
  rules.add({ on: { check: 'disk' }, service: 'files', priority: 1 });
  rules.add({ on: { signal: '*' }, severity: 0.8 });
  const recovery = {
    wanted: (service: string, { order: { priority, reason } }: Want) =>
      void heard.push(`${service} ${priority} ${reason}`),
    wentAway: ({ kind, name }: Cause) => void heard.push(`${kind} ${name} is well`),
  };
  const healer = new Healer({
    recovery: recovery as never,
    rules,
    isOpen: () => true,
    together: (work) => work(),
    on: (type, listener) => void dispatcher.on(type, listener as never),
    hasProbe: () => true,
    probesIdle: true,
    holding: () => [],
  });

  dispatcher.emit('check.changed', { check: 'disk', from: 'healthy', to: 'degraded' });
  dispatcher.emit('check.changed', { check: 'disk', from: 'degraded', to: 'unhealthy' });
  dispatcher.emit('check.changed', { check: 'disk', from: 'unhealthy', to: 'healthy' });
  dispatcher.emit('check.changed', { check: 'other', from: null, to: 'unhealthy' });
  dispatcher.emit('signal.raised', { signal: 'heat', severity: 0.8, algedonic: false });
  dispatcher.emit('signal.raised', { signal: 'heat', severity: 0.2, algedonic: false });
  dispatcher.emit('signal.ended', { signal: 'cold', why: 'signalled' });
  dispatcher.emit('signal.ended', { signal: 'draught', why: 'expired' });
  dispatcher.emit('supervisor.escalated', { child: 'root/store', error: 'x' });

  healer.breakerMoved('stock', 'open', 'failureRate');
  healer.breakerMoved('stock', 'halfOpen', 'deadline');
  healer.breakerMoved('stock', 'closed', 'probes');

  expect(heard).toEqual([
    'files 1 check "disk" is unhealthy',
    'check disk is well',
    'heat 5 signal "heat" was raised at 0.8',
    'signal heat is well',
    'signal cold is well',
    'stock 5 breaker "stock" opened by failureRate',
    'breaker stock is well',
  ]);
});

describe('executeWithHealing', () => {
  test('gives what the function gives, and schedules nothing', async () => {
    const { runtime, recovery } = await shop();

    expect(await runtime.executeWithHealing('stock', ({ pipeline }) => pipeline)).toBe('stock');
    expect(recovery.statistics().scheduled).toBe(0);
  });

  test('has the service recovered after a failure, and calls once more when it was found well', async () => {
    const { env, runtime, recovery, breaker } = await shop();
    const fn = vi.fn().mockRejectedValueOnce(new Error('first')).mockResolvedValueOnce('second');
    recovery.probe('stock', () => 'up');
    const answer = runtime.executeWithHealing('stock', fn, { severity: 'critical' });
    await env.advanceAsync(5_000);

    expect(await answer).toBe('second');
    expect(breaker.state).toBe('closed');
    expect(recovery.history()).toMatchObject([{ service: 'stock', result: 'succeeded' }]);
  });

  test('goes through the pipeline of the name, where there is one', async () => {
    const { runtime } = await shop();
    const pipeline = runtime.pipeline('quotes', { breaker: {}, fallback: () => 'yesterday' });

    expect(await runtime.executeWithHealing('quotes', DOWN)).toBe('yesterday');
    expect(pipeline.reading().outcomes.fallback).toBe(1);
  });

  test.each<[string, 'repeatable' | 'once', () => unknown, number]>([
    ['the recovery fails', 'repeatable', DOWN, 1],
    ['it must not be made twice', 'once', () => 'up', 1],
    ['it fails again', 'repeatable', () => 'up', 2],
  ])('rethrows the first error when %s', async (_, kind, probe, calls) => {
    const { env, runtime, recovery } = await shop();
    runtime.pipeline('quotes', { breaker: {} });
    recovery.probe('quotes', probe);
    let made = 0;
    const error = runtime
      .executeWithHealing('quotes', () => Promise.reject(new Error(`call ${++made}`)), { kind })
      .catch((caught: unknown) => caught);
    await env.advanceAsync(5_000);

    expect(await error).toEqual(new Error('call 1'));
    expect(made).toBe(calls);
    expect(recovery.statistics().scheduled).toBe(1);
  });

  test('has nobody recovered because of a call that a rate limit turned away', async () => {
    const { runtime, recovery } = await shop();
    runtime.pipeline('quotes', { breaker: {}, rateLimit: { limit: 1 } });
    await runtime.executeWithHealing('quotes', () => 'up');

    await expect(runtime.executeWithHealing('quotes', () => 'up')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(recovery.statistics().scheduled).toBe(0);
  });

  test('rethrows the call’s own error where there is no room for a recovery, which is counted', async () => {
    const { env, runtime, recovery } = await shop({ recovery: { maxTasks: 1 } });
    recovery.schedule('other', { strategy: 'manual' });
    recovery.setPolicy('stock', { healthCheck: () => 'healthy' });
    const failures: string[] = [];
    runtime.events.on('callback.failed', ({ callback }) => void failures.push(callback));

    await expect(runtime.executeWithHealing('stock', DOWN)).rejects.toThrow('down');
    expect(recovery.statistics()).toMatchObject({ scheduled: 1, refused: 1 });
    expect(failures).toEqual(['recovery of "stock"']);
    await env.advanceAsync(0);
  });

  test('schedules nothing where nothing can be found out: a breaker that is closed knows of no failure', async () => {
    const { env, runtime, recovery, breaker } = await shop();
    for (let call = 0; call < 3; call++) await expect(runtime.executeWithHealing('stock', DOWN)).rejects.toThrow();
    await env.advanceAsync(60_000);
    for (let call = 0; call < 2; call++) await runtime.executeWithHealing('stock', () => 'up');

    expect(breaker.state).toBe('closed');
    expect(recovery.statistics()).toMatchObject({ scheduled: 0, openIncidents: 0, successRate: null });
  });

  test('leaves no incident behind when calls of others have closed the breaker', async () => {
    const { env, runtime, recovery, breaker } = await shop();
    recovery.setPolicy('stock', {
      maxAttempts: 1,
      steps: [{ name: 'no', run: () => Promise.reject(new Error('no')) }],
    });
    await expect(runtime.executeWithHealing('stock', DOWN, { kind: 'once' })).rejects.toThrow('down');
    await env.advanceAsync(5_000);
    expect(recovery.status('stock')).toMatchObject({ state: 'awaitingManual' });
    for (let call = 0; call < 2; call++) await breaker.execute(() => 'up');

    expect(recovery.status('stock')).toMatchObject({ state: 'succeeded' });
    expect(recovery.statistics().openIncidents).toBe(0);
  });

  test('keeps nothing of a call that has waited long enough', async () => {
    const { env, runtime, recovery } = await shop();
    recovery.setPolicy('stock', { initialDelayMs: 60_000, healthCheck: () => 'unhealthy' });
    const task = recovery.schedule('stock', { strategy: 'linear' });
    const late = Array.from({ length: 100 }, () =>
      runtime.executeWithHealing('stock', DOWN, { waitMs: 1 }).catch(() => {}),
    );
    await env.advanceAsync(1);
    await Promise.all(late);

    expect(task.state).toBe('scheduled');
    expect(env.pendingTimers).toBe(2); // the health tick, and the attempt
  });

  test('lets those who waited go one a millisecond, the first who came first', async () => {
    const { env, runtime, recovery } = await shop();
    let isUp = false;
    recovery.setPolicy('other', {
      healthCheck: () => (isUp ? 'healthy' : 'unhealthy'),
      initialDelayMs: 1_000,
      jitter: 0,
    });
    recovery.schedule('other', { strategy: 'linear' });
    const calledAt: number[][] = [];
    const answers = Array.from({ length: 50 }, (_, index) =>
      runtime.executeWithHealing('other', () => {
        if (!isUp) return DOWN();
        calledAt.push([index, env.now()]);
        return 'up';
      }),
    );
    await env.advanceAsync(999);
    isUp = true;
    await env.advanceAsync(100);
    await Promise.all(answers);

    expect(calledAt).toEqual(Array.from({ length: 50 }, (_, index) => [index, 1_000 + index]));
  });

  test('calls nobody once more when the runtime has stopped meanwhile', async () => {
    const { env, runtime, recovery } = await shop();
    let isUp = false;
    const policy = {
      healthCheck: () => (isUp ? 'healthy' : 'unhealthy') as 'healthy',
      initialDelayMs: 1_000,
      jitter: 0,
    };
    recovery.setPolicy('other', policy);
    recovery.schedule('other', { strategy: 'linear' });
    let late = 0;
    const answers = Array.from({ length: 50 }, () =>
      runtime
        .executeWithHealing('other', () => (isUp ? String(++late) : DOWN()))
        .catch((error: Error) => error.message),
    );
    await env.advanceAsync(999);
    isUp = true;
    await env.advanceAsync(6);
    const before = late;
    const stopped = runtime.stop();
    await env.advanceAsync(1_000);
    await stopped;

    expect(before).toBeGreaterThan(0);
    expect(late).toBe(before);
    expect((await Promise.all(answers)).filter((answer) => answer === 'down')).toHaveLength(50 - before);
  });

  test('waits for the recovery so long and no longer', async () => {
    const { env, runtime, recovery } = await shop();
    recovery.probe('stock', () => new Promise(() => {}));
    runtime.pipeline('quotes', { breaker: {} });
    recovery.probe('quotes', () => new Promise(() => {}));
    let isOver = false;
    const error = runtime
      .executeWithHealing('quotes', DOWN, { waitMs: 700 })
      .catch((caught: unknown) => ((isOver = true), caught));
    await env.advanceAsync(699);
    expect(isOver).toBe(false);
    expect(env.keepsAlive).toBe(true);
    await env.advanceAsync(1);

    expect(await error).toEqual(new Error('down'));
  });

  test('is refused for a service nothing can be found out about, and for what is no function', async () => {
    const { runtime } = await shop();
    const invalid = { code: 'INVALID_OPTIONS' };

    await expect(runtime.executeWithHealing('unknown', () => 1)).rejects.toMatchObject(invalid);
    await expect(runtime.executeWithHealing('stock', 1 as never)).rejects.toMatchObject(invalid);
    await expect(runtime.executeWithHealing('stock', () => 1, { kind: 'maybe' as never })).rejects.toMatchObject(
      invalid,
    );
    await runtime.stop();
    await expect(runtime.executeWithHealing('stock', () => 1)).rejects.toMatchObject({ code: 'STOPPED' });
  });
});
