/** How notices get to a channel, and what becomes of those that do not. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChannelCourier } from '../../../src/control/alerts/channel-courier.ts';
import { ChannelError } from '../../../src/control/alerts/channel-error.ts';
import type { AlertNotice } from '../../../src/control/alerts/notice.ts';
import { Dispatcher } from '../../../src/core/dispatcher.ts';
import type { HoldfastEvent } from '../../../src/core/events.ts';
import { createVirtualEnv } from '../../../src/testing/index.ts';

function rig(perMinute = 10_000) {
  const env = createVirtualEnv({ seed: 1 });
  const dispatcher = new Dispatcher(env, 'policy');
  const events: HoldfastEvent[] = [];
  dispatcher.on('*', (event) => void events.push(event));
  /** What the next deliveries throw; undefined takes it. When it is empty everything is taken. */
  const faults: unknown[] = [];
  const taken: string[] = [];
  const held = { isHanging: false, onDeliver: (): void => {} };
  const courier = new ChannelCourier({
    env,
    events: dispatcher,
    channel: 'ops',
    perMinute,
    deliver: async ({ id, suppressed }, signal) => {
      held.onDeliver();
      if (held.isHanging)
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      const fault = faults.shift();
      if (fault !== undefined) throw fault;
      taken.push(suppressed === undefined ? id : `${id} after ${suppressed}`);
    },
  });
  let made = 0;
  /** What became of each, by its id: whether the channel may have heard of it. */
  const fates = new Map<string, boolean>();
  const notice = (
    id: string,
    alert: string,
    { isFirst = false, isOwed = false, isAgain = false, severity = 'warning' as AlertNotice['severity'] } = {},
  ): boolean => {
    const settled = (isHeard: boolean): void => {
      expect(fates.has(id)).toBe(false);
      fates.set(id, isHeard);
    };
    return courier.send({ notice: { id, alert, severity } as AlertNotice, isFirst, isOwed, isAgain, settled });
  };
  const raise = (alert: string): boolean => notice(`${alert} raised`, alert, { isFirst: true });
  const resolve = (alert: string): boolean => notice(`${alert} resolved`, alert, { isOwed: true });
  const send = (isOwed = false): boolean =>
    notice(`n${++made}`, `a${made}`, isOwed ? { isOwed: true } : { isFirst: true });
  return { env, courier, events, faults, taken, fates, send, raise, resolve, notice, held };
}

test('notices are delivered in order, those from before the start too', async () => {
  const { env, courier, taken, send } = rig();
  send();
  send();
  courier.start();
  send();
  await env.advanceAsync(0);

  expect(taken).toEqual(['n1', 'n2', 'n3']);
  expect(courier.reading).toEqual({ queued: 0, delivered: 3, failures: 0, lost: 0, suppressed: 0, error: null });
});

test('what fails waits longer each time, and is told once until it is over', async () => {
  const { env, courier, events, faults, taken, send } = rig();
  faults.push(new Error('CANARY'), Object.assign(new Error('CANARY'), { code: 'ECONNREFUSED' }));
  courier.start();
  send();
  await env.advanceAsync(799);
  expect([courier.reading.failures, courier.reading.error]).toEqual([1, 'Error']);
  await env.advanceAsync(201);
  expect([courier.reading.failures, courier.reading.error]).toEqual([2, 'ECONNREFUSED']);
  await env.advanceAsync(2_000);

  expect(taken).toEqual(['n1']);
  expect(events).toMatchObject([
    { type: 'channel.failed', channel: 'ops', error: 'Error' },
    { type: 'channel.recovered', channel: 'ops' },
  ]);
  expect(courier.reading.error).toBeNull();
});

