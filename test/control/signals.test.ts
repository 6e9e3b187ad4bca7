/** What the application says without being asked, and what the supervisors had to do. */
import { describe, expect, test } from 'vitest';
import { healthRig } from '../support/health-rig.ts';

describe('a signal', () => {
  test('is a component at 1 − severity from the next tick on, until it is signalled 0', async () => {
    const { health, told } = healthRig({ sum: { sum: 3, count: 3 } });

    health.signal('backlog', 0.4);
    await health.tick();
    expect(health.report().score).toBe(0.9);
    expect(health.components()['signal/backlog']).toMatchObject({ kind: 'signal', score: 0.6, status: 'degraded' });
    health.signal('backlog', 0.9);
    expect(health.components()['signal/backlog']?.score).toBe(0.1); // and not 1 − 0.9
    health.signal('backlog', 0);
    health.signal('backlog', 0);
    await health.tick();

    expect(health.report().score).toBe(1);
    expect(told).toMatchObject([
      { type: 'signal.raised', signal: 'backlog', severity: 0.4, algedonic: false },
      { type: 'health.changed' },
      { type: 'signal.raised', signal: 'backlog', severity: 0.9, algedonic: true },
      { type: 'signal.ended', signal: 'backlog', why: 'signalled' },
    ]);
  });

  test('ends by itself when it is not signalled again for its time to live', async () => {
    const { env, health, told } = healthRig();
    health.start();
    health.signal('backlog', 0.5, { ttlMs: 5_000 });
    await env.advanceAsync(4_000);
    health.signal('backlog', 0.5, { ttlMs: 5_000 });

    await env.advanceAsync(4_000);
    expect(health.components()['signal/backlog']).toBeDefined();
    await env.advanceAsync(1_000);

    expect(health.components()['signal/backlog']).toBeUndefined();
    expect(told.at(-1)).toMatchObject({ type: 'signal.ended', signal: 'backlog', why: 'expired', atMs: 9_000 });
  });

  test.each([
    ['from the threshold on', 0.8, {}, true],
    ['not below it', 0.79, {}, false],
    ['when it says so', 0.1, { algedonic: true }, true],
    ['not when it says it is not', 1, { algedonic: false }, false],
  ])('is algedonic %s, and told before anything is averaged', (_, severity, options, algedonic) => {
    const { health, told } = healthRig();

    health.signal('pain', severity, options);

    expect(told).toMatchObject([{ type: 'signal.raised', signal: 'pain', severity, algedonic }]);
    expect(health.report().status).toBe('unknown'); // no tick has been
  });

  test('beyond 1,024 is told all the same, does not count, and is counted', async () => {
    const { health, told } = healthRig({ sum: { sum: 0, count: 0 } });
    for (let i = 0; i < 1_024; i++) health.signal(`signal ${i}`, 0.5);

    health.signal('pain', 1);
    health.signal('signal 5', 0.6);
    await health.tick();

    expect(told.find((event) => event.type === 'signal.raised' && event.signal === 'pain')).toBeDefined();
    expect(health.components()['signal/pain']).toBeUndefined();
    expect(health.report().unkeptSignals).toBe(1);
  });

  test('with a severity that is none, or a misspelt option, is refused and not told', () => {
    const { health, told } = healthRig();

    for (const severity of [-0.1, 1.1, Number.NaN, '1' as never])
      expect(() => health.signal('a', severity)).toThrow('signal "a" severity: expected a number from 0 to 1');
    expect(() => health.signal('', 1)).toThrow('signal name: expected a name of 1 to 256 characters');
    expect(() => health.signal('a', 1, { algedonix: true } as never)).toThrow('did you mean "algedonic"?');

    expect(told).toEqual([]);
  });
});

describe('the supervisors', () => {
  test('weigh nothing while nothing failed; each failure of the last minute takes a fifth', async () => {
    const { env, health } = healthRig();
    const supervisor = () => health.components()['supervisor/root'];
    health.start();
    await env.advanceAsync(1_000);
    expect([health.report().score, supervisor()]).toMatchObject([1, { score: null, availability: null }]);

    health.childFailed();
    await env.advanceAsync(1_000);
    expect([health.report().score, supervisor()]).toMatchObject([
      0.9,
      { score: 0.8, reason: '1 failed within a minute' },
    ]);
    for (let i = 0; i < 9; i++) health.childFailed();
    await env.advanceAsync(1_000);
    expect([health.report().score, supervisor()]).toMatchObject([
      0.5,
      { score: 0, availability: 1, reason: 'at least 5 failed within a minute' },
    ]);
    await env.advanceAsync(60_000);

    expect([health.report().score, supervisor()]).toMatchObject([1, { score: null, reason: null }]);
    expect(supervisor()!.availability).toBe(0.04839); // 3 s of 62
  });

  test('that have given up are at 0 for good', async () => {
    const { env, health } = healthRig();
    health.start();

    health.treeGaveUp();
    await env.advanceAsync(120_000);

    expect(health.components()['supervisor/root']).toMatchObject({ score: 0, reason: 'the root has given up' });
  });
});
