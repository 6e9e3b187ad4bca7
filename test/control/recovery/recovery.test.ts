/** A recovery's way from being scheduled to its end, in a runtime on a virtual clock. */
import { describe, expect, test, vi } from 'vitest';
import { createRuntime, type HoldfastEvent, type RecoveryStep, type RuntimeOptions, step } from '../../../src/index.ts';
import { createVirtualEnv } from '../../../src/testing/index.ts';

const BY = { by: 'ada' };
const DOWN = (): never => {
  throw new Error('down');
};

async function shop(options: RuntimeOptions = {}) {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ name: 'shop', env, ...options });
  const events: HoldfastEvent[] = [];
  runtime.events.on('*', (event) => events.push(event));
  const told = (type: HoldfastEvent['type']) => events.filter((event) => event.type === type);
  return { env, runtime, recovery: runtime.recovery, told };
}

const policy = { initialDelayMs: 100, multiplier: 2, jitter: 0 } as const;

/** Never settles but with the signal's reason. */
function endedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
}

describe('a task', () => {
  test('makes its attempts after 200, 400 and 800 ms, and succeeds when the service is found well', async () => {
    const { env, recovery, told } = await shop();
    const at: number[] = [];
    recovery.probe('stock', () => (at.push(env.now()), at.length < 3 ? DOWN() : 'up'));
    const startedAt = env.now();

    expect(recovery.schedule('stock', { policy, reason: 'stock is away' })).toMatchObject({ state: 'scheduled' });
    await env.advanceAsync(10_000);

    expect(at.map((each) => each - startedAt)).toEqual([200, 600, 1_400]);
    expect(recovery.status('stock')).toMatchObject({ state: 'succeeded', attempts: 3, lastError: null });
    expect(told('recovery.scheduled')).toMatchObject([{ task: 'stock#1', reason: 'stock is away', priority: 5 }]);
    expect(told('recovery.attempted')).toMatchObject([
      { attempt: 1, succeeded: false, error: 'Error: down' },
      { attempt: 2, succeeded: false },
      { attempt: 3, succeeded: true },
    ]);
    expect(told('recovery.ended')).toMatchObject([{ result: 'succeeded', attempts: 3, durationMs: 1_400 }]);
    expect(recovery.statistics()).toMatchObject({
      scheduled: 1,
      ended: 1,
      attempts: 3,
      failedAttempts: 2,
      successRate: 1,
      meanTimeToRecoveryMs: 1_400,
    });
    expect(recovery.history()).toMatchObject([{ service: 'stock', result: 'succeeded' }]);
  });

  test('waits for a person when its attempts are used up, and goes on when one approves', async () => {
    const { env, recovery, told } = await shop();
    let isUp = false;
    recovery.probe('stock', () => isUp || DOWN());
    recovery.schedule('stock', { strategy: 'linear', policy: { ...policy, maxAttempts: 2 } });
    await env.advanceAsync(10_000);

    expect(recovery.status('stock')).toMatchObject({ state: 'awaitingManual', attempts: 2, lastError: 'Error: down' });
    expect(told('recovery.ended')).toMatchObject([{ result: 'awaitingManual', attempts: 2 }]);
    expect(recovery.statistics()).toMatchObject({ waiting: 1, awaitingManual: 1, escalations: 1, ended: 0 });

    isUp = true;
    recovery.approve('stock', BY);
    await env.advanceAsync(0);

    expect(recovery.status('stock')).toMatchObject({ state: 'succeeded', attempts: 1 });
  });

  test('of the manual strategy begins no attempt before a person approves, and none after a failed one', async () => {
    const { env, recovery } = await shop();
    const probe = vi.fn(DOWN);
    recovery.probe('stock', probe);
    recovery.schedule('stock', { strategy: 'manual' });
    await env.advanceAsync(100_000);
    expect(probe).not.toHaveBeenCalled();

    recovery.approve('stock', BY);
    await env.advanceAsync(100_000);

    expect(probe).toHaveBeenCalledTimes(1);
    expect(recovery.status('stock')).toMatchObject({ state: 'awaitingManual' });
  });

  test('fails for good where its policy says so', async () => {
    const { env, recovery } = await shop();
    recovery.probe('stock', DOWN);
    recovery.schedule('stock', { strategy: 'immediate', policy: { maxAttempts: 1, whenExhausted: 'fail' } });
    await env.advanceAsync(0);

    expect(recovery.status('stock')).toMatchObject({ state: 'failed' });
    expect(recovery.statistics()).toMatchObject({ failed: 1, successRate: 0, meanTimeToRecoveryMs: null });
    expect(recovery.schedule('stock')).toMatchObject({ state: 'scheduled', task: 'stock#2', attempts: 0 });
  });

  test('makes five attempts where nothing else is said, or what RECOVERY_MAX_RETRY_ATTEMPTS says', async () => {
    for (const [variable, attempts] of [
      ['', 5],
      ['2', 2],
    ] as const) {
      vi.stubEnv('RECOVERY_MAX_RETRY_ATTEMPTS', variable);
      const { env, recovery } = await shop();
      recovery.probe('stock', DOWN);
      recovery.schedule('stock', { strategy: 'immediate' });
      await env.advanceAsync(0);

      expect(recovery.status('stock')).toMatchObject({ state: 'awaitingManual', attempts });
    }
    vi.stubEnv('RECOVERY_MAX_RETRY_ATTEMPTS', 'many');
    await expect(shop()).rejects.toMatchObject({ code: 'INVALID_OPTIONS', component: 'RECOVERY_MAX_RETRY_ATTEMPTS' });
    vi.unstubAllEnvs();
  });

  test('is no success unless something says that the service is well', async () => {
    const { env, recovery } = await shop();
    recovery.setPolicy('stock', { maxAttempts: 1 });
    recovery.schedule('stock', { strategy: 'immediate', steps: [step.callAgain(() => 'done')] });
    await env.advanceAsync(0);
    expect(recovery.status('stock')).toMatchObject({ state: 'awaitingManual' });
    expect(recovery.status('stock')!.lastError).toContain('expected a breaker, a probe or a health check');

    for (const answer of ['degraded', 'unhealthy', 'rubbish', undefined]) {
      recovery.setPolicy('stock', { maxAttempts: 1, healthCheck: () => answer as never });
      expect(await recovery.execute('stock', BY)).not.toMatchObject({ state: 'succeeded' });
    }
    recovery.setPolicy('stock', { maxAttempts: 1, healthCheck: () => Promise.resolve('healthy') });
    expect(await recovery.execute('stock', BY)).toMatchObject({ state: 'succeeded' });
  });

  test('is cancelled with its attempt, whose late result counts for nothing', async () => {
    const { env, recovery, told } = await shop();
    const late = Promise.withResolvers<void>();
    const seen: AbortSignal[] = [];
    recovery.probe('stock', ({ signal }) => (seen.push(signal), late.promise));
    recovery.schedule('stock', { strategy: 'immediate' });
    await env.advanceAsync(0);

    recovery.cancel('stock', { by: 'ada', reason: 'sold' });
    late.resolve();
    await env.advanceAsync(100_000);

    expect(seen[0]!.reason).toEqual(new Error('cancelled by ada: sold'));
    expect(recovery.status('stock')).toMatchObject({ state: 'cancelled' });
    expect(told('recovery.ended')).toMatchObject([{ result: 'cancelled', reason: 'ada: sold' }]);
    expect(told('recovery.attempted')).toEqual([]);
    expect(env.pendingTimers).toBe((await shop()).env.pendingTimers);
  });

  test('that is wanted again while it is open is still one: a person’s order replaces the one before', async () => {
    const { recovery } = await shop();
    recovery.schedule('stock', { priority: 7 });

    expect(recovery.schedule('stock', { priority: 2, reason: 'urgent' })).toMatchObject({
      task: 'stock#1',
      priority: 2,
      reason: 'urgent',
    });
    expect(recovery.statistics()).toMatchObject({ scheduled: 1, joined: 1, waiting: 1 });
  });
});

