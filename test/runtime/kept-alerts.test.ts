/** What people were told of outlives the process, where there is a store: what ends it is told by the next one. */
import { expect, test } from 'vitest';
import { ChannelError } from '../../src/control/alerts/channel-error.ts';
import { createRuntime, type Runtime, type RuntimeOptions } from '../../src/index.ts';
import { type FileEnv, fileEnv, freshPath } from '../durable/stores/store-rig.ts';

interface Told {
  readonly kind: string;
  readonly rule: string;
  readonly alert: string;
  readonly component: string;
}

test('an alert that was raised before a restart is resolved after it, under the same name', async () => {
  const store = { path: freshPath() };
  const told: Told[] = [];
  const pager = (notice: Told): void => void told.push(notice);
  for (const [process, isFull] of [true, false].entries()) {
    const env = fileEnv(process); // another process has other chances
    const runtime = await env.settle(createRuntime({ name: 'shop', env, store, alerts: { channels: [pager] } }));
    if (isFull) runtime.health.signal('disk full', 1);
    await env.advanceAsync(5_000);
    await env.settle(runtime.stop());
  }

  const ofTheDisk = told.filter(({ component }) => component === 'signal/disk full');
  expect(ofTheDisk.map(({ kind }) => kind)).toEqual(['raised', 'resolved']);
  expect(new Set(ofTheDisk.map(({ alert }) => alert)).size).toBe(1);
});

const HOUR_MS = 3_600_000;
const QUIET = { availabilityWarning: false, availabilityCritical: false, systemCritical: false } as const;

/** Processes that one after the other work with one file, the wall clock going on. in  options   of each of them */
function processes(options: RuntimeOptions) {
  const store = { path: freshPath() };
  let wallMs = 0;
  let count = 0;
  return async (live: (runtime: Runtime, env: FileEnv) => Promise<void>): Promise<void> => {
    const env = fileEnv(++count);
    env.jumpWall(wallMs);
    const startedWallMs = env.wall();
    const runtime = await env.settle(createRuntime({ name: 'shop', env, store, ...options }));
    await live(runtime, env);
    await env.settle(runtime.stop());
    wallMs += env.wall() - startedWallMs;
  };
}

const BREAKER = { consecutiveFailures: 1, openMs: HOUR_MS };
const fail = (runtime: Runtime): Promise<unknown> =>
  runtime
    .breaker('payments', BREAKER)
    .execute(() => Promise.reject(new Error('503')))
    .catch(() => {});
const SILENCE = { component: 'breaker/payments', forMs: 600_000, by: 'ada', reason: 'they migrate' };

test('a breaker that was silenced is told of after a restart only when the silence is over', async () => {
  const told: string[] = [];
  const channel = ({ kind, rule, component }: Told): void => void told.push(`${kind} ${rule} ${component}`);
  const process = processes({ alerts: { channels: [channel], rules: { ...QUIET, breakerStuck: false } } });
  await process(async (runtime, env) => {
    runtime.alerts.silence(SILENCE);
    await fail(runtime);
    await env.advanceAsync(5_000);
  });

  await process(async (runtime, env) => {
    runtime.breaker('payments', BREAKER);
    await env.advanceAsync(590_000);
    expect(told).toEqual([]);
    expect(runtime.alerts.list()).toMatchObject([{ rule: 'breakerOpened', state: 'silenced' }]);
    await env.advanceAsync(10_000);
  });

  expect(told).toEqual(['raised breakerOpened breaker/payments']);
});

test('a breaker that opened while the channel hung, and the process ended, is told of by the next', async () => {
  const told: string[] = [];
  let isHanging = true;
  const pager = async (
    { kind, rule, component }: Told,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<void> => {
    if (isHanging) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('over'))));
    told.push(`${kind} ${rule} ${component}`);
  };
  const process = processes({ alerts: { channels: [pager], rules: { ...QUIET, breakerStuck: false } } });
  await process(async (runtime, env) => {
    await fail(runtime);
    await env.advanceAsync(1_000);
    const stopped = runtime.stop();
    await env.advanceAsync(2_000); // it waits so long for the channel
    await env.settle(stopped);
  });
  isHanging = false;

  await process(async (runtime, env) => {
    runtime.breaker('payments', BREAKER);
    await env.advanceAsync(5_000);
    expect(told).toEqual(['raised breakerOpened breaker/payments']);
    runtime.breaker('payments').close({ by: 'ada', reason: 'mended' });
    await env.advanceAsync(60_000);
  });

  expect(told).toEqual(['raised breakerOpened breaker/payments', 'resolved breakerOpened breaker/payments']);
});

test('is silenced as well where alerting begins only after the restart, with its first use, for what is left', async () => {
  const process = processes({});
  const opened = (runtime: Runtime) => runtime.alerts.list().filter(({ rule }) => rule === 'breakerOpened');
  await process(async (runtime, env) => {
    runtime.alerts.silence(SILENCE);
    await fail(runtime);
    await env.advanceAsync(5_000);
  });

  await process(async (runtime, env) => {
    await env.advanceAsync(300_000);
    runtime.alerts.list();
    runtime.breaker('payments', BREAKER);
    expect(opened(runtime)).toMatchObject([{ state: 'silenced' }]);
    await env.advanceAsync(300_000);
    expect(opened(runtime)).toMatchObject([{ state: 'firing' }]);
  });
});

