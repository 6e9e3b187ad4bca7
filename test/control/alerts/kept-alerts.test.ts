/** What outlives the process of an alert: whoever was told that it began is told that it is over. */
import { expect, test } from 'vitest';
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
  const world = { isLow: true, isDown: false };
  /** What waits while the channel is down. */
  const waiting: (() => void)[] = [];
  const keep: Keep = {
    put: (_, id, value) => void (value === null ? kept.delete(id) : kept.set(id, structuredClone(value))),
    all: async () => new Map(kept),
  };
  const begin = async (seed: number, rule = 'stock') => {
    const env = createVirtualEnv({ seed });
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
        escalation: [],
        send: (channel, { notice: { kind, key }, settled }) => {
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
  kept.set('rubbish', { id: 7 });
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