test('it stays away for as long as the other side asks, and no longer than ten minutes', async () => {
  const { env, courier, faults, taken, send } = rig();
  faults.push(new ChannelError('answered 429', { retryAfterMs: 120_000 }));
  courier.start();
  send();
  await env.advanceAsync(119_999);
  expect(taken).toEqual([]);
  await env.advanceAsync(1);
  expect(taken).toEqual(['n1']);

  faults.push(new ChannelError('answered 429', { retryAfterMs: 1e9 }));
  send();
  await env.advanceAsync(600_000);
  expect(taken).toEqual(['n1', 'n2']);
});

test('what is refused for good is lost, and holds up nobody', async () => {
  const { env, courier, faults, taken, send } = rig();
  faults.push(new ChannelError('answered 400', { isFinal: true }));
  courier.start();
  send();
  send();
  await env.advanceAsync(0);

  expect(taken).toEqual(['n2']);
  expect(courier.reading).toMatchObject({ delivered: 1, failures: 1, lost: 1, error: null });
});

test('beyond 256 the oldest that is not on its way is lost', async () => {
  const { env, courier, taken, send, held } = rig();
  held.isHanging = true;
  courier.start();
  send();
  await env.advanceAsync(0);
  for (let count = 1; count < 258; count++) send();
  expect(courier.reading).toMatchObject({ queued: 257, lost: 1 });
  const stopped = courier.stop();
  await env.advanceAsync(2_000);
  await stopped;
  held.isHanging = false;
  courier.start();
  await env.advanceAsync(0);

  expect(taken.slice(0, 2)).toEqual(['n1', 'n3']);
  expect(taken).toHaveLength(257);
});

test('what is older than a quarter of an hour is no news, and lost', async () => {
  const { env, courier, faults, taken, send } = rig();
  courier.start();
  faults.push(
    new ChannelError('answered 503', { retryAfterMs: 600_000 }),
    new ChannelError('answered 503', { retryAfterMs: 600_000 }),
  );
  send();
  await env.advanceAsync(600_000);
  send();
  await env.advanceAsync(600_000);

  expect(taken).toEqual(['n2']);
  expect(courier.reading).toMatchObject({ lost: 1 });
});

test('what ends something the channel has heard of is older than anything, and is told when it is back', async () => {
  const { env, courier, faults, taken, fates, raise, resolve } = rig();
  courier.start();
  raise('disk');
  await env.advanceAsync(0);
  faults.push(...Array.from({ length: 12 }, () => new ChannelError('answered 503', { retryAfterMs: 600_000 })));
  resolve('disk');
  raise('net');
  await env.advanceAsync(3 * 3_600_000);

  expect(taken).toEqual(['disk raised', 'disk resolved']);
  expect(Object.fromEntries(fates)).toEqual({ 'disk raised': true, 'disk resolved': true, 'net raised': false });
});

test('nothing that begins pushes out what ends something', async () => {
  const { env, courier, faults, taken, raise, resolve } = rig(10_000);
  courier.start();
  for (let count = 0; count < 250; count++) raise(`old ${count}`);
  await env.advanceAsync(0);
  faults.push(new ChannelError('answered 503', { retryAfterMs: 60_000 }));
  for (let count = 0; count < 250; count++) resolve(`old ${count}`);
  for (let count = 0; count < 1_000; count++) raise(`new ${count}`);
  expect(courier.reading).toMatchObject({ queued: 506, lost: 744 });
  await env.advanceAsync(60_000);

  expect(taken.filter((id) => id.endsWith('resolved'))).toHaveLength(250);
  expect(taken.at(-1)).toBe('new 999 raised');
});

test('a beginning that gives way unheard takes its end with it, and one that may have been heard does not', async () => {
  const { env, courier, faults, taken, fates, raise, resolve, notice } = rig(10_000);
  courier.start();
  faults.push(new ChannelError('answered 503', { retryAfterMs: 60_000 }));
  raise('tried');
  await env.advanceAsync(0);
  raise('unheard');
  notice('unheard escalated', 'unheard');
  resolve('unheard');
  resolve('tried');
  for (let count = 0; count < 256; count++) raise(`new ${count}`);
  expect(courier.reading).toMatchObject({ queued: 257, lost: 4 });
  await env.advanceAsync(60_000);

  expect(taken).toHaveLength(257);
  expect(taken[0]).toBe('tried resolved');
  expect([...fates].slice(0, 4)).toEqual([
    ['tried raised', true],
    ['unheard raised', false],
    ['unheard escalated', false],
    ['unheard resolved', false],
  ]);
});

