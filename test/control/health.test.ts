/** The formula, the status that does not flutter, and the tick. */
import { describe, expect, test } from 'vitest';
import { Health } from '../../src/control/health/health.ts';
import { breakerScore, systemScore, type Weighed } from '../../src/control/health/score.ts';
import { boundsOf, nextStanding, UNKNOWN } from '../../src/control/health/standing.ts';
import { trendOf } from '../../src/control/health/trend.ts';
import { describe as describeValue } from '../../src/core/describe.ts';
import { Dispatcher } from '../../src/core/dispatcher.ts';
import type { ScoreSum } from '../../src/hotpath/kernel.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { createVirtualEnv } from '../../src/testing/virtual-env.ts';

const BOUNDS = boundsOf(0.02);

describe('the score of a breaker', () => {
  test.each([
    ['closed', null, false, 1],
    ['closed', 0.4, false, 0.6],
    ['halfOpen', null, false, 0.5],
    ['open', null, false, 0],
    ['open', null, true, 0.5],
    ['open', 0.4, true, 0.5],
    ['open', 1, true, 0.5],
    ['open', 1, false, 0],
    ['halfOpen', 0.4, false, 0.3],
    ['forcedOpen', null, false, 0],
    ['disabled', null, false, null],
    ['metricsOnly', 1, false, null],
  ] as const)('%s, rate %s, may probe %s → %s', (state, rate, mayProbe, score) => {
    expect(breakerScore(state, rate, mayProbe)).toBe(score);
  });
});

describe('the vectors of the system score', () => {
  const check = (score: number, weight = 1, critical = false): Weighed => ({ score, weight, critical });
  const statusOf = (sum: number, count: number, checks: readonly Weighed[] = []) => {
    const score = systemScore({ sum, count }, checks);
    return [score, nextStanding(UNKNOWN, score, BOUNDS).status];
  };

  test.each([
    ['3 of 10 open', 7, 10, 0.7, 'healthy'],
    ['4 of 10 open', 6, 10, 0.6, 'degraded'],
    ['6 of 10 open', 4, 10, 0.4, 'critical'],
    ['1 of 2 halfOpen', 1.5, 2, 0.75, 'healthy'],
    ['one closed at rate 0.4 and one without', 1.6, 2, 0.8, 'healthy'],
    ['all disabled', 0, 0, null, 'unknown'],
  ])('%s', (_, sum, counted, score, status) => {
    expect(statusOf(sum, counted)).toEqual([score, status]);
  });

  test.each([
    ['10 healthy and one critical check unhealthy', 10, 10, [check(0, 1, true)], 0.49, 'critical'],
    ['a critical check that is degraded caps nothing', 3, 3, [check(0.5, 1, true)], 0.875, 'healthy'],
    ['a cap lifts nothing that is lower', 1, 9, [check(0, 1, true)], 0.1, 'critical'],
    ['an unhealthy check is one of four', 3, 3, [check(0)], 0.75, 'healthy'],
    ['with weight 3 it is half', 3, 3, [check(0, 3)], 0.5, 'degraded'],
    ['checks alone', 0, 0, [check(1), check(0.5)], 0.75, 'healthy'],
  ] as const)('%s', (_, sum, counted, checks, score, status) => {
    expect(statusOf(sum, counted, checks)).toEqual([score, status]);
  });
});

describe('hysteresis', () => {
  const walk = (...scores: (number | null)[]): string[] => {
    let standing = UNKNOWN;
    return scores.map((score) => (standing = nextStanding(standing, score, BOUNDS)).status);
  };

  test('a status is left at once when the score is clearly beyond its bound', () => {
    expect(walk(1, 0.68)).toEqual(['healthy', 'degraded']);
    expect(walk(0.6, 0.72)).toEqual(['degraded', 'healthy']);
    expect(walk(1, 0.1)).toEqual(['healthy', 'critical']);
  });

  test('within the hysteresis it takes two ticks', () => {
    expect(walk(1, 0.69, 0.69)).toEqual(['healthy', 'healthy', 'degraded']);
    expect(walk(0.4, 0.51, 0.51)).toEqual(['critical', 'critical', 'degraded']);
  });

  test('a score that flutters around the bound changes nothing', () => {
    expect(walk(0.71, 0.69, 0.71, 0.69, 0.71)).toEqual(['healthy', 'healthy', 'healthy', 'healthy', 'healthy']);
  });

  test('nothing registered is unknown, from any status', () => {
    expect(walk(1, null, 0.1)).toEqual(['healthy', 'unknown', 'critical']);
  });
});

