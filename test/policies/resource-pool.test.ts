/** The resources a bulkhead lends: made, kept, validated, given back once, and ended. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../src/core/schema.ts';
import type { Lease } from '../../src/policies/bulkhead/lease.ts';
import { type BulkheadOptions, bulkheadOptions } from '../../src/policies/bulkhead/options.ts';
import { ResourcePool } from '../../src/policies/bulkhead/pool.ts';
import { createVirtualEnv } from '../../src/testing/virtual-env.ts';
import { pending } from '../support/pipeline-rig.ts';

type PoolOptions = Partial<NonNullable<BulkheadOptions['pool']>>;

/** A pool of numbers, counted from 1. */
function setUp(options: PoolOptions = {}, size = 2) {
  const env = createVirtualEnv({ seed: 1 });
  let made = 0;
  const destroyed: unknown[] = [];
  const failures: string[] = [];
  const given = {
    create: () => ++made,
    destroy: (resource: unknown) => void destroyed.push(resource),
    ...options,
  };
  const { pool: resolved } = parseOptions(bulkheadOptions, { maxConcurrent: 1, pool: given }, 'bulkhead');
  const pool = new ResourcePool(resolved!, size, {
    name: 'payments',
    env,
    onCallbackFailed: (option, error) => void failures.push(`${option}: ${(error as Error).message}`),
  });
  return { env, pool, destroyed, failures, made: () => made };
}

describe('a pool', () => {
  test('makes a resource when none is idle, and lends the most recently used', async () => {
    const { pool, made } = setUp();
    const [one, two] = [await pool.acquire(), await pool.acquire()];
    expect([one.resource, two.resource]).toEqual([1, 2]);

    two.release();
    one.release();

    expect((await pool.acquire()).resource).toBe(1);
    expect((await pool.acquire()).resource).toBe(2);
    expect(made()).toBe(2);
  });

  test('lends size and overflow, and rejects the next', async () => {
    const { pool } = setUp({ overflow: 1 });
    for (let lent = 0; lent < 3; lent++) await pool.acquire();

    await expect(pool.acquire()).rejects.toMatchObject({
      code: 'BULKHEAD_FULL',
      component: 'payments',
      message: '"payments": expected a resource of its pool, received none: all 3 are lent',
    });
  });

  test('lends no more than it may while resources are still being made', async () => {
    const { promise, resolve } = pending<string>();
    const { pool } = setUp({ create: () => promise }, 1);
    const first = pool.acquire();

    await expect(pool.acquire()).rejects.toMatchObject({ code: 'BULKHEAD_FULL' });
    resolve('made');
    expect((await first).resource).toBe('made');
  });

  test('keeps as many as its size: what overflows is destroyed when it comes back', async () => {
    const { pool, destroyed } = setUp({ overflow: 1 });
    const leases = [await pool.acquire(), await pool.acquire(), await pool.acquire()];

    for (const lease of leases) lease.release();

    expect(pool.reading()).toEqual({ idle: 2, lent: 0 });
    expect(destroyed).toEqual([1]);
  });

  test('takes a resource back once, however often its lease is ended', async () => {
    const { pool, destroyed } = setUp();
    const lease = await pool.acquire();

    lease.release();
    lease.release();
    lease.discard();

    expect(pool.reading()).toEqual({ idle: 1, lent: 0 });
    expect(destroyed).toEqual([]);
  });

  test('destroys what is discarded, which makes room for another', async () => {
    const { pool, destroyed } = setUp({}, 1);
    (await pool.acquire()).discard();

    expect(destroyed).toEqual([1]);
    expect((await pool.acquire()).resource).toBe(2);
  });

  test('passes on what create threw, and has lost no room by it', async () => {
    const failure = new Error('no route');
    const { pool } = setUp({ create: () => Promise.reject(failure) }, 1);

    await expect(pool.acquire()).rejects.toBe(failure);
    await expect(pool.acquire()).rejects.toBe(failure);
    expect(pool.reading()).toEqual({ idle: 0, lent: 0 });
  });
});

describe('validate', () => {
  test('is asked before a resource is lent again, and not before its first time', async () => {
    const asked: unknown[] = [];
    const validate = (resource: unknown): boolean => asked.push(resource) > 0;
    const { pool } = setUp({ validate });

    const lease = await pool.acquire();
    expect(asked).toEqual([]);
    lease.release();
    expect((await pool.acquire()).resource).toBe(1);
    expect(asked).toEqual([1]);
  });

  test.each<[string, () => unknown, string[]]>([
    ['says no', () => false, []],
    ['says no later', async () => false, []],
    [
      'throws',
      () => {
        throw new Error('mine');
      },
      ['validate: mine', 'validate: mine'],
    ],
    ['rejects', () => Promise.reject(new Error('mine')), ['validate: mine', 'validate: mine']],
    ['gives 1', () => 1, ['validate: validate: expected true or false', 'validate: validate: expected true or false']],
  ])('that %s has the resource destroyed, and the next one tried', async (_, validate, reported) => {
    const { pool, destroyed, failures } = setUp({ validate: validate as () => boolean });
    const [one, two] = [await pool.acquire(), await pool.acquire()];
    one.release();
    two.release();

    const lease = await pool.acquire();

    expect(lease.resource).toBe(3);
    expect(destroyed).toEqual([2, 1]);
    expect(failures).toEqual(reported);
    expect(pool.reading()).toEqual({ idle: 0, lent: 1 });
  });
});

