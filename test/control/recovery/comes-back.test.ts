/** What is down must be able to come back by itself, whatever became of its task; and why a task is open, and ends. */
import { describe, expect, test, vi } from 'vitest';
import { mustBeWell } from '../../../src/control/recovery/must-be-well.ts';
import { createRuntime, type HoldfastEvent, type RuntimeOptions } from '../../../src/index.ts';
import { createVirtualEnv } from '../../../src/testing/index.ts';

const DOWN = (): Promise<never> => Promise.reject(new Error('down'));
const ADA = { by: 'ada', reason: 'drill' };
const DAY = 86_400_000;

async function shop(recovery: RuntimeOptions['recovery'] = {}, health: RuntimeOptions['health'] = {}) {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ name: 'shop', env, recovery, health });
  const events: HoldfastEvent[] = [];
  runtime.events.on('*', (event) => void events.push(event));
  const told = (type: HoldfastEvent['type']) => events.filter((event) => event.type === type);
  const breaker = runtime.breaker('db', { consecutiveFailures: 1, openMs: 5_000, halfOpen: { permits: 1 } });
  const open = () => breaker.execute(DOWN).catch(() => {});
  const upstream = { isUp: false };
  const probe = vi.fn(() => (upstream.isUp ? 'up' : DOWN()));
  return { env, runtime, recovery: runtime.recovery, told, breaker, open, upstream, probe };
}

describe('an open breaker with a probe comes back', () => {
  test('when its task ended by what had wanted it first, and not by the breaker', async () => {
    const { env, runtime, recovery, breaker, open, upstream, probe, told } = await shop({
      rules: [{ on: { check: 'db' }, policy: { initialDelayMs: 60_000 } }],
    });
    let answer: 'healthy' | 'unhealthy' = 'unhealthy';
    runtime.health.register('db', () => answer);
    recovery.probe('db', probe);
    await env.advanceAsync(1_000);
    await open();
    answer = 'healthy';
    await env.advanceAsync(2_000);
    expect(recovery.status('db')).toMatchObject({
      state: 'scheduled',
      reason: expect.stringContaining('breaker "db"') as string,
    });
    upstream.isUp = true;
    await env.advanceAsync(120_000);

    expect(breaker.state).toBe('closed');
    expect(told('recovery.ended')).toHaveLength(1);
  });

  test('when a person’s order has taken the place of the healer’s and came to nothing', async () => {
    const { env, recovery, breaker, open, upstream, probe } = await shop();
    recovery.probe('db', probe);
    await open();
    recovery.schedule('db', { strategy: 'immediate', policy: { maxAttempts: 2, initialDelayMs: 0 } });
    await env.advanceAsync(60_000);
    expect(recovery.status('db')).toMatchObject({ state: 'awaitingManual' });
    upstream.isUp = true;
    await env.advanceAsync(20_000);

    expect(breaker.state).toBe('closed');
    expect(recovery.status('db')).toMatchObject({ state: 'succeeded' });
  });

  test('when its task has failed, was cancelled, or succeeded by a check of its own', async () => {
    for (const way of ['fail', 'cancel', 'own check'] as const) {
      const { env, recovery, breaker, open, upstream, probe } = await shop(
        way === 'own check'
          ? {
              rules: [
                { on: { breaker: 'db' }, strategy: 'immediate', steps: [], policy: { healthCheck: () => 'healthy' } },
              ],
            }
          : {},
      );
      if (way === 'fail') recovery.setPolicy('db', { whenExhausted: 'fail', maxAttempts: 2 });
      recovery.probe('db', probe);
      await open();
      await env.advanceAsync(0);
      if (way === 'cancel') recovery.cancel('db', ADA);
      await env.advanceAsync(120_000);
      const { state, task } = recovery.status('db')!;
      expect([way, state, breaker.state]).toEqual([
        way,
        { fail: 'failed', cancel: 'cancelled', 'own check': 'succeeded' }[way],
        expect.not.stringMatching('closed') as string,
      ]);
      upstream.isUp = true;
      await env.advanceAsync(20_000);

      expect([way, breaker.state]).toEqual([way, 'closed']);
      expect(recovery.status('db')).toMatchObject({ task, state }); // nobody made another one
    }
  });

  test('but not when a person forced it, nor where the option says so', async () => {
    for (const probeIdle of [true, false]) {
      const { env, recovery, breaker, upstream, probe } = await shop({ probeIdle });
      recovery.probe('db', probe);
      recovery.schedule('db', { strategy: 'immediate', policy: { whenExhausted: 'fail', maxAttempts: 1 } });
      if (probeIdle) breaker.forceOpen(ADA);
      else breaker.open(ADA);
      await env.advanceAsync(10_000);
      upstream.isUp = true;
      await env.advanceAsync(DAY);

      expect(breaker.state).toBe(probeIdle ? 'forcedOpen' : 'open');
    }
  });

  test('also those there was no room to recover, and those whose task made place for another', async () => {
    const { env, runtime, recovery } = await shop({ maxTasks: 4, concurrency: 2 });
    const names = Array.from({ length: 40 }, (_, index) => `service ${index}`);
    for (const name of names) {
      const breaker = runtime.breaker(name, { consecutiveFailures: 1, openMs: 1_000 });
      recovery.probe(name, () => 'up');
      await breaker.execute(DOWN).catch(() => {});
    }
    expect(recovery.statistics().refused).toBe(36);
    await env.advanceAsync(3_600_000);

    expect(names.filter((name) => runtime.breaker(name).state !== 'closed')).toEqual([]);
    expect(recovery.statistics()).toMatchObject({ openIncidents: 0 });
  });

  test('a look comes once a second at most, whatever the policy says', async () => {
    const { env, runtime, recovery } = await shop({
      rules: [{ on: { check: 'db' }, strategy: 'immediate', policy: { initialDelayMs: 0, maxAttempts: 2 } }],
    });
    let asked = 0;
    runtime.health.register('db', () => (asked++, 'unhealthy' as const), { intervalMs: 3_600_000 });
    await env.advanceAsync(11_000);

    expect(recovery.status('db')).toMatchObject({ state: 'awaitingManual' });
    expect(asked).toBeLessThan(15);
  });
});

