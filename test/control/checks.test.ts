/** When a check is asked, what its answer does, and what it cannot do to anybody. */
/* oxlint-disable unicorn/no-thenable -- a thenable is what a check may answer */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CheckAnswer } from '../../src/core/readings.ts';
import { healthRig } from '../support/health-rig.ts';

const never = (): Promise<never> => new Promise(() => {});

describe('the interval', () => {
  test('a check without one is asked each tick; one with its own from the first tick on, tick or no tick', async () => {
    const { env, health } = healthRig();
    const asked: string[] = [];
    const check = (name: string) => () => {
      asked.push(`${name} ${env.now()}`);
      return 'healthy' as const;
    };
    health.register('each tick', check('each tick'));
    health.register('slow', check('slow'), { intervalMs: 2_500 });
    health.register('fast', check('fast'), { intervalMs: 400 });
    health.start();

    await env.advanceAsync(2_000);
    expect(asked).toEqual(['each tick 1000', 'slow 1000', 'fast 1000', 'fast 1400', 'fast 1800', 'each tick 2000']);
    asked.length = 0;
    await env.advanceAsync(2_000);

    expect(asked.filter((each) => each.startsWith('fast'))).toEqual([
      'fast 2200',
      'fast 2600',
      'fast 3000',
      'fast 3400',
      'fast 3800',
    ]);
    expect(asked.filter((each) => !each.startsWith('fast'))).toEqual(['each tick 3000', 'slow 3500', 'each tick 4000']);
  });

  test('stopped, none is asked and no timer is left; started again, each is asked with the next tick', async () => {
    const { env, health } = healthRig();
    let asked = 0;
    health.register('a', () => (asked++, 'healthy'), { intervalMs: 400 });
    health.start();
    await env.advanceAsync(1_000);

    health.stop();
    await env.advanceAsync(5_000);
    expect([asked, env.pendingTimers]).toEqual([1, 0]);
    health.start();
    await env.advanceAsync(1_000);

    expect(asked).toBe(2);
  });
});

describe('the time it has', () => {
  test('its signal is aborted when the time is over, with the reason that makes it unhealthy', async () => {
    const { env, health, failures } = healthRig();
    let given: AbortSignal | undefined;
    health.register('hung', ({ signal }) => ((given = signal), never()), { timeoutMs: 300 });
    health.start();

    await env.advanceAsync(1_299);
    expect(given?.aborted).toBe(false);
    await env.advanceAsync(1);

    expect(given?.reason).toEqual(new Error('expected an answer within 300 ms, received none'));
    expect(health.components()['check/hung']).toMatchObject({
      score: 0,
      status: 'critical',
      reason: 'Error: expected an answer within 300 ms, received none',
    });
    expect(failures).toEqual(['health check "hung" Error: expected an answer within 300 ms, received none']);
  });

  test('while it hangs it is not called again at once, and when it has settled it is', async () => {
    const { env, health } = healthRig();
    const answers: PromiseWithResolvers<CheckAnswer>[] = [];
    health.register('slow', () => {
      const answer = Promise.withResolvers<CheckAnswer>();
      answers.push(answer);
      return answer.promise;
    });
    health.start();
    await env.advanceAsync(10_000);
    expect(answers.length).toBe(1);

    answers[0]!.resolve('healthy');
    await env.advanceAsync(1_000);
    expect(health.components()['check/slow']?.score).toBe(0); // too late to be heard

    answers[1]!.resolve('healthy');
    await env.advanceAsync(1_000);
    expect(health.components()['check/slow']?.score).toBe(1);
  });

  test('fault 8: an answer that came in time is heard, though our own loop stood still past the end of its time', async () => {
    const { env, health, failures } = healthRig();
    const answer = Promise.withResolvers<CheckAnswer>();
    health.register('ours', () => answer.promise, { timeoutMs: 300 });
    health.start();
    await env.advanceAsync(1_000);

    env.setTimer(() => answer.resolve('healthy'), 300, false); // waits in the queue behind the timer of its time
    await env.advanceAsync(300);

    expect(failures).toEqual([]);
    expect(health.components()['check/ours']?.score).toBe(1);
  });

  test('ended, its signal is aborted and its answer counts no more', async () => {
    const { env, health, failures } = healthRig();
    let given: AbortSignal | undefined;
    const end = health.register('a', ({ signal }) => ((given = signal), never()));
    health.start();
    await env.advanceAsync(1_000);

    end();
    await env.advanceAsync(5_000);

    expect(given?.aborted).toBe(true);
    expect([failures, health.components()['check/a']]).toEqual([[], undefined]);
  });
});