describe('the tick', () => {
  const rig = (sums: (Pick<ScoreSum, 'sum' | 'count'> | Error)[]) => {
    const env = createVirtualEnv({ seed: 1 });
    const dispatcher = new Dispatcher(env, 'hash');
    const changes: string[] = [];
    dispatcher.on('health.changed', ({ from, to }) => changes.push(`${from} → ${to}`));
    const failures: string[] = [];
    let ticks = 0;
    const score = async (): Promise<Pick<ScoreSum, 'sum' | 'count'>> => {
      const sum = sums[Math.min(ticks++, sums.length - 1)]!;
      if (sum instanceof Error) throw sum;
      return sum;
    };
    const health = new Health({
      env,
      events: dispatcher,
      policyHash: 'hash',
      intervalMs: 1_000,
      hysteresis: 0.02,
      history: 300,
      algedonicFrom: 0.8,
      breakers: [],
      score,
      onCallbackFailed: (path, error) => failures.push(`${path} ${describeValue(error)}`),
      onTick: () => {},
    });
    return { env, health, failures, changes, ticks: () => ticks };
  };

  test('runs once a second and tells changes only', async () => {
    const { env, health, changes, ticks } = rig([
      { sum: 2, count: 2 },
      { sum: 2, count: 2 },
      { sum: 0, count: 2 },
    ]);
    health.start();

    await env.advanceAsync(3_000);

    expect(ticks()).toBe(3);
    expect(changes).toEqual(['unknown → healthy', 'healthy → critical']);
    expect(health.report()).toEqual({
      status: 'critical',
      score: 0,
      percent: 0,
      min: 0,
      trend: 'declining',
      counted: 2,
      unkeptSignals: 0,
      policyHash: 'hash',
    });
  });

  test('a tick that fails leaves the report in force and the next one runs', async () => {
    const { env, health, ticks } = rig([{ sum: 1, count: 1 }, new Error('worker'), { sum: 1, count: 1 }]);
    health.start();

    await env.advanceAsync(2_000);
    expect(health.report().score).toBe(1);
    await env.advanceAsync(1_000);

    expect(ticks()).toBe(3);
  });

  test('started twice it ticks once a second; stopped, it leaves no timer', async () => {
    const { env, health, ticks } = rig([{ sum: 1, count: 1 }]);
    health.start();
    health.start();
    await env.advanceAsync(2_000);
    health.stop();

    expect(ticks()).toBe(2);
    expect(env.pendingTimers).toBe(0);
  });

  test('a check of the application counts from its first answer on, and no longer when it is ended', async () => {
    const { env, health } = rig([{ sum: 1, count: 1 }]);
    const end = health.register('disk', () => 'degraded', { weight: 3 });
    health.start();
    expect(health.report().score).toBeNull();

    await env.advanceAsync(1_000);
    expect(health.report().score).toBe(0.625);
    end();
    end();
    await env.advanceAsync(1_000);

    expect(health.report().score).toBe(1);
  });

  test('a check that is still asked is left out, unhealthy when its second is over, and not asked again yet', async () => {
    const { env, health, failures } = rig([{ sum: 1, count: 1 }]);
    let asked = 0;
    health.register('slow', () => {
      asked++;
      return new Promise(() => {});
    });
    health.start();

    await env.advanceAsync(2_000);
    expect(health.report().score).toBe(1);
    await env.advanceAsync(1_000);

    expect(health.report().score).toBe(0.5);
    const late = 'health check "slow" Error: expected an answer within 1000 ms, received none';
    expect(failures).toEqual([late, late]);
    expect(asked).toBe(1);
    health.stop();
    expect(env.pendingTimers).toBe(0);
  });

  test('an answer that comes after its second is not heard', async () => {
    const { env, health } = rig([{ sum: 1, count: 1 }]);
    const late = Promise.withResolvers<'healthy'>();
    const answers = [late.promise, new Promise<'healthy'>(() => {})];
    health.register('late', () => answers.shift() ?? new Promise(() => {}));
    health.start();
    await env.advanceAsync(2_000);

    late.resolve('healthy');
    await env.advanceAsync(500);
    await health.tick();

    expect(health.report().score).toBe(0.5);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
      'health check "a" Error: no',
    ],
    ['rejects', () => Promise.reject(new Error('no')), 'health check "a" Error: no'],
    [
      'answers rubbish',
      () => 'toString',
      'health check "a" HoldfastError: its answer: expected "healthy", "degraded" or "unhealthy", received "toString"',
    ],
    [
      'answers nothing',
      () => null,
      'health check "a" HoldfastError: its answer: expected "healthy", "degraded" or "unhealthy", received null',
    ],
  ])('a check that %s is unhealthy, and told', async (_, check, failure) => {
    const { env, health, failures } = rig([{ sum: 1, count: 1 }]);
    health.register('a', check as never, { critical: true });
    health.start();

    await env.advanceAsync(1_000);

    expect(failures).toEqual([failure]);
    expect(health.report()).toMatchObject({ score: 0.49, status: 'critical' });
  });

  test('a check has a name of its own, is a function, and there are at most 1,024', () => {
    const { health } = rig([{ sum: 1, count: 1 }]);
    for (let i = 0; i < 1_024; i++) health.register(`check ${i}`, () => 'healthy');

    expect(() => health.register('check 5', () => 'healthy')).toThrow('expected one that no other check has');
    expect(() => health.register('one', 5 as never)).toThrow('expected a function () => "healthy" | "degraded"');
    expect(() => health.register('one', () => 'healthy', { weight: 0 })).toThrow('health check "one".weight: expected');
    expect(() => health.register('one', () => 'healthy')).toThrow('expected at most 1024 checks, received one more');
  });
});