describe('a task of several causes', () => {
  test('ends when the last of them has gone away', async () => {
    const { env, runtime, recovery } = await shop({
      rules: [{ on: { check: '*' }, service: 'svc', strategy: 'manual' }],
    });
    const answers = { a: 'unhealthy', b: 'unhealthy' } as Record<string, 'healthy' | 'unhealthy'>;
    for (const name of ['a', 'b']) runtime.health.register(name, () => answers[name]!);
    await env.advanceAsync(1_000);
    answers['a'] = 'healthy';
    await env.advanceAsync(1_000);
    expect(recovery.status('svc')).toMatchObject({ state: 'awaitingManual', reason: 'check "b" is unhealthy' });
    answers['b'] = 'healthy';
    await env.advanceAsync(1_000);

    expect(recovery.status('svc')).toMatchObject({ state: 'succeeded' });
  });

  test('does what a rule says before what nobody said, and what is more urgent before what is less', async () => {
    const ran: string[] = [];
    const rule = (check: string, priority: number) => ({
      on: { check },
      service: 'db',
      priority,
      strategy: 'immediate' as const,
      steps: [{ name: check, run: () => void ran.push(check) }],
      policy: { maxAttempts: 1, healthCheck: () => 'unhealthy' as const },
    });
    const { env, runtime, recovery, open, probe } = await shop({ rules: [rule('disk', 5), rule('fire', 0)] });
    recovery.probe('db', probe);
    await open();
    await env.advanceAsync(0);
    expect(recovery.status('db')).toMatchObject({ strategy: 'exponential' });
    runtime.health.register('disk', () => 'unhealthy');
    await env.advanceAsync(1_000);
    expect(recovery.status('db')).toMatchObject({ strategy: 'immediate', priority: 5 });
    runtime.health.register('fire', () => 'unhealthy');
    await env.advanceAsync(1_000);
    expect(recovery.status('db')).toMatchObject({ priority: 0, reason: 'check "fire" is unhealthy' });

    expect(ran).toContain('disk');
  });

  test.each(['exponential', 'manual'] as const)(
    'does what its %s rule says, also where calls fail that want it recovered, and is as urgent as they are',
    async (strategy) => {
      const run = vi.fn();
      const { env, runtime, recovery } = await shop({
        rules: [
          {
            on: { breaker: 'db' },
            strategy,
            steps: [{ name: 'failOver', run }],
            policy: { maxAttempts: 2, initialDelayMs: 100, healthCheck: () => 'unhealthy' },
          },
        ],
      });
      recovery.probe('db', DOWN);
      for (let call = 0; call < 5; call++)
        await runtime.executeWithHealing('db', DOWN, { kind: 'once', severity: 'critical' }).catch(() => {});
      expect(recovery.status('db')).toMatchObject({ strategy, priority: 0 });
      if (strategy === 'manual') {
        expect(recovery.status('db')).toMatchObject({ state: 'awaitingManual' });
        await env.advanceAsync(1_000);
        expect(run).not.toHaveBeenCalled();
        recovery.approve('db', { by: 'ada' });
      }
      await env.advanceAsync(1_000);

      expect(run).toHaveBeenCalled();
    },
  );

  const checked = (check: string, strategy: 'exponential' | 'manual', priority: number, run: () => void) => ({
    on: { check },
    service: 'svc',
    strategy,
    priority,
    steps: [{ name: check, run }],
    policy: { initialDelayMs: 5_000, jitter: 0, maxAttempts: 3, healthCheck: () => 'unhealthy' as const },
  });

  test('waits for a person when what is left of them is for one, and goes on by itself when it is not', async () => {
    for (const [left, gone] of [
      ['manual', 'exponential'],
      ['exponential', 'manual'],
    ] as const) {
      const run = vi.fn();
      const { env, runtime, recovery } = await shop({
        rules: [checked('lag', gone, 1, () => {}), checked('corrupt', left, 5, run)],
      });
      const answers: Record<string, 'healthy' | 'unhealthy'> = { lag: 'unhealthy', corrupt: 'unhealthy' };
      for (const name of Object.keys(answers)) runtime.health.register(name, () => answers[name]!);
      await env.advanceAsync(1_000);
      answers['lag'] = 'healthy';
      await env.advanceAsync(1_000);
      expect(recovery.status('svc')).toMatchObject({
        strategy: left,
        state: left === 'manual' ? 'awaitingManual' : 'scheduled',
      });
      await env.advanceAsync(30_000);

      expect(run).toHaveBeenCalledTimes(left === 'manual' ? 0 : 2);
    }
  });

  test('is cancelled when what it is about is there no more, or was forced by a person', async () => {
    const { env, runtime, recovery, breaker, open, probe, told } = await shop({
      rules: [{ on: { check: '*' } }, { on: { breaker: '*' } }],
    });
    recovery.probe('db', probe);
    let state = 'open';
    const ends = [
      runtime.health.register('disk', () => 'unhealthy'),
      runtime.health.registerBreaker('old', { state: () => 'open' }),
    ];
    runtime.health.registerBreaker('mail', { state: () => state });
    await open();
    await env.advanceAsync(2_000);
    for (const end of ends) end();
    breaker.forceOpen(ADA);
    state = 'isolated';
    await env.advanceAsync(600_000);

    expect(recovery.statistics()).toMatchObject({ scheduled: 4, cancelled: 4, openIncidents: 0 });
    expect(told('recovery.ended').map((event) => 'reason' in event && event.reason)).toEqual([
      'check "disk" is there no more',
      'breaker "old" is there no more',
      'breaker "db" was forced open',
      'breaker "mail" was forced open',
    ]);
    const again = runtime.health.register('disk', () => 'unhealthy');
    await env.advanceAsync(2_000);
    ends[0]!();
    expect(recovery.status('disk')).toMatchObject({ state: 'scheduled' });
    again();
  });

  test('takes up what is so already when a rule is added', async () => {
    const { env, runtime, recovery, open } = await shop();
    let state = 'open';
    runtime.health.register('disk', () => 'unhealthy');
    runtime.health.registerBreaker('mail', { state: () => state });
    runtime.health.signal('heat', 0.7, { ttlMs: DAY });
    await open();
    await env.advanceAsync(1_000);
    const manual = { strategy: 'manual' } as const;
    for (const on of [{ check: '*' }, { breaker: '*' }, { signal: '*' }]) recovery.rule({ on, ...manual });

    expect(Object.fromEntries(Object.entries(recovery.status()).map(([name, { reason }]) => [name, reason]))).toEqual({
      disk: 'check "disk" is unhealthy',
      db: 'breaker "db" is open',
      mail: 'breaker "mail" is open',
      heat: 'signal "heat" was raised at 0.7',
    });
    state = 'closed';
    await env.advanceAsync(1_000);
    expect(recovery.status('mail')).toMatchObject({ state: 'succeeded' });

    const quiet = await shop();
    quiet.runtime.health.signal('heat', 0.4, { ttlMs: DAY });
    quiet.recovery.rule({ on: { signal: '*' }, ...manual });
    expect(quiet.recovery.statistics().scheduled).toBe(0);
  });
});