describe('an attempt', () => {
  const once = { strategy: 'immediate', policy: { maxAttempts: 1, timeoutMs: 1_000 } } as const;

  test.each<[string, RecoveryStep['run'], string]>([
    ['throws', DOWN, 'Error: down'],
    ['rejects', () => Promise.reject(new Error('no')), 'Error: no'],
    ['rejects with nothing', () => Promise.reject(undefined), 'undefined'],
    ['never ends', () => new Promise(() => {}), 'HoldfastError: expected an end within 1000 ms, received none'],
  ])('fails when a step %s; the steps behind it do not run', async (_, run, error) => {
    const { env, recovery } = await shop();
    recovery.probe('stock', () => 'up');
    const behind = vi.fn();
    recovery.schedule('stock', { ...once, steps: [{ name: 'first', run }, step.callAgain(behind)] });
    await env.advanceAsync(1_000);

    expect(recovery.status('stock')).toMatchObject({ state: 'awaitingManual', lastError: error });
    expect(behind).not.toHaveBeenCalled();
  });

  test('runs its steps one after the other, each with a signal that ends with the attempt', async () => {
    const { env, recovery } = await shop();
    recovery.probe('stock', () => 'up');
    const order: string[] = [];
    const slow = Promise.withResolvers<void>();
    let signal: AbortSignal | undefined;
    recovery.schedule('stock', {
      ...once,
      steps: [
        step.callAgain(async (context) => {
          signal = context.signal;
          await slow.promise;
          order.push('first');
        }),
        step.callAgain(({ service, attempt }) => order.push(`${service} ${attempt}`)),
      ],
    });
    await env.advanceAsync(999);
    expect(order).toEqual([]);
    expect(signal!.aborted).toBe(false);
    slow.resolve();
    await env.advanceAsync(0);

    expect(order).toEqual(['first', 'stock 1']);
    expect(recovery.status('stock')).toMatchObject({ state: 'succeeded' });
  });

  test('that is cancelled in the middle does not go on to its next step', async () => {
    const { env, recovery } = await shop();
    const slow = Promise.withResolvers<void>();
    const behind = vi.fn();
    recovery.schedule('stock', { ...once, steps: [step.callAgain(() => slow.promise), step.callAgain(behind)] });
    await env.advanceAsync(0);
    recovery.cancel('stock', { by: 'ada', reason: 'sold' });
    slow.resolve();
    await env.advanceAsync(0);

    expect(behind).not.toHaveBeenCalled();
  });

  test('that hangs has its signal aborted, and its timer is gone', async () => {
    const { env, recovery, runtime } = await shop();
    let signal: AbortSignal | undefined;
    recovery.schedule('stock', {
      ...once,
      steps: [step.callAgain((context) => ((signal = context.signal), new Promise(() => {})))],
    });
    await env.advanceAsync(1_000);

    expect(signal!.reason).toMatchObject({ code: 'TIMEOUT' });
    await runtime.stop();
    expect(env.pendingTimers).toBe(0);
  });

  test('escalates with an event, from the attempt that was named', async () => {
    const { env, recovery, told } = await shop();
    recovery.probe('stock', DOWN);
    const tell = step.escalate({ channels: ['pager'], message: 'stock is down', fromAttempt: 2 });
    recovery.schedule('stock', { strategy: 'immediate', policy: { maxAttempts: 3 }, steps: [tell] });
    await env.advanceAsync(0);

    expect(told('recovery.escalated')).toMatchObject([
      { task: 'stock#1', channels: ['pager'], message: 'stock is down' },
      { task: 'stock#1' },
    ]);
    expect(recovery.statistics().escalations).toBe(3); // the third is for being exhausted
  });

  test('is refused steps that make no sense, when they are made', () => {
    const invalid = expect.objectContaining({ code: 'INVALID_OPTIONS' });

    expect(() => step.escalate({ channels: [] })).toThrow(invalid);
    expect(() => step.escalate({ channels: ['pager'], from: 2 } as never)).toThrow(invalid);
    expect(() => step.callAgain('not a function' as never)).toThrow(invalid);
    expect(() => step.failOverTo('')).toThrow(invalid);
    expect(() => step.probeBreaker(7 as never)).toThrow(invalid);
    expect(() => step.restartChild(undefined as never)).toThrow(invalid);
  });

  test('brings back the last checkpoint that was taken, and fails where there is none', async () => {
    const { env, recovery } = await shop();
    recovery.probe('cart', () => 'up');
    let cart = ['apple'];
    const order = { ...once, steps: [step.restoreCheckpoint()] };
    recovery.schedule('cart', order);
    await env.advanceAsync(0);
    expect(recovery.status('cart')!.lastError).toBe('Error: expected a checkpoint of "cart", found none');

    const checkpoint = recovery.checkpoint('cart', {
      checkpoint: () => [...cart],
      restore: (state) => void (cart = state),
    });
    expect((await recovery.execute('cart', BY)).lastError).toContain('that was taken, found none');
    await checkpoint.take();
    cart = ['?'];
    await recovery.execute('cart', BY);

    expect(cart).toEqual(['apple']);
    checkpoint.end();
  });

  test('restarts a supervised child, and goes on when it is up again', async () => {
    const { env, recovery, runtime } = await shop();
    const lives: number[] = [];
    await runtime.supervise({ id: 'prices', start: () => lives.push(env.now()), stop() {} }).ready;
    recovery.setPolicy('prices', {
      steps: [step.restartChild('root/surfaces/prices')],
      healthCheck: () => (lives.length === 2 ? 'healthy' : 'unhealthy'),
    });
    recovery.schedule('prices', { strategy: 'immediate' });
    await env.advanceAsync(1_000);

    expect(lives.length).toBe(2);
    expect(recovery.status('prices')).toMatchObject({ state: 'succeeded', attempts: 1 });
  });

  test('to restart a child there is not fails', async () => {
    const { env, recovery } = await shop();
    recovery.schedule('prices', { ...once, steps: [step.restartChild('root/surfaces/none')] });
    await env.advanceAsync(0);

    expect(recovery.status('prices')!.lastError).toContain('kill.path');
  });
});