test('what follows a beginning that was refused for good is not told', async () => {
  const { env, courier, faults, taken, fates, raise, resolve } = rig();
  faults.push(new ChannelError('answered 400', { isFinal: true }));
  raise('disk');
  resolve('disk');
  raise('net');
  courier.start();
  await env.advanceAsync(0);

  expect(taken).toEqual(['net raised']);
  expect(fates.get('disk resolved')).toBe(false);
  expect(courier.reading).toMatchObject({ lost: 2, delivered: 1 });
});

test('whoever took a beginning has its end when all is well again, whatever was in between', async () => {
  const step = fc.oneof(
    fc.record({ alert: fc.integer({ min: 0, max: 400 }) }),
    fc.integer({ min: 0, max: 400_000 }),
    fc.constantFrom('down', 'later', 'storm'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (script) => {
      const { env, courier, faults, taken, raise, resolve } = rig(300);
      courier.start();
      /** By alert: whether it holds, and how often it began. */
      const alerts = new Map<number, { isHolding: boolean; count: number }>();
      const turn = (alert: number): void => {
        const known = alerts.get(alert) ?? { isHolding: false, count: 0 };
        if (!known.isHolding) known.count++;
        known.isHolding = !known.isHolding;
        alerts.set(alert, known);
        const id = `${alert}#${known.count}`;
        if (known.isHolding) raise(id);
        else resolve(id);
      };
      for (const each of script) {
        if (each === 'down') faults.push(new Error('down'));
        else if (each === 'later') faults.push(new ChannelError('answered 429', { retryAfterMs: 90_000 }));
        else if (each === 'storm') for (let alert = 0; alert < 300; alert++) turn(alert);
        else if (typeof each === 'number') await env.advanceAsync(each);
        else turn(each.alert);
      }
      await env.advanceAsync(48 * 3_600_000);

      const heard = new Set(taken.map((id) => id.replace(/ after .*/, '')));
      for (const [alert, { isHolding, count }] of alerts)
        for (let round = 1; round <= count; round++) {
          const isOver = round < count || !isHolding;
          const began = heard.has(`${alert}#${round} raised`);
          if (began && isOver) expect(heard).toContain(`${alert}#${round} resolved`);
        }
      expect(courier.reading.queued).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('beyond so many in a minute nothing is sent, but for what ends something; the next notice says how many there were', async () => {
  const { env, courier, taken, send } = rig(3);
  courier.start();
  const sent = [send(), send(), send(), send(), send(true)];
  await env.advanceAsync(59_999);
  sent.push(send());
  await env.advanceAsync(1);
  sent.push(send());
  await env.advanceAsync(0);

  expect(sent).toEqual([true, true, false, false, true, false, true]);
  expect(taken).toEqual(['n1', 'n2', 'n5 after 2', 'n7 after 1']);
  expect(courier.reading.suppressed).toBe(3);
});

test('a third of the places is for what is critical, and what was held back is counted once', async () => {
  const { env, courier, taken, notice } = rig(3);
  courier.start();
  const critical = { severity: 'critical' } as const;
  const sent = [
    notice('w1', 'w1'),
    notice('w2', 'w2'),
    notice('w3', 'w3'),
    notice('c1', 'c1', critical),
    notice('c2', 'c2', critical),
    notice('c2', 'c2', { ...critical, isAgain: true }),
  ];
  await env.advanceAsync(0);

  expect(sent).toEqual([true, true, false, true, false, false]);
  expect(taken).toEqual(['w1', 'w2', 'c1 after 1']);
  expect(courier.reading.suppressed).toBe(2);
});

test('in no minute are there more than may be, whenever they come', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 20_000 }), fc.boolean()), { maxLength: 120 }),
      async (perMinute, script) => {
        const { env, courier, notice } = rig(perMinute);
        const toldAt: { readonly atMs: number; readonly isLesser: boolean }[] = [];
        for (const [index, [pauseMs, isCritical]] of script.entries()) {
          env.advance(pauseMs);
          const severity = isCritical ? 'critical' : 'warning';
          if (notice(`n${index}`, `a${index}`, { severity })) toldAt.push({ atMs: env.now(), isLesser: !isCritical });
          const lately = toldAt.filter(({ atMs }) => env.now() - atMs < 60_000);
          expect(lately.length).toBeLessThanOrEqual(perMinute);
        }
        expect(courier.reading.suppressed).toBe(script.length - toldAt.length);
      },
    ),
    { numRuns: 60 },
  );
});

