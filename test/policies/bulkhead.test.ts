/** Bulkhead: places, the queue for them, and what hangs. K1 to K8 of the invariants. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Priority } from '../../src/core/priority.ts';
import { parseOptions } from '../../src/core/schema.ts';
import { type BulkheadOptions, bulkheadOptions } from '../../src/policies/bulkhead/options.ts';
import { bulkheadFull } from '../../src/policies/bulkhead/rejection.ts';
import type { Waiter } from '../../src/policies/bulkhead/waiter.ts';
import { BulkheadModel } from '../support/bulkhead-model.ts';
import { type BulkheadRig, bulkheadRig, fullBulkheadRig } from '../support/bulkhead-rig.ts';

const resolve = (options: BulkheadOptions) => parseOptions(bulkheadOptions, options, 'bulkhead');
const nothing = (): void => {};

describe('the options', () => {
  test('have these defaults', () => {
    expect(resolve({ maxConcurrent: 10 })).toEqual({ maxConcurrent: 10, maxQueued: 0, agingMs: 1_000, keyed: false });
    const create = nothing;
    expect(resolve({ maxConcurrent: 10, pool: { create } }).pool).toEqual({ create, overflow: 0, idleMs: 60_000 });
  });

  const create = nothing;
  test.each([
    [{}, 'bulkhead.maxConcurrent: expected a whole number from 1 to 1000000, received undefined'],
    [{ maxConcurrent: Infinity }, /^bulkhead\.maxConcurrent: expected a whole number .*, received Infinity$/],
    [{ maxConcurrent: 1, maxQueued: -1 }, /^bulkhead\.maxQueued: expected a whole number from 0 .*, received -1$/],
    [{ maxConcurrent: 1, maxQueued: 1, maxWaitMs: NaN }, /^bulkhead\.maxWaitMs: expected milliseconds, .* NaN$/],
    [{ maxConcurrent: 1, maxWaitMs: 5 }, 'bulkhead: expected maxQueued beside maxWaitMs: nobody waits without'],
    [{ maxConcurrent: 1, weights: {} }, 'bulkhead: expected keyed: true beside weights'],
    [{ maxConcurrent: 1, keyed: true, weights: { a: 0 } }, /^bulkhead\.weights\.a: expected a whole number from 1/],
    [{ maxConcurrent: 1, keyed: true, weights: 3 }, 'bulkhead.weights: expected an object of weights by tenant'],
    [
      { maxConcurrent: 1, keyed: true, weights: JSON.parse('{ "__proto__": 3 }') as object },
      'bulkhead.weights: expected an object of weights by tenant, none of them by the name "__proto__", received',
    ],
    [{ maxConcurrent: 1, abandonAfterMs: -1 }, /^bulkhead\.abandonAfterMs: expected milliseconds/],
    [{ maxConcurrent: 1, pool: {} }, 'bulkhead.pool.create: expected a function () => resource, received undefined'],
    [
      { maxConcurrent: 5, pool: { create, size: 3, overflow: 1 } },
      'bulkhead.pool.size: expected together with overflow at least maxConcurrent, as each place needs a resource, received 3',
    ],
    [{ maxConcurrent: 1, maxQueue: 1 }, 'bulkhead: has no key "maxQueue"; did you mean "maxQueued"?'],
  ])('refuse %j', (options, message) => {
    expect(() => resolve(options as BulkheadOptions)).toThrow(message);
  });
});

describe('places', () => {
  test('are as many as maxConcurrent, and whoever comes then and cannot wait is rejected', () => {
    const { bulkhead, wait } = bulkheadRig({ maxConcurrent: 2 });

    expect([bulkhead.tryEnter(), bulkhead.tryEnter(), bulkhead.tryEnter()]).toEqual([true, true, false]);
    expect(wait('c')).toBeUndefined();
    expect(bulkhead.reading()).toEqual({ active: 2, queued: 0, limit: 2, zombies: 0, rejected: 1 });

    bulkhead.leave();
    expect(bulkhead.tryEnter()).toBe(true);
  });

  test('K3 go, when left, to who waits longest, before leave returns', () => {
    const { bulkhead, admitted, wait } = fullBulkheadRig();
    wait('a');
    wait('b');

    bulkhead.leave();

    expect(admitted).toEqual(['a']);
    expect(bulkhead.reading()).toMatchObject({ active: 1, queued: 1 });
  });

  test('K1 nobody slips past the queue from inside a hand-over', () => {
    const { bulkhead, admitted, wait } = fullBulkheadRig();
    const slipped: boolean[] = [];
    const onAdmitted = (): void => void slipped.push(bulkhead.tryEnter());
    wait('a', { onAdmitted });
    wait('b', { onAdmitted });
    wait('c');

    bulkhead.resize(4);

    expect(slipped).toEqual([false, false]);
    expect(admitted).toEqual(['c']);
    expect(bulkhead.reading()).toMatchObject({ active: 4, queued: 0 });
  });

  test('a hundred thousand who leave as soon as they are admitted do not overflow the stack', () => {
    const { bulkhead, wait } = fullBulkheadRig();
    let ran = 0;
    for (let call = 0; call < 100_000; call++)
      wait('x', {
        onAdmitted: () => {
          ran++;
          bulkhead.leave();
        },
      });

    bulkhead.leave();

    expect(ran).toBe(100_000);
    expect(bulkhead.reading()).toMatchObject({ active: 0, queued: 0 });
  });

  test('a call may join the queue from inside a hand-over, and is not lost', () => {
    const { bulkhead, admitted, wait } = fullBulkheadRig();
    wait('a', {
      onAdmitted: () => {
        admitted.push('a');
        wait('b');
        bulkhead.leave();
      },
    });

    bulkhead.leave();

    expect(admitted).toEqual(['a', 'b']);
  });
});

describe('the queue', () => {
  test('K1 holds maxQueued and rejects the rest', () => {
    const { bulkhead, wait } = bulkheadRig({ maxConcurrent: 1, maxQueued: 2 });
    bulkhead.tryEnter();

    expect(['a', 'b', 'c'].map((name) => wait(name) !== undefined)).toEqual([true, true, false]);
    expect(bulkhead.reading()).toMatchObject({ queued: 2, rejected: 1 });
  });

  test('K4 a waiter that is cancelled never runs, and neither takes nor frees a place', () => {
    const { bulkhead, admitted, wait } = fullBulkheadRig();
    const first = wait('first')!;
    wait('second');

    expect([bulkhead.cancel(first), bulkhead.cancel(first)]).toEqual([true, false]);
    expect(bulkhead.reading()).toMatchObject({ active: 1, queued: 1 });
    bulkhead.leave();
    expect(admitted).toEqual(['second']);
  });

  test('K4 cancelled after the hand-over, the waiter keeps the place it must leave', () => {
    const { bulkhead, admitted, wait } = fullBulkheadRig();
    const waiter = wait('a')!;
    bulkhead.leave();

    expect(bulkhead.cancel(waiter)).toBe(false);
    expect(bulkhead.reading().active).toBe(1);
    bulkhead.leave();
    expect(bulkhead.reading().active).toBe(0);
    expect(admitted).toEqual(['a']);
  });

  test('K4 a waiter that is cancelled from inside the hand-over before it is passed over', () => {
    const { bulkhead, admitted, wait } = fullBulkheadRig();
    const others: Waiter[] = [];
    wait('first', { onAdmitted: () => void bulkhead.cancel(others[0]!) });
    others.push(wait('second')!);
    wait('third');

    bulkhead.resize(3);

    expect(admitted).toEqual(['third']);
    expect(bulkhead.reading()).toMatchObject({ active: 3, queued: 0 });
  });

  test('K5 a wait ends after maxWaitMs, not before, and a place that is left in time wins', async () => {
    const { env, bulkhead, admitted, tooLate, wait } = fullBulkheadRig({ maxWaitMs: 100 });
    const late = wait('late')!;

    await env.advanceAsync(99);
    wait('in time');
    expect(tooLate).toEqual([]);
    await env.advanceAsync(1);
    expect(tooLate).toEqual(['late']);
    expect(bulkhead.cancel(late)).toBe(false);
    expect(bulkhead.reading()).toMatchObject({ active: 1, queued: 1, rejected: 1 });

    bulkhead.leave();
    await env.advanceAsync(1_000);
    expect(admitted).toEqual(['in time']);
    expect(tooLate).toEqual(['late']);
    expect(env.pendingTimers).toBe(0);
  });

  test('a wait keeps the process alive, and nothing does when it is over', () => {
    const { env, bulkhead, wait } = fullBulkheadRig({ maxWaitMs: 100 });
    const waiter = wait('a')!;
    expect(env.keepsAlive).toBe(true);

    bulkhead.cancel(waiter);
    env.turn();

    expect(env.keepsAlive).toBe(false);
  });

  test('K8 a hundred thousand waiters leave from anywhere in the queue; at O(n) each the test would not end', () => {
    const { bulkhead, wait } = fullBulkheadRig({ keyed: true, maxWaitMs: 100 });
    const waiters: Waiter[] = [];
    for (let call = 0; call < 100_000; call++) waiters.push(wait('x', { tenant: `tenant ${call % 1_000}` })!);
    const scattered = waiters.map((_, at) => waiters[(at * 7_919) % waiters.length]!); // each once, in leaps

    for (const waiter of scattered) bulkhead.cancel(waiter);

    expect(bulkhead.reading().queued).toBe(0);
  });
});

describe('priorities', () => {
  const leaveAll = ({ bulkhead }: BulkheadRig): void => {
    while (bulkhead.reading().queued > 0) bulkhead.leave();
  };

  test('K5 go high, normal, low; equals in the order they came', () => {
    const rig = fullBulkheadRig();
    const priorities: readonly Priority[] = ['low', 'normal', 'high', 'low', 'normal', 'high'];
    for (const [at, priority] of priorities.entries()) rig.wait(`${priority} ${at}`, { priority });

    leaveAll(rig);

    expect(rig.admitted).toEqual(['high 2', 'high 5', 'normal 1', 'normal 4', 'low 0', 'low 3']);
  });

  test('K5 a low one is not overtaken by a normal one that came agingMs later, nor by a high one twice as late; at a draw the urgent goes', () => {
    const rig = fullBulkheadRig({ agingMs: 100 });
    rig.wait('low', { priority: 'low' });
    rig.env.advance(100);
    rig.wait('normal at 100');
    rig.env.advance(1);
    rig.wait('normal at 101');
    rig.env.advance(98);
    rig.wait('high at 199', { priority: 'high' });
    rig.env.advance(2);
    rig.wait('high at 201', { priority: 'high' });

    leaveAll(rig);

    expect(rig.admitted).toEqual(['high at 199', 'normal at 100', 'low', 'high at 201', 'normal at 101']);
  });

  test('K5 agingMs 0 takes everyone in the order they came', () => {
    const rig = fullBulkheadRig({ agingMs: 0 });
    for (const priority of ['low', 'high', 'normal', 'high'] as const) {
      rig.wait(priority, { priority });
      rig.env.advance(1);
    }

    leaveAll(rig);

    expect(rig.admitted).toEqual(['low', 'high', 'normal', 'high']);
  });

  test('K5 equals are in order, and nobody is overtaken by who came rank · agingMs after it', () => {
    const arrival = fc.tuple(fc.constantFrom<Priority>('high', 'normal', 'low'), fc.nat(150), fc.boolean());
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 60, size: 'max' }), (arrivals) => {
        const rig = fullBulkheadRig({ agingMs: 100 });
        const order: { readonly priority: Priority; readonly cameAtMs: number }[] = [];
        for (const [priority, waitMs, leaves] of arrivals) {
          rig.env.advance(waitMs);
          const cameAtMs = rig.env.now();
          rig.wait('x', { priority, onAdmitted: () => void order.push({ priority, cameAtMs }) });
          if (leaves) rig.bulkhead.leave();
        }
        leaveAll(rig);

        const ranks = { high: 0, normal: 1, low: 2 };
        for (const [at, one] of order.entries())
          for (const later of order.slice(at + 1)) {
            const patienceMs = Math.max(0, ranks[later.priority] - ranks[one.priority]) * 100;
            expect(one.cameAtMs).toBeLessThanOrEqual(later.cameAtMs + patienceMs);
          }
      }),
    );
  });
});

describe('tenants', () => {
  test('K7 take turns, so that a crowd of one does not keep the others waiting', () => {
    const { bulkhead, admitted, wait } = fullBulkheadRig({ keyed: true });
    for (let call = 0; call < 4; call++) wait(`crowd ${call}`, { tenant: 'crowd' });
    wait('lone', { tenant: 'lone' });
    wait('nobody');

    for (let call = 0; call < 6; call++) bulkhead.leave();

    expect(admitted).toEqual(['crowd 0', 'lone', 'nobody', 'crowd 1', 'crowd 2', 'crowd 3']);
  });

  test('K7 are served by their weights', () => {
    const { bulkhead, admitted, wait } = fullBulkheadRig({ keyed: true, weights: { gold: 3, constructor: 2 } });
    for (const tenant of ['gold', 'constructor', '__proto__'])
      for (let call = 0; call < 6; call++) wait(tenant, { tenant });

    for (let call = 0; call < 12; call++) bulkhead.leave();

    const turn = ['gold', 'gold', 'gold', 'constructor', 'constructor', '__proto__'];
    expect(admitted).toEqual([...turn, ...turn]);
  });

  test('gain nothing from others by calling everything urgent', () => {
    const { bulkhead, admitted, wait } = fullBulkheadRig({ keyed: true });
    wait('modest 1', { tenant: 'modest', priority: 'low' });
    for (let call = 1; call <= 3; call++) wait(`pushy ${call}`, { tenant: 'pushy', priority: 'high' });
    wait('modest 2', { tenant: 'modest', priority: 'normal' });

    for (let call = 0; call < 5; call++) bulkhead.leave();

    expect(admitted).toEqual(['modest 2', 'pushy 1', 'modest 1', 'pushy 2', 'pushy 3']);
  });

  test('are not told apart unless keyed', () => {
    const { bulkhead, admitted, wait } = fullBulkheadRig();
    for (const tenant of ['a', 'a', 'b']) wait(tenant, { tenant });

    for (let call = 0; call < 3; call++) bulkhead.leave();

    expect(admitted).toEqual(['a', 'a', 'b']);
  });

  test('K7 over any stretch in which all have someone waiting, each is within its weight of its share', () => {
    const weight = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(
        weight,
        weight,
        weight,
        fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 30 }),
        (a, b, c, came) => {
          const weights = { a, b, c };
          const total = a + b + c;
          const { bulkhead, admitted, wait } = fullBulkheadRig({ keyed: true, weights });
          for (const tenant of came) wait(tenant, { tenant });
          for (const tenant of ['a', 'b', 'c']) for (let call = 0; call < 40; call++) wait(tenant, { tenant });
          for (let turn = 0; turn < 40; turn++) bulkhead.leave(); // no one has been served more than the 40 that wait

          for (let from = 0; from < admitted.length; from++)
            for (const [tenant, share] of Object.entries(weights)) {
              let served = 0;
              for (let to = from; to < admitted.length; to++) {
                if (admitted[to] === tenant) served++;
                expect(Math.abs(served - (share / total) * (to - from + 1))).toBeLessThanOrEqual(share);
              }
            }
        },
      ),
    );
  });
});

describe('the limit', () => {
  test('K6 lowered, ends nothing: places are lost as they are left', () => {
    const { bulkhead, admitted, wait } = fullBulkheadRig({ maxConcurrent: 3 });
    wait('a');

    bulkhead.resize(1);
    expect(bulkhead.reading()).toMatchObject({ active: 3, queued: 1, limit: 1 });
    bulkhead.leave();
    bulkhead.leave();
    expect(admitted).toEqual([]);
    bulkhead.leave();
    expect(admitted).toEqual(['a']);
  });

  test('K6 raised, admits at once', () => {
    const { bulkhead, admitted, wait } = fullBulkheadRig();
    for (const name of ['a', 'b', 'c']) wait(name);

    bulkhead.resize(3);

    expect(admitted).toEqual(['a', 'b']);
  });

  test.each([0, -1, 1.5, NaN, Infinity, '2'])('X5 cannot be %s', (limit) => {
    const { bulkhead } = bulkheadRig({ maxConcurrent: 2 });

    expect(() => bulkhead.resize(limit as number)).toThrow('bulkhead.maxConcurrent: expected a whole number');
    expect(bulkhead.reading().limit).toBe(2);
  });
});

describe('a function nobody waits for any more', () => {
  test('holds its place until it settles, and frees it once', () => {
    const { bulkhead, admitted, env, wait } = fullBulkheadRig();
    const abandoned = bulkhead.abandon(nothing);
    wait('a');
    env.advance(1e9);
    expect(admitted).toEqual([]);

    abandoned.settle();
    abandoned.settle();

    expect(admitted).toEqual(['a']);
    expect(bulkhead.reading()).toMatchObject({ active: 1, zombies: 0 });
  });

  test('loses its place after abandonAfterMs, is a zombie until it settles, and frees nothing then', () => {
    const { bulkhead, admitted, env, wait } = fullBulkheadRig({ abandonAfterMs: 500 });
    const order: string[] = [];
    const abandoned = bulkhead.abandon(() => order.push('taken back'));
    wait('a', { onAdmitted: () => void order.push('admitted') });

    env.advance(499);
    expect(order).toEqual([]);
    env.advance(1);
    expect(order).toEqual(['taken back', 'admitted']);
    expect(bulkhead.reading()).toMatchObject({ active: 1, queued: 0, zombies: 1 });

    wait('b');
    abandoned.settle();
    expect(admitted).toEqual([]);
    expect(bulkhead.reading()).toMatchObject({ active: 1, queued: 1, zombies: 0 });
  });

  test('keeps no process alive, and leaves no timer when it settles or the bulkhead closes', () => {
    const { bulkhead, env } = fullBulkheadRig({ maxConcurrent: 2, abandonAfterMs: 500 });
    const settled = bulkhead.abandon(nothing);
    const hanging = bulkhead.abandon(nothing);
    expect(env.pendingTimers).toBe(2);
    expect(env.keepsAlive).toBe(false);

    settled.settle();
    expect(env.pendingTimers).toBe(1);
    bulkhead.close();
    expect(env.pendingTimers).toBe(0);

    hanging.settle();
    expect(bulkhead.reading()).toMatchObject({ active: 0, zombies: 0 });
  });
});

type Step = (model: BulkheadModel) => void;
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom<Priority>('high', 'normal', 'low'), fc.constantFrom('a', 'b', 'c')).map<Step>(
      ([priority, tenant]) =>
        (model) =>
          model.come(priority, tenant),
    ),
  },
  { weight: 3, arbitrary: fc.nat(20).map<Step>((which) => (model) => model.leave(which)) },
  { weight: 1, arbitrary: fc.nat(20).map<Step>((which) => (model) => model.cancel(which)) },
  { weight: 1, arbitrary: fc.nat(20).map<Step>((which) => (model) => model.abandon(which)) },
  { weight: 1, arbitrary: fc.nat(20).map<Step>((which) => (model) => model.settle(which)) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }).map<Step>((limit) => (model) => model.resize(limit)) },
  { weight: 2, arbitrary: fc.nat(80).map<Step>((ms) => (model) => model.pass(ms)) },
);

test('K1 K2 K3 K4 K6 hold at every step, whoever comes, leaves, hangs or gives up, and however many places there are', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      fc.array(step, { maxLength: 150, size: 'max' }),
      (maxConcurrent, maxQueued, keyed, steps) => {
        const model = new BulkheadModel({ maxConcurrent, maxQueued, keyed, maxWaitMs: 100, abandonAfterMs: 200 });
        for (const play of steps) {
          play(model);
          model.check();
        }
        model.drain();

        expect(model.broken).toEqual([]);
      },
    ),
  );
});

test('a rejection names the pipeline and what there was, and has no stack', () => {
  const error = bulkheadFull('payments', { active: 50, queued: 100 });

  expect(error).toMatchObject({
    code: 'BULKHEAD_FULL',
    component: 'payments',
    message: '"payments": expected a place, received none: 50 calls run and 100 wait',
  });
  expect(error.stack).not.toContain('\n');
});
