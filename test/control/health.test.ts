/** The formula, the status that does not flutter, and the tick. */
import { describe, expect, test } from 'vitest';
import { Health, type ScoreSum } from '../../src/control/health/health.ts';
import { breakerScore, systemScore } from '../../src/control/health/score.ts';
import { nextStanding, UNKNOWN } from '../../src/control/health/standing.ts';
import { Dispatcher } from '../../src/core/dispatcher.ts';
import { createVirtualEnv } from '../../src/testing/virtual-env.ts';

describe('the score of a breaker', () => {
  test.each([
    ['closed', null, false, 1],
    ['closed', 0.4, false, 0.6],
    ['halfOpen', null, false, 0.5],
    ['open', null, false, 0],
    ['open', null, true, 0.5],
    ['open', 0.4, true, 0.3],
    ['forcedOpen', null, false, 0],
    ['disabled', null, false, null],
    ['metricsOnly', 1, false, null],
  ] as const)('%s, rate %s, may probe %s → %s', (state, rate, mayProbe, score) => {
    expect(breakerScore(state, rate, mayProbe)).toBe(score);
  });
});

describe('the vectors of the system score', () => {
  const statusOf = (sum: number, counted: number) => {
    const score = systemScore(sum, counted);
    return [score, nextStanding(UNKNOWN, score).status];
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
});

describe('hysteresis', () => {
  const walk = (...scores: (number | null)[]): string[] => {
    let standing = UNKNOWN;
    return scores.map((score) => (standing = nextStanding(standing, score)).status);
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
  const rig = (sums: (ScoreSum | Error)[]) => {
    const env = createVirtualEnv({ seed: 1 });
    const dispatcher = new Dispatcher(env, 'hash');
    const changes: string[] = [];
    dispatcher.on('health.changed', ({ from, to }) => changes.push(`${from} → ${to}`));
    let ticks = 0;
    const score = async (): Promise<ScoreSum> => {
      const sum = sums[Math.min(ticks++, sums.length - 1)]!;
      if (sum instanceof Error) throw sum;
      return sum;
    };
    const health = new Health({ env, events: dispatcher, score, onTick: () => {} });
    return { env, health, changes, ticks: () => ticks };
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
    expect(health.report()).toEqual({ status: 'critical', score: 0, min: 0, counted: 2 });
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
});