describe('what a person orders', () => {
  test('of the manual strategy begins nothing without approval, also where a task was scheduled', async () => {
    const { env, recovery } = await shop();
    const run = vi.fn();
    const steps = [{ name: 'x', run }];
    recovery.schedule('db', { strategy: 'exponential', policy: { initialDelayMs: 60_000 } });
    expect(recovery.schedule('db', { strategy: 'manual', steps })).toMatchObject({ state: 'awaitingManual' });
    await env.advanceAsync(120_000);
    expect(run).not.toHaveBeenCalled();
    recovery.approve('db', { by: 'ada' });
    await env.advanceAsync(0);

    expect(run).toHaveBeenCalledTimes(1);
  });

  test('of another strategy is done, also where a task waited for approval', async () => {
    const { env, recovery } = await shop();
    const run = vi.fn();
    recovery.schedule('db', { strategy: 'manual' });
    recovery.schedule('db', { strategy: 'immediate', steps: [{ name: 'x', run }] });
    await env.advanceAsync(0);

    expect(run).toHaveBeenCalledTimes(1);
  });

  test('manually is not decided by a look; its breaker comes back all the same', async () => {
    const { env, recovery, breaker, open, upstream, probe } = await shop();
    recovery.probe('db', probe);
    upstream.isUp = true;
    recovery.schedule('db', { strategy: 'manual' });
    await open();
    await env.advanceAsync(60_000);

    expect(breaker.state).toBe('closed');
    expect(recovery.status('db')).toMatchObject({ state: 'awaitingManual' });
  });

  test('keeps its own policy whatever is said of the service later', async () => {
    const { env, recovery } = await shop();
    recovery.schedule('x', { strategy: 'immediate', policy: { maxAttempts: 2, initialDelayMs: 0 } });
    recovery.setPolicy('x', { maxAttempts: 7 });
    await env.advanceAsync(10_000);

    expect(recovery.status('x')).toMatchObject({ attempts: 2, state: 'awaitingManual' });
  });
});