describe('destroy', () => {
  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('mine');
      },
    ],
    ['rejects', () => Promise.reject(new Error('mine'))],
  ])('that %s is reported, and hurts nobody', async (_, destroy) => {
    const { pool, failures } = setUp({ destroy: destroy as () => void });
    (await pool.acquire()).discard();
    await pool.close();

    expect(failures).toEqual(['destroy: mine']);
  });

  test('may be left out', async () => {
    const env = createVirtualEnv({ seed: 1 });
    const { pool: options } = parseOptions(
      bulkheadOptions,
      { maxConcurrent: 1, pool: { create: () => 1 } },
      'bulkhead',
    );
    const pool = new ResourcePool(options!, 1, { name: 'payments', env, onCallbackFailed: expect.unreachable });

    (await pool.acquire()).discard();
    await pool.close();

    expect(pool.reading()).toEqual({ idle: 0, lent: 0 });
  });
});

describe('idleMs', () => {
  test('ends what was idle for so long, not before, and keeps no process alive', async () => {
    const { env, pool, destroyed } = setUp({ idleMs: 1_000 });
    const [one, two] = [await pool.acquire(), await pool.acquire()];
    one.release();
    env.advance(400);
    two.release();
    expect(env.keepsAlive).toBe(false);

    env.advance(599);
    expect(destroyed).toEqual([]);
    env.advance(1);
    expect(destroyed).toEqual([1]);
    env.advance(399);
    expect(destroyed).toEqual([1]);
    env.advance(1);
    expect(destroyed).toEqual([1, 2]);
    expect(env.pendingTimers).toBe(0);
  });

  test('is over when its timer fires, at instants that floating point rounds too', async () => {
    const { env, pool, destroyed } = setUp({ idleMs: 60_000 });
    env.advance(74.99740296943);
    (await pool.acquire()).release();

    env.advance(60_000);

    expect(destroyed).toEqual([1]);
    expect(env.pendingTimers).toBe(0);
  });

  test('does not touch what is lent, and starts anew when it comes back', async () => {
    const { env, pool, destroyed } = setUp({ idleMs: 1_000 });
    (await pool.acquire()).release();
    env.advance(900);
    const lease = await pool.acquire();
    env.advance(5_000);
    expect(destroyed).toEqual([]);

    lease.release();
    env.advance(999);
    expect(destroyed).toEqual([]);
    env.advance(1);
    expect(destroyed).toEqual([1]);
  });
});

describe('close', () => {
  test('destroys what is idle now and what is lent when it comes back, and leaves no timer', async () => {
    const { env, pool, destroyed } = setUp();
    const [one, two] = [await pool.acquire(), await pool.acquire()];
    one.release();

    await Promise.all([pool.close(), pool.close()]);
    expect(destroyed).toEqual([1]);
    two.release();

    expect(destroyed).toEqual([1, 2]);
    expect(pool.reading()).toEqual({ idle: 0, lent: 0 });
    expect(env.pendingTimers).toBe(0);
  });

  test('has acquire reject, also one that waits for its resource, which is destroyed', async () => {
    const { promise, resolve } = pending<string>();
    const { pool, destroyed } = setUp({ create: () => promise });
    const waiting = pool.acquire();

    await pool.close();
    resolve('late');

    await expect(waiting).rejects.toMatchObject({ code: 'STOPPED', component: 'payments' });
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'STOPPED', component: 'payments' });
    expect(destroyed).toEqual(['late']);
    expect(pool.reading()).toEqual({ idle: 0, lent: 0 });
  });

  test('waits until what was idle is gone', async () => {
    const { promise, resolve } = pending<void>();
    const { pool } = setUp({ destroy: () => promise });
    (await pool.acquire()).release();
    const order: string[] = [];
    const closed = pool.close().then(() => order.push('closed'));

    await Promise.resolve();
    order.push('gone');
    resolve();
    await closed;

    expect(order).toEqual(['gone', 'closed']);
  });

  test('keeps nothing that destroy gives back from inside', async () => {
    const leases: Lease[] = [];
    const { env, pool } = setUp({ destroy: () => leases.pop()?.release() });
    const [one, two] = [await pool.acquire(), await pool.acquire()];
    leases.push(one);
    two.release();

    await pool.close();

    expect(pool.reading()).toEqual({ idle: 0, lent: 0 });
    expect(env.pendingTimers).toBe(0);
  });
});

test('every resource made is idle, lent or destroyed once, whatever is done in any order', async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant('acquire') },
    { weight: 2, arbitrary: fc.constant('release') },
    { weight: 1, arbitrary: fc.constantFrom('discard', 'wait') },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.nat(2),
      fc.array(step, { maxLength: 60, size: 'max' }),
      fc.infiniteStream(fc.boolean()),
      async (size, overflow, steps, answers) => {
        const validate = (): boolean => answers.next().value;
        const { env, pool, destroyed, made } = setUp({ overflow, idleMs: 100, validate }, size);
        const lent: Lease[] = [];
        for (const play of steps) {
          if (play === 'acquire')
            await pool.acquire().then(
              (lease) => lent.push(lease),
              () => {},
            );
          if (play === 'release') lent.shift()?.release();
          if (play === 'discard') lent.shift()?.discard();
          if (play === 'wait') env.advance(60);

          const reading = pool.reading();
          expect(reading.lent).toBe(lent.length);
          expect(reading.idle).toBeLessThanOrEqual(size);
          expect(reading.idle + reading.lent).toBeLessThanOrEqual(size + overflow);
          expect(new Set(destroyed).size).toBe(destroyed.length);
          expect(reading.idle + reading.lent + destroyed.length).toBe(made());
          expect(lent.filter(({ resource }) => destroyed.includes(resource))).toEqual([]);
        }
      },
    ),
  );
});