describe('the trend', () => {
  const window = (length: number, scoreAt: (second: number) => number) =>
    Array.from({ length }, (_, second) => ({ atMs: second * 1_000, score: scoreAt(second) }));

  test('over 1,000 windows of noise it is stable in at least 950, from the second sample to the full window', () => {
    const stable = Array.from({ length: 119 }, (_, place) => {
      const random = seededRandom(place);
      const trends = Array.from({ length: 1_000 }, () => trendOf(window(place + 2, () => 0.85 + 0.1 * random())));
      return trends.filter((trend) => trend === 'stable').length;
    });

    expect(Math.min(...stable)).toBeGreaterThanOrEqual(950);
  });

  test.each([0.02, 0.1, 0.4])('noise of ±%s is stable, whatever its size, once there are thirty samples', (size) => {
    for (const length of [30, 60, 120]) {
      const random = seededRandom(length);
      const noise = (): number => 0.5 + size * (2 * random() - 1);
      const trends = Array.from({ length: 1_000 }, () => trendOf(window(length, noise)));

      expect(trends.filter((trend) => trend === 'stable').length).toBeGreaterThanOrEqual(950);
    }
  });

  test.each([
    ['improving', 0.1],
    ['declining', -0.1],
  ])('%s is named within 30 samples of a slope of 0.1 a minute, whatever was level before', (trend, perMinute) => {
    const named = Array.from({ length: 91 }, (_, level) =>
      trendOf(window(30 + level, (second) => 0.5 + (perMinute / 60) * Math.max(0, second - level))),
    );

    expect(new Set(named)).toEqual(new Set([trend]));
  });

  test('a fall is told by the tick that sees it, and by a full window at the second', () => {
    expect(trendOf(window(3, (second) => (second < 2 ? 1 : 0)))).toBe('declining');
    expect(trendOf(window(120, (second) => (second < 119 ? 1 : 0)))).toBe('stable');
    expect(trendOf(window(120, (second) => (second < 118 ? 1 : 0)))).toBe('declining');
  });

  test('a slope of less than 0.01 a minute is stable, and so is what has no length', () => {
    expect(trendOf(window(120, (second) => 0.5 + (0.0099 / 60) * second))).toBe('stable');
    expect(trendOf(window(120, (second) => 0.5 + (0.0101 / 60) * second))).toBe('improving');
    expect(trendOf(window(1, () => 0.5))).toBe('stable');
    expect(trendOf([])).toBe('stable');
  });
});
