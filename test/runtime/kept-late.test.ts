/** A store that is down when a process starts: what an earlier one kept is taken up when the file can be used. */
import { expect, test } from 'vitest';
import type { Database } from '../../src/core/env.ts';
import { createRuntime, type Runtime } from '../../src/index.ts';
import { type FileEnv, fileEnv, freshPath } from '../durable/stores/store-rig.ts';

interface Told {
  readonly kind: string;
  readonly component: string;
}

const HOUR_MS = 3_600_000;
const PROVIDERS = { order: ['home', 'backup'] };
const BY = { by: 'ada', reason: 'the move' } as const;

/** Processes one after the other over one file, of which a test says whether it can be used. */
function stage() {
  const store = { path: freshPath() };
  const world = { isDown: false, told: [] as string[] };
  const heeded = (database: Database): Database => {
    if (world.isDown) {
      database.close();
      throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 10 });
    }
    return database;
  };
  const channel = ({ kind, component }: Told): void => void world.told.push(`${kind} ${component}`);
  let count = 0;
  const live = async (life: (runtime: Runtime, env: FileEnv) => Promise<void>): Promise<void> => {
    const env = fileEnv(++count, heeded);
    const runtime = await env.settle(
      createRuntime({ name: 'shop', env, store, degradation: {}, alerts: { channels: [channel] } }),
    );
    await life(runtime, env);
    await env.settle(runtime.stop());
  };
  const untilReady = async (runtime: Runtime, env: FileEnv): Promise<void> => {
    while (runtime.readings().store['self']!.state !== 'ready') {
      await env.advanceAsync(100);
      await env.settle(runtime.history.trips().catch(() => {}));
    }
  };
  return { world, live, untilReady };
}

test('the hands of people, an alert and a recovery are taken up late, but for what was done since', async () => {
  const { world, live, untilReady } = stage();
  await live(async (runtime, env) => {
    runtime.degradation.override('minimal', { ...BY, forMs: HOUR_MS });
    for (const feature of ['search', 'chat']) {
      runtime.degradation.feature(feature);
      runtime.degradation.setFlag(feature, false, { ...BY, forMs: HOUR_MS });
    }
    runtime.alerts.silence({ component: 'breaker/payments', forMs: HOUR_MS, ...BY });
    runtime.recovery.schedule('ledger', { strategy: 'manual' });
    runtime.recovery.providers('payments', PROVIDERS);
    runtime.recovery.failover('payments', 'backup', BY);
    runtime.health.signal('disk full', 1);
    await env.advanceAsync(5_000);
  });
  expect(world.told).toContain('raised signal/disk full');
  world.isDown = true;

  await live(async (runtime, env) => {
    for (const feature of ['search', 'chat']) runtime.degradation.feature(feature);
    const payments = runtime.recovery.providers('payments', PROVIDERS);
    runtime.degradation.setFlag('chat', false, BY);
    runtime.degradation.clearFlag('chat', BY);
    await env.advanceAsync(2_000);
    expect(runtime.readings().store['self']).toMatchObject({ state: 'degraded' });
    expect([runtime.degradation.level, runtime.degradation.isEnabled('search')]).toEqual(['full', true]);
    expect(runtime.recovery.status('ledger')).toBeUndefined();
    expect(payments.current).toBe('home');

    world.isDown = false;
    await untilReady(runtime, env);
    await env.advanceAsync(1_000);

    expect(runtime.degradation.reading()).toMatchObject({ level: 'minimal', override: { by: 'ada' } });
    expect([runtime.degradation.isEnabled('search'), runtime.degradation.isEnabled('chat')]).toEqual([false, true]);
    expect(runtime.readings().alerting['self']!.silences).toMatchObject([{ component: 'breaker/payments', by: 'ada' }]);
    expect(runtime.recovery.status('ledger')).toMatchObject({ state: 'awaitingManual' });
    expect(payments.current).toBe('backup');
    await env.advanceAsync(60_000);
    expect(world.told.filter((told) => told.endsWith('disk full'))).toEqual([
      'raised signal/disk full',
      'resolved signal/disk full',
    ]);
  });
});