test('that there is no room for a recovery is counted each time, and told once until a task ends', async () => {
  const { env, runtime, recovery } = await shop({ maxTasks: 1 });
  recovery.schedule('other', { strategy: 'manual' });
  recovery.probe('db', DOWN);
  for (let call = 0; call < 20; call++) await runtime.executeWithHealing('db', DOWN, { kind: 'once' }).catch(() => {});
  await env.advanceAsync(1_000);

  expect(recovery.statistics().refused).toBeGreaterThan(0);
  expect(runtime.readings().runtime['self']!.callbackFailures).toBe(1);
});

describe('probes that heed no signal', () => {
  test('are two at once at most, and are asked again when they must be lost', async () => {
    const { env, runtime, recovery, open, breaker } = await shop();
    let out = 0;
    let mostOut = 0;
    let isUp = false;
    recovery.probe('db', () => {
      if (isUp) return 'up';
      mostOut = Math.max(mostOut, ++out);
      return new Promise(() => {});
    });
    await open();
    await env.advanceAsync(600_000);
    expect(mostOut).toBe(2);
    expect(recovery.status('db')!.lastError).toMatch(/expected the probes of "db" before to have ended|TIMEOUT/);
    isUp = true;
    await env.advanceAsync(900_000);

    expect(breaker.state).toBe('closed');
    await runtime.stop();
    expect(env.pendingTimers).toBe(0);
  });

  test('of a provider as well', async () => {
    const { env, recovery } = await shop();
    let out = 0;
    const providers = recovery.providers('quotes', {
      order: ['a', 'b'],
      dwellMs: 1_000,
      probe: () => (out++, new Promise(() => {})),
    });
    recovery.failover('quotes', 'b', { by: 'ada' });
    await env.advanceAsync(300_000);

    expect(providers.current).toBe('b');
    expect(out).toBe(2);
  });
});