describe('a check that hangs', () => {
  const MINUTE = 60_000;
  /** Answers at once, unless told to hang. */
  function hanging() {
    const asked: number[] = [];
    const rig = healthRig();
    const says = { hang: true };
    rig.health.register('db', () => {
      asked.push(rig.env.now());
      return says.hang ? never() : 'healthy';
    });
    rig.health.start();
    return { ...rig, asked, says, score: () => rig.health.components()['check/db']?.score };
  }

  test('is asked again half a minute after its time was over, and its answer counts', async () => {
    const { env, asked, says, score } = hanging();
    await env.advanceAsync(2_000);
    says.hang = false;

    await env.advanceAsync(29_000);
    expect([asked, score()]).toEqual([[1_000], 0]);
    await env.advanceAsync(2_000);

    expect([asked, score()]).toEqual([[1_000, 32_000, 33_000], 1]);
  });

  test('is asked at most three questions at a time; after ten minutes one is taken for lost', async () => {
    const { env, asked, says, score } = hanging();

    await env.advanceAsync(10 * MINUTE);
    expect(asked).toEqual([1_000, 32_000, 63_000]);
    await env.advanceAsync(MINUTE);
    expect(asked).toEqual([1_000, 32_000, 63_000, 602_000, 633_000]);
    says.hang = false;
    await env.advanceAsync(MINUTE);

    expect(score()).toBe(1);
  });

  test('is counted at each tick that finds it so', async () => {
    const { env, failures } = hanging();

    await env.advanceAsync(6_000);

    const late = 'health check "db" Error: expected an answer within 1000 ms, received none';
    expect(failures).toEqual([late, late, late, late, late]);
  });

  test('that heeds the abort is asked at the next tick', async () => {
    const { env, health } = healthRig();
    let asked = 0;
    health.register('db', ({ signal }) => {
      asked++;
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    });
    health.start();

    await env.advanceAsync(6_000);

    expect(asked).toBe(3);
  });

  test('is probed again after the same half a minute', async () => {
    const { env, health } = healthRig();
    const answers: (Promise<CheckAnswer> | CheckAnswer)[] = [never()];
    health.register('db', () => answers.shift() ?? 'healthy', { timeoutMs: 300 });
    const first = health.probe('db');
    await env.advanceAsync(300);

    expect([await first, await health.probe('db')]).toEqual(['unhealthy', 'unhealthy']);
    await env.advanceAsync(30_000);

    expect(await health.probe('db')).toBe('healthy');
  });
});

