/** What outlives the process of an alert: whoever was told that it began is told that it is over. */
import { describe, expect, test } from 'vitest';
import { Alerts } from '../../../src/control/alerts/alerts.ts';
import { ownRule } from '../../../src/control/alerts/own-rule.ts';
import { Telling } from '../../../src/control/alerts/telling.ts';
import { Dispatcher } from '../../../src/core/dispatcher.ts';
import type { Keep } from '../../../src/core/keep.ts';
import { createVirtualEnv } from '../../../src/testing/index.ts';
import { sampleOf } from '../../support/alert-sample.ts';

/** What is kept, and processes that one after the other work with it. */
function shelf() {
  const kept = new Map<string, object>();
  const told: string[] = [];
  const world = { isLow: true, isDown: false, isFull: false };
  /** What waits while the channel is down. */
  const waiting: (() => void)[] = [];
  const keep: Keep = {
    put: (kind, id, value) => {
      if (value === null) kept.delete(`${kind}:${id}`);
      else kept.set(`${kind}:${id}`, structuredClone(value));
    },
    onLate: () => {},
    all: async (kind) =>
      new Map(
        Array.from(kept).flatMap(([key, value]) =>
          key.startsWith(`${kind}:`) ? [[key.slice(kind.length + 1), value] as const] : [],
        ),
      ),
  };
  /** in  wallMs   at its start; the processes begin an hour after one another unless it is said */
  const begin = async (seed: number, rule = 'stock', wallMs = seed * 3_600_000) => {
    const env = createVirtualEnv({ seed });
    env.jumpWall(wallMs);
    const dispatcher = new Dispatcher(env, 'policy');
    const failures: unknown[] = [];
    const alerts = new Alerts({
      env,
      events: dispatcher,
      startedAt: 0,
      rules: [
        {
          rule: ownRule({ name: rule, severity: 'critical', when: () => world.isLow && 'low' }),
          isOff: false,
        },
      ],
      channels: new Set(['ops']),
      keep,
      sample: () => sampleOf(),
      telling: new Telling({
        env,
        events: dispatcher,
        runtime: 'shop',
        policyHash: 'policy',
        channels: new Set(['ops']),
        routes: { critical: ['ops'], warning: [], info: [] },
        escalation: [{ afterMs: 300_000, channels: ['boss'] }],
        send: (channel, { notice: { kind, key }, settled }) => {
          if (world.isFull) return false;
          const deliver = (): void => {
            told.push(`${seed} ${channel} ${kind} ${key}`);
            settled(true);
          };
          if (world.isDown) waiting.push(deliver);
          else deliver();
          return true;
        },
      }),
      onCallbackFailed: (_, error) => failures.push(error),
    });
    await alerts.restore();
    alerts.start(() => {});
    await env.advanceAsync(0);
    return { env, alerts, failures };
  };
  return { kept, told, world, waiting, begin };
}

test('an alert that was over by the time the next process looked is told as resolved', async () => {
  const { kept, told, world, begin } = shelf();
  const first = await begin(1);
  await first.env.advanceAsync(1_000);
  world.isLow = false;
  const second = await begin(2);
  await second.env.advanceAsync(1_000);

  expect(told).toEqual(['1 ops raised shop/stock/system', '2 ops resolved shop/stock/system']);
  expect(kept.size).toBe(0);
});

test('one that still holds is not told again, and is as acknowledged as it was', async () => {
  const { told, begin } = shelf();
  const first = await begin(1);
  await first.env.advanceAsync(1_000);
  first.alerts.ack(first.alerts.list()[0]!.alert, { by: 'ada' });
  const second = await begin(2);
  await second.env.advanceAsync(10_000);

  expect(told).toEqual(['1 ops raised shop/stock/system', '1 ops acknowledged shop/stock/system']);
  expect(second.alerts.list()).toMatchObject([{ state: 'acknowledged', acknowledgedBy: 'ada' }]);
});

test('an end that nobody was told of before the process died is told by the next one', async () => {
  const { kept, told, world, waiting, begin } = shelf();
  const first = await begin(1);
  await first.env.advanceAsync(1_000);
  world.isDown = true;
  world.isLow = false;
  await first.env.advanceAsync(1_000);
  expect(first.alerts.list()).toMatchObject([{ state: 'resolved' }]);
  expect([waiting.length, kept.size]).toEqual([1, 1]);

  world.isDown = false; // and the first process is gone, with what waited in it
  const second = await begin(2);
  await second.env.advanceAsync(1_000);

  expect(told).toEqual(['1 ops raised shop/stock/system', '2 ops resolved shop/stock/system']);
  expect(kept.size).toBe(0);
});

