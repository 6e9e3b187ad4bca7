/** How notices get to a channel, and what becomes of those that do not. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChannelCourier } from '../../../src/control/alerts/channel-courier.ts';
import { ChannelError } from '../../../src/control/alerts/channel-error.ts';
import type { AlertNotice } from '../../../src/control/alerts/notice.ts';
import { Dispatcher } from '../../../src/core/dispatcher.ts';
import type { HoldfastEvent } from '../../../src/core/events.ts';
import { createVirtualEnv } from '../../../src/testing/index.ts';

function rig(perMinute = 1_000) {
  const env = createVirtualEnv({ seed: 1 });
  const dispatcher = new Dispatcher(env, 'policy');
  const events: HoldfastEvent[] = [];
  dispatcher.on('*', (event) => void events.push(event));
  /** What the next deliveries throw; undefined takes it. When it is empty everything is taken. */
  const faults: unknown[] = [];
  const taken: string[] = [];
  const held = { isHanging: false };
  const courier = new ChannelCourier({
    env,
    events: dispatcher,
    channel: 'ops',
    perMinute,
    deliver: async ({ id, suppressed }, signal) => {
      if (held.isHanging)
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      const fault = faults.shift();
      if (fault !== undefined) throw fault;
      taken.push(suppressed === undefined ? id : `${id} after ${suppressed}`);
    },
  });
  let made = 0;
  const send = (isOwed = false): boolean => courier.send({ id: `n${++made}` } as AlertNotice, isOwed);
  return { env, courier, events, faults, taken, send, held };
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
  for (let count = 0; count < 258; count++) send();
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

test('beyond so many in a minute nothing is sent, but for what ends something; the next notice says how many there were', async () => {
  const { env, courier, taken, send } = rig(2);
  courier.start();
  const sent = [send(), send(), send(), send(), send(true)];
  await env.advanceAsync(30_000);
  send();
  await env.advanceAsync(0);

  expect(sent).toEqual([true, true, false, false, true]);
  expect(taken).toEqual(['n1', 'n2', 'n5 after 2', 'n6']);
  expect(courier.reading.suppressed).toBe(2);
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