test('a silence that ended before alerting began silences nothing', async () => {
  const process = processes({});
  await process(async (runtime) => void runtime.alerts.silence(SILENCE));

  await process(async (runtime, env) => {
    await env.advanceAsync(600_000);
    expect(runtime.alerts.list()).toEqual([]);
    expect(runtime.readings().alerting['self']!.silences).toEqual([]);
  });
});

test('a channel that refused to hear of an alert is not told by the next process that it is over', async () => {
  const told: string[] = [];
  const taker = ({ kind, component }: Told): void => void told.push(`taker ${kind} ${component}`);
  const refuser = ({ kind, component }: Told): void => {
    told.push(`refuser ${kind} ${component}`);
    throw new ChannelError('expected a notice we take, received 400', { isFinal: true });
  };
  const channels = [
    { name: 'taker', deliver: taker },
    { name: 'refuser', deliver: refuser },
  ];
  const process = processes({ alerts: { channels, rules: { ...QUIET, deliveryFailed: false } } });
  await process(async (runtime, env) => {
    runtime.health.signal('disk full', 1);
    await env.advanceAsync(5_000);
  });
  await process((_, env) => env.advanceAsync(5_000));

  expect(told.toSorted()).toEqual([
    'refuser raised signal/disk full',
    'taker raised signal/disk full',
    'taker resolved signal/disk full',
  ]);
});

test('an alert that every channel refused is told anew by the next process, where it still holds', async () => {
  const told: string[] = [];
  let isRefusing = true;
  const channel = ({ kind, component }: Told): void => {
    if (isRefusing) throw new ChannelError('expected a notice we take, received 400', { isFinal: true });
    told.push(`${kind} ${component}`);
  };
  const process = processes({ alerts: { channels: [channel], rules: { ...QUIET, deliveryFailed: false } } });
  const live = async (runtime: Runtime, env: FileEnv): Promise<void> => {
    runtime.health.signal('disk full', 1);
    await env.advanceAsync(5_000);
  };
  await process(live);
  isRefusing = false;
  await process(live);

  expect(told).toEqual(['raised signal/disk full']);
});

/** Those that look back over a while, without those about the same. */
const WINDOWED = {
  errorRateWarning: false,
  availabilityWarning: false,
  systemCritical: false,
  checkFailed: false,
} as const;

test.each<[string, number, NonNullable<NonNullable<RuntimeOptions['alerts']>['rules']>]>([
  ['errorRateCritical', 60_000, { errorRateCritical: { calmMs: 0 }, availabilityCritical: false }],
  ['availabilityCritical', 300_000, { availabilityCritical: { calmMs: 0 }, errorRateCritical: false }],
])(
  '%s goes on over a restart until %i ms were looked at, however little is seen of it, and ends then',
  async (rule, windowMs, rules) => {
    const told: string[] = [];
    const channel = (notice: Told): void => void told.push(`${notice.kind} ${notice.rule}`);
    const process = processes({ alerts: { channels: [channel], rules: { ...WINDOWED, ...rules } } });
    const live = async (runtime: Runtime, env: FileEnv): Promise<void> => {
      runtime.health.register('db', () => 'unhealthy', { intervalMs: 1_000 });
      for (let call = 0; call < 60; call++) {
        void runtime
          .pipeline('pay', {})
          .execute(() => Promise.reject(new Error('503')))
          .catch(() => {});
        await env.advanceAsync(1_000);
      }
    };
    await process(live);
    await process(live);
    expect(told).toEqual([`raised ${rule}`]);

    await process(async (runtime, env) => {
      runtime.health.register('db', () => 'healthy');
      await env.advanceAsync(windowMs);
      expect(told).toHaveLength(1);
      await env.advanceAsync(1_000);
    });

    expect(told).toEqual([`raised ${rule}`, `resolved ${rule}`]);
  },
);

test('a latency that nobody measures after a restart is over when it could have been seen for as long as it takes', async () => {
  const told: string[] = [];
  const channel = (notice: Told): void => void told.push(`${notice.kind} ${notice.rule}`);
  const process = processes({ alerts: { channels: [channel], rules: QUIET } });
  const slow = (runtime: Runtime, env: FileEnv): Promise<void> =>
    runtime
      .breaker('db', { latency: true })
      .execute(() => new Promise((resolve) => void env.setTimer(() => resolve(), 3_000, false)));
  await process(async (runtime, env) => {
    for (let call = 0; call < 30; call++) {
      void slow(runtime, env);
      await env.advanceAsync(3_000);
    }
  });
  expect(told).toEqual(['raised latencyWarning']);

  await process(async (_, env) => {
    await env.advanceAsync(89_000);
    expect(told).toHaveLength(1);
    await env.advanceAsync(2_000);
  });

  expect(told).toEqual(['raised latencyWarning', 'resolved latencyWarning']);
});

test('a breaker that the next process makes only a while after its start goes on being told of as one alert', async () => {
  const told: string[] = [];
  const channel = (notice: Told): void => void told.push(`${notice.kind} ${notice.rule}`);
  const process = processes({ alerts: { channels: [channel], rules: { ...QUIET, breakerStuck: false } } });
  await process(async (runtime, env) => {
    await fail(runtime);
    await env.advanceAsync(5_000);
  });
  await process(async (runtime, env) => {
    await env.advanceAsync(5_000);
    runtime.breaker('payments', BREAKER);
    await env.advanceAsync(60_000);
  });
  expect(told).toEqual(['raised breakerOpened']);

  await process(async (_, env) => {
    await env.advanceAsync(10_000);
    expect(told).toHaveLength(1);
    await env.advanceAsync(1_000);
  });

  expect(told).toEqual(['raised breakerOpened', 'resolved breakerOpened']);
});