test('one whose beginning waited when its process died is told by the next, and its end, too', async () => {
  const { kept, told, world, begin } = shelf();
  world.isDown = true;
  const first = await begin(1);
  await first.env.advanceAsync(1_000);
  expect(first.alerts.list()).toMatchObject([{ state: 'firing' }]);
  world.isDown = false; // and the first process is gone, with what waited in it
  const second = await begin(2);
  await second.env.advanceAsync(5_000);
  expect(told).toEqual(['2 ops raised shop/stock/system', '2 boss escalated shop/stock/system']); // an hour later
  const third = await begin(3);
  await third.env.advanceAsync(5_000);
  expect(told).toHaveLength(2);
  world.isLow = false;
  await third.env.advanceAsync(1_000);

  expect(told.slice(2)).toEqual(['3 ops resolved shop/stock/system', '3 boss resolved shop/stock/system']);
  expect(kept.size).toBe(0);
});

test('one that may have been told, and is over when the next process looks, is ended for who may know of it', async () => {
  const { kept, told, world, begin } = shelf();
  world.isDown = true;
  const first = await begin(1);
  await first.env.advanceAsync(1_000);
  world.isDown = world.isLow = false;
  const second = await begin(2);
  await second.env.advanceAsync(1_000);

  expect(told).toEqual(['2 ops resolved shop/stock/system']);
  expect(kept.size).toBe(0);
});

test('a critical one that no channel had a place for is told by the next process', async () => {
  const { told, world, begin } = shelf();
  world.isFull = true;
  const first = await begin(1);
  await first.env.advanceAsync(1_000);
  world.isFull = false;
  const second = await begin(2);
  await second.env.advanceAsync(5_000);

  expect(told).toEqual(['2 ops raised shop/stock/system', '2 boss escalated shop/stock/system']);
});

test('is kept no longer when the end was told later by the same process', async () => {
  const { kept, world, waiting, begin } = shelf();
  const first = await begin(1);
  await first.env.advanceAsync(1_000);
  world.isDown = true;
  world.isLow = false;
  await first.env.advanceAsync(1_000);
  for (const deliver of waiting) deliver();

  expect(kept.size).toBe(0);
});

test('one of a rule there is no more is ended, one that cannot be read is forgotten; the others are taken up', async () => {
  const { kept, told, begin } = shelf();
  const first = await begin(1);
  await first.env.advanceAsync(1_000);
  kept.set('alert:rubbish', { id: 7 });
  const second = await begin(2, 'other');
  await second.env.advanceAsync(60_000); // a minute in which the rule could have been added

  expect(second.failures).toHaveLength(1);
  expect(told).toEqual([
    '1 ops raised shop/stock/system',
    '2 ops raised shop/other/system',
    '2 ops resolved shop/stock/system',
  ]);
  expect(kept.size).toBe(1);
});

test('one of a rule that the application adds only after the start is taken up then, and ended', async () => {
  const { kept, told, world, begin } = shelf();
  const first = await begin(1);
  await first.env.advanceAsync(1_000);
  const second = await begin(2, 'other');
  await second.env.advanceAsync(59_000);

  world.isLow = false;
  second.alerts.add({ name: 'stock', severity: 'critical', when: () => world.isLow });
  await second.env.advanceAsync(1_000);

  expect(told.filter((line) => line.includes('stock'))).toEqual([
    '1 ops raised shop/stock/system',
    '2 ops resolved shop/stock/system',
  ]);
  expect(kept.size).toBe(0);
});

test('what has no room beside those that were taken up is ended, and what is found meanwhile finds none either', async () => {
  const { kept, told, begin } = shelf();
  for (let each = 1; each <= 300; each++)
    kept.set(`alert:old-${each}`, {
      id: `old-${each}`,
      rule: 'stock',
      component: `shelf ${each}`,
      message: 'low',
      told: ['ops'],
      severity: 'critical',
      acknowledgedBy: null,
    });
  const { env, alerts } = await begin(1);

  expect(alerts.list()).toHaveLength(256);
  expect([told.length, told[0]]).toEqual([44, '1 ops resolved shop/stock/shelf 257']);
  expect(kept.size).toBe(256);
  await env.advanceAsync(1_000);
  expect(alerts.counts).toMatchObject({ raised: 0, overflow: 1 });
});