describe('the answer', () => {
  test('may say why; what changes is told, and what does not is not', async () => {
    const { env, health, told } = healthRig();
    const answers = ['healthy', { answer: 'degraded', reason: '8 % is free' }, 'degraded', 'unhealthy'] as const;
    let asked = 0;
    health.register('disk', () => answers[asked++] ?? 'unhealthy');
    health.start();

    await env.advanceAsync(2_000);
    expect(health.components()['check/disk']).toEqual({
      kind: 'check',
      name: 'disk',
      score: 0.5,
      status: 'degraded',
      availability: 1,
      weight: 1,
      critical: false,
      reason: '8 % is free',
    });
    await env.advanceAsync(3_000);

    expect(told.filter(({ type }) => type === 'check.changed')).toMatchObject([
      { check: 'disk', from: null, to: 'healthy' },
      { check: 'disk', from: 'healthy', to: 'degraded', error: '8 % is free' },
      { check: 'disk', from: 'degraded', to: 'unhealthy' },
    ]);
  });

  test('fault 25: getters, thenables and proxies that fight back make their check unhealthy, and harm no other', async () => {
    const { env, health, failures } = healthRig();
    const no = (): never => {
      throw new Error('no');
    };
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const rubbish: Record<string, unknown> = {
      getter: Object.defineProperty({}, 'answer', { get: no }),
      getsThen: Object.defineProperty({}, 'then', { get: no }),
      thenable: { then: no },
      twice: { then: (heard: (value: unknown) => void) => (heard(7), heard('healthy')) },
      proxy: revoked.proxy,
      promise: Promise.resolve(Object.defineProperty({}, 'answer', { get: no })),
    };
    for (const [name, value] of Object.entries(rubbish)) health.register(name, () => value as never);
    health.register('__proto__', () => 'healthy');
    health.start();

    await env.advanceAsync(2_000);

    const scores = Object.fromEntries(Object.values(health.components()).map(({ name, score }) => [name, score]));
    expect(scores).toEqual({
      getter: 0,
      getsThen: 0,
      thenable: 0,
      twice: 0,
      proxy: 0,
      promise: 0,
      ['__proto__']: 1,
      root: null,
    });
    expect(failures.length).toBe(2 * 6);
  });

  test('a promise inside an answer is nobody’s to await, and ends no process when it rejects', async () => {
    const unheard: unknown[] = [];
    const hear = (error: unknown): number => unheard.push(error);
    process.on('unhandledRejection', hear);
    onTestFinished(() => void process.off('unhandledRejection', hear));
    const { env, health } = healthRig();
    const late = Promise.withResolvers<never>();
    const rejecting = (): Promise<never> => Promise.reject(new Error('no'));
    health.register('answer', () => ({ answer: rejecting() }) as never);
    health.register('reason', () => ({ answer: 'degraded', reason: rejecting() }) as never);
    health.register('late', () => late.promise, { timeoutMs: 100 });
    health.registerBreaker('mail', { state: () => 'open', onChange: rejecting });
    health.start();

    await env.advanceAsync(1_500);
    late.resolve({ answer: rejecting(), reason: rejecting() } as never);
    await new Promise((resolve) => void setImmediate(resolve));

    const scores = Object.values(health.components()).map(({ name, score }) => [name, score]);
    expect(Object.fromEntries(scores)).toMatchObject({ answer: 0, reason: 0.5 });
    expect(unheard).toEqual([]);
  });

  test('a check that ends itself and registers another while it is asked harms nobody', async () => {
    const { env, health } = healthRig();
    const end = health.register('a', () => {
      end();
      health.register('b', () => 'degraded');
      return 'healthy';
    });
    health.start();

    await env.advanceAsync(2_000);

    expect(Object.keys(health.components())).toEqual(['check/b', 'supervisor/root']);
  });
});

describe('a probe', () => {
  test('asks now and counts, also between ticks', async () => {
    const { env, health, told } = healthRig();
    health.register('search', async () => 'unhealthy' as const);

    expect(await health.probe('search')).toBe('unhealthy');

    expect([health.hasCheck('search'), health.hasCheck('other'), env.pendingTimers]).toEqual([true, false, 0]);
    expect(told).toMatchObject([{ type: 'check.changed', check: 'search', to: 'unhealthy' }]);
  });

  test('asks once, however many want to know, and joins the question that is out', async () => {
    const { env, health } = healthRig();
    const answer = Promise.withResolvers<CheckAnswer>();
    let asked = 0;
    health.register('search', () => (asked++, answer.promise));
    await health.tick();

    const probes = [health.probe('search'), health.probe('search')];
    answer.resolve('degraded');

    expect(await Promise.all(probes)).toEqual(['degraded', 'degraded']);
    expect([asked, env.pendingTimers]).toEqual([1, 0]);
  });

  test('is unhealthy when the time is over, and at once for a check that still hangs', async () => {
    const { env, health } = healthRig();
    health.register('hung', never, { timeoutMs: 300 });

    const first = health.probe('hung');
    await env.advanceAsync(300);

    expect(await first).toBe('unhealthy');
    expect(await health.probe('hung')).toBe('unhealthy');
  });

  test('rejects for a name no check has, and when health stops meanwhile', async () => {
    const { health } = healthRig();
    health.register('hung', never);

    await expect(health.probe('other')).rejects.toThrow('health probe: expected the name of a registered check');
    const waiting = health.probe('hung');
    health.stop();

    await expect(waiting).rejects.toMatchObject({ code: 'STOPPED', component: 'hung' });
  });
});