describe('a runtime’s recoveries', () => {
  test('make so many attempts at a time, the most urgent first', async () => {
    const { env, recovery } = await shop({ recovery: { concurrency: 2 } });
    const begun: string[] = [];
    const hold = Promise.withResolvers<void>();
    for (const [service, priority] of [
      ['c', 5],
      ['d', 9],
      ['a', 0],
      ['b', 1],
    ] as const) {
      recovery.setPolicy(service, {
        ...policy,
        steps: [step.callAgain(() => (begun.push(service), hold.promise))],
        healthCheck: () => 'healthy',
      });
      recovery.schedule(service, { priority });
    }
    await env.advanceAsync(200);
    expect(begun).toEqual(['a', 'b']);
    expect(recovery.statistics()).toMatchObject({ inProgress: 2, waiting: 2 });

    hold.resolve();
    await env.advanceAsync(0);

    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    expect(recovery.statistics()).toMatchObject({ succeeded: 4, waiting: 0, inProgress: 0 });
  });

  test('execute makes an attempt now, before all others, and resolves with what became of it', async () => {
    const { env, recovery } = await shop();
    const probe = vi.fn(() => 'up');
    recovery.probe('stock', probe);
    recovery.schedule('stock', { policy: { initialDelayMs: 50_000 } });

    const result = recovery.execute('stock', BY);
    await env.advanceAsync(0);

    expect(await result).toMatchObject({ state: 'succeeded', attempts: 1 });
    expect(await recovery.execute('stock', BY)).toMatchObject({
      state: 'succeeded',
      task: 'stock#2',
      reason: 'by ada',
    });
    expect(probe).toHaveBeenCalledTimes(2);
  });

  test('are as many as there may be: the oldest that has ended makes place, and none is taken while all are open', async () => {
    const { env, runtime, recovery } = await shop({ recovery: { maxTasks: 2 } });
    recovery.schedule('a');
    recovery.schedule('b');
    expect(() => recovery.schedule('c')).toThrow(/recovery\.maxTasks: expected at most 2 tasks/);
    recovery.cancel('a', { by: 'ada', reason: 'room' });
    recovery.schedule('c');

    expect(Object.keys(recovery.status())).toEqual(['b', 'c']);
    await env.advanceAsync(0);
    const actors = Object.keys(runtime.readings().children).filter((path) => path.includes('/recovery '));
    expect(actors).toEqual(['root/control/recovery b', 'root/control/recovery c']);
    expect(recovery.statistics()).toMatchObject({ scheduled: 3, waiting: 2, cancelled: 1 });
  });

  test('may come back at once when they have made place for another', async () => {
    const { env, recovery } = await shop({ recovery: { maxTasks: 1 } });
    for (const service of ['a', 'b', 'a', 'b', 'a']) {
      recovery.schedule(service);
      recovery.cancel(service, { by: 'ada', reason: 'next' });
    }
    await env.advanceAsync(0);

    expect(recovery.statistics()).toMatchObject({ scheduled: 5, cancelled: 5 });
  });

  test('are shown with the runtime’s readings, by service, each in the tree with its state', async () => {
    const { env, runtime, recovery } = await shop();
    recovery.schedule('__proto__', { policy });
    await env.advanceAsync(0);

    const { recoveries, children } = runtime.readings();

    expect(recoveries['__proto__']).toMatchObject({ state: 'scheduled', dueAtMs: 200, endedAtMs: null });
    expect(children['root/control/recovery __proto__']).toMatchObject({ chart: 'recovery', at: ['scheduled'] });
  });

  test('may have names as long as names may be', async () => {
    const { recovery } = await shop();
    const names = ['a', 'b'].map((end) => 'x'.repeat(255) + end);
    for (const each of names) recovery.schedule(each);

    expect(Object.keys(recovery.status())).toEqual(names);
  });

  test('an actor that is killed is restarted in the state its task is in, and the task goes on', async () => {
    const { env, runtime, recovery } = await shop();
    recovery.probe('stock', () => 'up');
    recovery.schedule('stock', { policy });
    await env.advanceAsync(0);
    await runtime.supervisor.kill('root/control/recovery stock', { by: 'ada', reason: 'drill' });
    await env.advanceAsync(60);
    expect(runtime.readings().children['root/control/recovery stock']).toMatchObject({
      at: ['scheduled'],
      restarts: 1,
    });

    await env.advanceAsync(1_000);
    expect(runtime.readings().children['root/control/recovery stock']).toMatchObject({ at: ['succeeded'] });
  });

  test('that are restarted as a group end their attempts as failed, and begin them again', async () => {
    const { env, runtime, recovery } = await shop();
    let calls = 0;
    recovery.probe('stock', ({ signal }) => (++calls === 1 ? endedBy(signal) : 'up'));
    recovery.schedule('stock', { strategy: 'immediate' });
    await env.advanceAsync(10);
    await runtime.supervisor.kill('root/control', { by: 'ada', reason: 'drill' });
    await env.advanceAsync(1_000);

    expect(recovery.status('stock')).toMatchObject({ state: 'succeeded', attempts: 2 });
  });

  test('wait for functions that heed no signal, as long as an attempt may take, and run two of a service at most', async () => {
    const { env, recovery } = await shop();
    const begunAt: number[] = [];
    const step = { name: 'hang', run: () => (begunAt.push(env.now()), new Promise(() => {})) };
    const policy = { timeoutMs: 1_000, maxAttempts: 50, initialDelayMs: 10 };
    recovery.schedule('stock', { strategy: 'immediate', steps: [step], policy });
    await env.advanceAsync(60_000);

    expect(begunAt).toEqual([0, 2_000]);
    expect(recovery.statistics().zombies).toBe(2);
    expect(recovery.status('stock')).toMatchObject({ state: 'awaitingManual', attempts: 50 });
    expect(recovery.status('stock')!.lastError).toContain('found 2 at work still');
  });

  test('go on the moment such a function ends', async () => {
    const { env, recovery } = await shop();
    const begunAt: number[] = [];
    const first = Promise.withResolvers<void>();
    const step = { name: 'slow', run: () => (begunAt.push(env.now()) === 1 ? first.promise : undefined) };
    const policy = { timeoutMs: 1_000, initialDelayMs: 10, healthCheck: () => 'healthy' as const };
    recovery.schedule('stock', { strategy: 'immediate', steps: [step], policy });
    await env.advanceAsync(1_300);
    expect(recovery.statistics().zombies).toBe(1);
    first.resolve();
    await env.advanceAsync(0);

    expect(begunAt).toEqual([0, 1_300]);
    expect(recovery.status('stock')).toMatchObject({ state: 'succeeded', attempts: 2 });
    expect(recovery.statistics().zombies).toBe(0);
  });

  test('go on when the root has given up, with nobody to watch them, until the runtime stops', async () => {
    const { env, runtime, recovery } = await shop();
    for (let time = 0; time < 6; time++) {
      await runtime.supervisor.kill('root/control', { by: 'ada', reason: 'drill' });
      await env.advanceAsync(6_000);
    }
    recovery.probe('stock', () => 'up');
    recovery.probe('away', DOWN);
    recovery.schedule('stock', { policy });
    recovery.schedule('away', { policy });
    await env.advanceAsync(200);
    expect(recovery.status('stock')).toMatchObject({ state: 'succeeded' });

    await runtime.stop();
    expect(env.pendingTimers).toBe(0);
  });

  test('leave no timer when the runtime stops, and nobody waiting', async () => {
    const { env, runtime, recovery } = await shop();
    recovery.probe('stock', () => new Promise(() => {}));
    recovery.schedule('later');
    const result = recovery.execute('stock', BY);
    await env.advanceAsync(0);

    await runtime.stop();

    expect(await result).toMatchObject({ state: 'scheduled' });
    expect(env.pendingTimers).toBe(0);
    expect(() => recovery.schedule('more')).toThrow(expect.objectContaining({ code: 'STOPPED' }));
  });

  test('nobody waits for an attempt there will not be', async () => {
    const { env, runtime, recovery } = await shop();
    const end = runtime.events.on('recovery.scheduled', ({ service }) =>
      recovery.cancel(service, { by: 'l', reason: 'no' }),
    );
    expect(await recovery.execute('stock', { by: 'x'.repeat(256) })).toMatchObject({ state: 'cancelled', attempts: 0 });
    end();
    recovery.schedule('stock');
    recovery.schedule('held', { strategy: 'manual' });
    await env.advanceAsync(0);
    await runtime.stop();

    await expect(recovery.execute('stock', BY)).rejects.toMatchObject({ code: 'STOPPED' });
    await expect(recovery.execute('held', BY)).rejects.toMatchObject({ code: 'STOPPED' });
  });

  test('ask for what is done by hand who does it, and refuse what there is no way for', async () => {
    const { recovery } = await shop();
    const illegal = expect.objectContaining({ code: 'ILLEGAL_TRANSITION' });

    expect(() => recovery.cancel('none', { by: 'ada', reason: 'x' })).toThrow(illegal);
    expect(() => recovery.approve('none', BY)).toThrow(illegal);
    expect(() => recovery.approve('none', {} as never)).toThrow(/approve\.by: expected a name/);
    expect(() => recovery.schedule('a', { strategy: 'never' as never })).toThrow(
      'recovery of "a".strategy: expected one of immediate, linear, exponential, manual, received "never"',
    );
    expect(() => recovery.schedule('a', { steps: [{} as never] })).toThrow(
      'expected a step, an object with name and run',
    );
    expect(() => recovery.schedule('a', { prority: 1 } as never)).toThrow('did you mean "priority"');
    await expect(recovery.execute('', BY)).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    expect(recovery.status('a')).toBeUndefined();
  });

  test('refuse a policy that was written for another deployment', async () => {
    const { recovery } = await shop({ policyHash: 'aaaa' });
    const other = expect.objectContaining({ code: 'POLICY_HASH_MISMATCH' });

    expect(() => recovery.schedule('a', { policy: { policyHash: 'bbbb' } })).toThrow(other);
    expect(() => recovery.setPolicy('a', { policyHash: 'bbbb' })).toThrow(other);
    expect(() => recovery.rule({ on: { breaker: '*' }, policy: { policyHash: 'bbbb' } })).toThrow(other);
    await expect(
      shop({ recovery: { rules: [{ on: { breaker: '*' }, policy: { policyHash: 'bbbb' } }] } }),
    ).rejects.toEqual(other);
    recovery.setPolicy('a', { policyHash: 'aaaa' });
  });

  test('an event’s listener may cancel, schedule and execute: nothing is lost or half started', async () => {
    const { env, runtime, recovery } = await shop();
    recovery.probe('stock', DOWN);
    runtime.events.on('recovery.attempted', ({ service, attempt }) => {
      if (attempt === 2) recovery.cancel(service, { by: 'listener', reason: 'enough' });
    });
    runtime.events.on('recovery.ended', ({ service, task }) => {
      if (task === 'stock#1') recovery.schedule(service, { strategy: 'immediate', policy: { maxAttempts: 1 } });
    });
    recovery.schedule('stock', { strategy: 'immediate' });
    await env.advanceAsync(0);

    expect(recovery.status('stock')).toMatchObject({ task: 'stock#2', state: 'awaitingManual', attempts: 1 });
    expect(recovery.statistics()).toMatchObject({ scheduled: 2, cancelled: 1, waiting: 1, inProgress: 0, attempts: 3 });
  });
});