test('who is delivered to may send: it is delivered once, after the one in hand', async () => {
  const { env, courier, taken, send, held } = rig();
  courier.start();
  held.onDeliver = () => {
    held.onDeliver = () => {};
    send();
  };
  send();
  await env.advanceAsync(0);

  expect(taken).toEqual(['n1', 'n2']);
});

test('one that is started again before its stop is over goes on, when what hangs was cut short', async () => {
  const { env, courier, taken, fates, send, held } = rig();
  courier.start();
  held.isHanging = true;
  send();
  await env.advanceAsync(0);
  const stopped = courier.stop(); // and its supervisor has no time to wait
  await env.advanceAsync(1_000);
  courier.start();
  held.isHanging = false;
  send();
  await env.advanceAsync(1_000);
  await stopped;
  await env.advanceAsync(0);

  expect(taken).toEqual(['n1', 'n2']);
  expect(fates).toEqual(
    new Map([
      ['n1', true],
      ['n2', true],
    ]),
  );
  expect(courier.reading.failures).toBe(0);
});

test('the stop delivers what waits out a failure, and cuts short what hangs', async () => {
  const { env, courier, faults, taken, send, held } = rig();
  courier.start();
  faults.push(new Error('down'));
  send();
  await env.advanceAsync(0);
  await courier.stop();
  expect(taken).toEqual(['n1']);

  courier.start();
  held.isHanging = true;
  send();
  const stopped = courier.stop();
  await env.advanceAsync(2_000);
  await stopped;
  expect(courier.reading).toMatchObject({ queued: 1, failures: 1 });
  expect(env.pendingTimers).toBe(0);
});

test('it keeps nothing alive', async () => {
  const { env, courier, faults, send } = rig();
  faults.push(new Error('down'));
  courier.start();
  send();
  await env.advanceAsync(0);

  expect(env.pendingTimers).toBe(1);
  expect(env.keepsAlive).toBe(false);
});

test('delivered + lost + suppressed + queued is what was sent, at every instant', async () => {
  const step = fc.oneof(
    fc.constant('send'),
    fc.constant('owed'),
    fc.integer({ min: 0, max: 400_000 }),
    fc.constantFrom('down', 'final', 'later'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (script) => {
      const { env, courier, faults, send } = rig(20);
      courier.start();
      let sent = 0;
      for (const each of script) {
        if (each === 'send' || each === 'owed') {
          sent++;
          send(each === 'owed');
        } else if (each === 'down') faults.push(new Error('down'));
        else if (each === 'final') faults.push(new ChannelError('answered 400', { isFinal: true }));
        else if (each === 'later') faults.push(new ChannelError('answered 429', { retryAfterMs: 90_000 }));
        else await env.advanceAsync(each);
        const { delivered, lost, suppressed, queued } = courier.reading;
        expect(delivered + lost + suppressed + queued).toBe(sent);
      }
    }),
    { numRuns: 60 },
  );
});
