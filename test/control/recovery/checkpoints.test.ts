/** A state to come back to: in this process, and in the next. */
import { expect, test } from 'vitest';
import { createRuntime, type HoldfastEvent, type Runtime, step } from '../../../src/index.ts';
import { createVirtualEnv } from '../../../src/testing/index.ts';
import { fileEnv, freshPath } from '../../durable/stores/store-rig.ts';

const BY = { by: 'ada' };
const STEPS = { steps: [step.restoreCheckpoint()], healthCheck: () => 'healthy' as const };

async function shop() {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ name: 'shop', env });
  const events: HoldfastEvent[] = [];
  runtime.events.on('*', (event) => void events.push(event));
  runtime.recovery.setPolicy('cart', STEPS);
  return { env, runtime, recovery: runtime.recovery, events };
}

test('what was written down is a copy, and is told; so is what is brought back', async () => {
  const { env, recovery, events } = await shop();
  const cart = { items: ['apple'] };
  let restored: typeof cart | undefined;
  const { take } = recovery.checkpoint('cart', { checkpoint: () => cart, restore: (state) => void (restored = state) });
  await take();
  cart.items.push('worm');
  await env.advanceAsync(5_000);
  await recovery.execute('cart', BY);
  expect(restored).toEqual({ items: ['apple'] });
  restored!.items.push('worm');
  await recovery.execute('cart', BY);

  expect(restored).toEqual({ items: ['apple'] });
  expect(events.filter(({ type }) => /checkpointed|restored/.test(type))).toMatchObject([
    { type: 'recovery.checkpointed', service: 'cart' },
    { type: 'recovery.restored', service: 'cart', ageMs: 5_000 },
    { type: 'recovery.restored' },
  ]);
});

test('of two that overlap the later counts, whichever is there first', async () => {
  const { recovery } = await shop();
  const answers = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  let asked = 0;
  let restored: string | undefined;
  const pair = { checkpoint: () => answers[asked++]!.promise, restore: (state: string) => void (restored = state) };
  const { take } = recovery.checkpoint('cart', pair);
  const takes = [take(), take()];
  answers[1]!.resolve('later');
  answers[0]!.resolve('earlier');
  await Promise.all(takes);
  await recovery.execute('cart', BY);

  expect(restored).toBe('later');
});

test('a state with functions in it stays the application’s own, and one that fails is the caller’s to know', async () => {
  const { recovery } = await shop();
  const state = { undo: () => 1 };
  let restored: unknown;
  let isBroken = false;
  const { take } = recovery.checkpoint('cart', {
    checkpoint: () => (isBroken ? Promise.reject(new Error('disk')) : state),
    restore: (given) => void (restored = given),
  });
  await take();
  isBroken = true;
  await expect(take()).rejects.toThrow('disk');
  await recovery.execute('cart', BY);

  expect(restored).toBe(state);
});

/** Two processes, one after the other, on one file. */
async function lives(
  first: (runtime: Runtime) => Promise<void>,
  second: (runtime: Runtime) => Promise<void>,
): Promise<readonly HoldfastEvent[]> {
  const store = { path: freshPath() };
  const events: HoldfastEvent[] = [];
  for (const [index, live] of [first, second].entries()) {
    const env = fileEnv(index);
    const runtime = await env.settle(createRuntime({ name: 'shop', env, store }));
    runtime.events.on('*', (event) => void events.push(event));
    runtime.recovery.setPolicy('cart', STEPS);
    await env.settle(live(runtime));
    await env.advanceAsync(2_000);
    await env.settle(runtime.stop());
  }
  return events;
}

test('where there is a store the next process comes back to it', async () => {
  let restored: unknown;
  const events = await lives(
    async ({ recovery }) => {
      const { take } = recovery.checkpoint('cart', {
        checkpoint: () => ({ items: ['apple'], of: null }),
        restore() {},
      });
      await take();
    },
    async ({ recovery }) => {
      recovery.checkpoint('cart', { checkpoint: () => 'new', restore: (state) => void (restored = state) });
      expect(await recovery.execute('cart', BY)).toMatchObject({ state: 'succeeded' });
    },
  );

  expect(restored).toEqual({ items: ['apple'], of: null });
  expect(events.filter(({ type }) => type === 'callback.failed')).toEqual([]);
});

test('what this process took goes before what an earlier one left', async () => {
  let restored: unknown;
  await lives(
    ({ recovery }) => recovery.checkpoint('cart', { checkpoint: () => 'old', restore() {} }).take(),
    async ({ recovery }) => {
      const { take } = recovery.checkpoint('cart', {
        checkpoint: () => 'new',
        restore: (state) => void (restored = state),
      });
      await take();
      await recovery.execute('cart', BY);
    },
  );

  expect(restored).toBe('new');
});

test.each([
  ['that has ended', 'fine', true, undefined],
  [
    'JSON has no words for',
    new Map([[1, 2]]),
    false,
    /state: expected what JSON has a word for, received an object of Map/,
  ],
  ['that is too long', 'x'.repeat(70_000), false, /expected at most 65536 bytes of JSON, received 70002/],
])('one %s is not there in the next process, and no earlier one in its place', async (_, state, isEnded, why) => {
  let lastError: string | null | undefined;
  const events = await lives(
    async ({ recovery }) => {
      let given: unknown = 'earlier';
      const checkpoint = recovery.checkpoint('cart', { checkpoint: () => given, restore() {} });
      await checkpoint.take();
      given = state;
      await checkpoint.take();
      if (isEnded) checkpoint.end();
    },
    async ({ recovery }) => {
      recovery.checkpoint('cart', { checkpoint: () => 'new', restore() {} });
      ({ lastError } = await recovery.execute('cart', BY));
    },
  );

  expect(lastError).toContain('that was taken, found none');
  const failed = events.flatMap((event) => (event.type === 'callback.failed' ? [event.error] : []));
  expect(failed).toEqual(why === undefined ? [] : [expect.stringMatching(why)]);
});

test('one that was ended in this process is not found in the store either', async () => {
  let lastError: string | null | undefined;
  await lives(
    ({ recovery }) => recovery.checkpoint('cart', { checkpoint: () => 'old', restore() {} }).take(),
    async ({ recovery }) => {
      recovery.checkpoint('cart', { checkpoint: () => 'new', restore() {} }).end();
      recovery.checkpoint('cart', { checkpoint: () => 'new', restore() {} });
      ({ lastError } = await recovery.execute('cart', BY));
    },
  );

  expect(lastError).toContain('found none');
});