test('two of one condition go on as one, which knows of whoever was told of either', async () => {
  const { kept, told, world, begin } = shelf();
  const both = { rule: 'stock', component: 'system', message: 'low', severity: 'critical', acknowledgedBy: null };
  kept.set('alert:a', { ...both, id: 'a', told: ['ops'] });
  kept.set('alert:b', { ...both, id: 'b', told: ['boss'] });
  const { env } = await begin(1);
  expect(Array.from(kept)).toMatchObject([['alert:a', { told: ['ops', 'boss'] }]]);
  world.isLow = false;
  await env.advanceAsync(1_000);

  expect(told).toEqual(['1 ops resolved shop/stock/system', '1 boss resolved shop/stock/system']);
  expect(kept.size).toBe(0);
});

test('how long it fires, and the way to whom it is told next, go on where they were', async () => {
  const { told, world, begin } = shelf();
  const first = await begin(1, 'stock', 0);
  await first.env.advanceAsync(240_000);
  const second = await begin(2, 'stock', 250_000);
  await second.env.advanceAsync(49_000);
  expect(told).toEqual(['1 ops raised shop/stock/system']);
  await second.env.advanceAsync(2_000);
  expect(told.at(-1)).toBe('2 boss escalated shop/stock/system');
  const third = await begin(3, 'stock', 400_000);
  await third.env.advanceAsync(600_000);
  expect(told).toHaveLength(2);
  world.isLow = false;
  await third.env.advanceAsync(1_000);

  expect(told.slice(2)).toEqual(['3 ops resolved shop/stock/system', '3 boss resolved shop/stock/system']);
  const [over] = third.alerts.list();
  expect(over!.resolvedAtMs! - over!.raisedAtMs!).toBe(400_000 + 601_000 - 1_000);
});

test('a wall clock that was set back costs nothing but time', async () => {
  const { told, begin } = shelf();
  const first = await begin(1, 'stock', 1_000_000);
  await first.env.advanceAsync(200_000);
  const second = await begin(2, 'stock', 0);
  await second.env.advanceAsync(299_000);
  expect(told).toHaveLength(1);
  await second.env.advanceAsync(1_000);

  expect(told.at(-1)).toBe('2 boss escalated shop/stock/system');
});

describe('a silence', () => {
  const HOUR = { forMs: 3_600_000, by: 'ada', reason: 'they migrate' };

  test('outlives the process, for what is left of it, and mutes what was told before', async () => {
    const { told, begin } = shelf();
    const first = await begin(1, 'stock', 0);
    await first.env.advanceAsync(1_000);
    first.alerts.silence({ rule: 'stock', ...HOUR });
    const second = await begin(2, 'stock', 1_800_000);
    await second.env.advanceAsync(1_000);
    expect(second.alerts.list()).toMatchObject([{ state: 'silenced' }]);
    expect(second.alerts.counts.silences).toMatchObject([{ rule: 'stock', component: null, by: 'ada' }]);
    await second.env.advanceAsync(1_799_000);
    expect(second.alerts.counts.silences).toHaveLength(1);
    await second.env.advanceAsync(2_000);

    expect(second.alerts.counts.silences).toEqual([]);
    expect(second.alerts.list()).toMatchObject([{ state: 'firing' }]);
    await second.env.advanceAsync(300_000);
    expect(told).toEqual(['1 ops raised shop/stock/system', '2 boss escalated shop/stock/system']);
  });

  test('that was ended, or that is over, is not taken up, and one that cannot be read is told', async () => {
    const { kept, begin } = shelf();
    const first = await begin(1, 'stock', 0);
    first.alerts.silence({ rule: 'stock', ...HOUR })();
    first.alerts.silence({ component: 'a', ...HOUR, forMs: 1_000 });
    kept.set('silence:nobody', { by: 7 });
    const second = await begin(2, 'stock', 10_000);

    expect(second.alerts.counts.silences).toEqual([]);
    expect(second.failures).toHaveLength(1);
    expect(kept.size).toBe(0);
  });

  test('about the same takes the place of the one before, whose end does nothing then', async () => {
    const { begin } = shelf();
    const { alerts, env } = await begin(1);
    const end = alerts.silence({ rule: 'stock', component: 'a', ...HOUR });
    alerts.silence({ rule: 'stock', component: 'a', ...HOUR, by: 'bob', forMs: 5_000 });
    end();
    expect(alerts.counts.silences).toMatchObject([{ by: 'bob' }]);
    await env.advanceAsync(5_000);

    expect(alerts.counts.silences).toEqual([]);
  });
});