describe('the application’s functions', () => {
  test('may cancel, schedule and order from within waitMs: nothing is lost', async () => {
    for (const act of ['cancel', 'schedule', 'order'] as const) {
      const { env, runtime, recovery } = await shop();
      let isAsked = false;
      const waitMs = (): number => {
        if (isAsked) return 0;
        isAsked = true;
        if (act === 'cancel' && recovery.status('x') !== undefined) recovery.cancel('x', ADA);
        if (act === 'schedule') recovery.schedule('x', { strategy: 'manual' });
        if (act === 'order') void recovery.execute('x', { by: 'ada' });
        return 0;
      };
      const steps = [{ name: 'x', run() {}, waitMs }];
      recovery.schedule('x', { strategy: 'immediate', steps, policy: { healthCheck: () => 'healthy' } });
      await env.advanceAsync(60_000);
      const { scheduled, waiting, inProgress, ended } = recovery.statistics();

      expect(scheduled).toBe(waiting + inProgress + ended);
      expect(runtime.readings().runtime['self']!.callbackFailures).toBe(0);
    }
  });

  test('may cancel when they are asked how long an attempt that is due would come too early', async () => {
    const { env, recovery } = await shop();
    let asked = 0;
    const waitMs = (): number => {
      if (++asked === 2) recovery.cancel('x', ADA);
      return 0;
    };
    recovery.schedule('x', { strategy: 'linear', steps: [{ name: 'x', run() {}, waitMs }] });
    await env.advanceAsync(60_000);

    expect(recovery.status('x')).toMatchObject({ state: 'cancelled', attempts: 0 });
  });

  test('that promise how long to wait, and break it, are told and hurt nobody', async () => {
    const { env, recovery, told } = await shop();
    const steps = [{ name: 'x', run() {}, waitMs: (async () => DOWN()) as never }];
    recovery.schedule('x', { strategy: 'immediate', steps, policy: { healthCheck: () => 'healthy' } });
    await env.advanceAsync(1_000);

    expect(recovery.status('x')).toMatchObject({ state: 'succeeded' });
    expect(told('callback.failed')[0]).toMatchObject({ callback: 'recovery step "x" waitMs' });
    expect(() => recovery.schedule('y', { steps: [{ name: 'x', run() {}, waitMs: 5 as never }] })).toThrow(
      'a step whose waitMs is a function',
    );
  });

  test('are not heard when they escalate from an attempt that is over', async () => {
    const { env, recovery, told } = await shop();
    const late = Promise.withResolvers<void>();
    const run = async ({ escalate }: { escalate: (to: { channels: string[]; message: string }) => void }) => {
      await late.promise;
      escalate({ channels: ['ops'], message: 'from the grave' });
    };
    const policy = { timeoutMs: 1_000, maxAttempts: 1 };
    recovery.schedule('x', { strategy: 'immediate', steps: [{ name: 'x', run: run as never }], policy });
    await env.advanceAsync(1_500);
    late.resolve();
    await env.advanceAsync(0);

    expect(told('recovery.escalated')).toEqual([]);
  });

  test.each([
    [undefined, true],
    [null, true],
    ['PONG', true],
    [[{ one: 1 }], true],
    [{ answer: 'healthy' }, true],
    [{ ok: true, status: 204 }, true],
    [false, false],
    ['degraded', false],
    ['unhealthy', false],
    [{ answer: 'unhealthy', reason: 'replica lag' }, false],
    [new Error('no'), false],
    [{ ok: false }, false],
    [{ status: 503 }, false],
    [{ statusCode: 404 }, false],
  ])('a probe that answers %j is well: %s', (answer, isWell) => {
    if (isWell) expect(() => mustBeWell(answer)).not.toThrow();
    else expect(() => mustBeWell(answer)).toThrow('expected the service to be well, received');
  });
});

test('after the stop nothing begins any more', async () => {
  const { env, runtime, recovery } = await shop();
  const probe = vi.fn();
  await runtime.stop();
  const stopped = { code: 'STOPPED' };

  expect(() => recovery.providers('q', { order: ['a', 'b'], probe, dwellMs: 10 })).toThrow(
    expect.objectContaining(stopped),
  );
  expect(() => recovery.failover('q', 'b', ADA)).toThrow(expect.objectContaining(stopped));
  expect(() => recovery.probe('q', probe)).toThrow(expect.objectContaining(stopped));
  expect(() => recovery.rule({ on: { check: '*' } })).toThrow(expect.objectContaining(stopped));
  expect(() => recovery.checkpoint('q', { checkpoint: () => 1, restore() {} })).toThrow(
    expect.objectContaining(stopped),
  );
  await env.advanceAsync(60_000);
  expect(env.pendingTimers).toBe(0);
  expect(probe).not.toHaveBeenCalled();
});
