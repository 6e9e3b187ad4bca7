/**
 * Rows of the breaker's contract as an application meets them, through the public names: how results vote, what each
 * action by hand does, and what is known to go wrong elsewhere. What is decided is in the files beside this one.
 */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  BREAKER_STATES,
  type BreakerOptions,
  createRuntime,
  HoldfastError,
  type HoldfastEvent,
} from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

const MANUAL = { by: 'ops', reason: 'test' };
const failing = (): Promise<never> => Promise.reject(new Error('no'));
const hanging = (): Promise<never> => new Promise(() => {});

async function rig(options: BreakerOptions = {}) {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ env });
  const breaker = runtime.breaker('payments', options);
  const heard: HoldfastEvent<'breaker.transitioned'>[] = [];
  runtime.events.on('breaker.transitioned', (event) => heard.push(event));
  const fail = (): Promise<unknown> => breaker.execute(failing).catch((error: unknown) => error);
  /** By hand from closed into any state. */
  const bring = {
    closed: () => {},
    open: () => breaker.open(MANUAL),
    halfOpen: () => (breaker.open(MANUAL), breaker.probe(MANUAL)),
    forcedOpen: () => breaker.forceOpen(MANUAL),
    disabled: () => breaker.disable(MANUAL),
    metricsOnly: () => breaker.observe(MANUAL),
  };
  return { env, runtime, breaker, heard, fail, bring };
}

describe('by hand', () => {
  const TARGETS = {
    open: 'open',
    close: 'closed',
    probe: 'halfOpen',
    forceOpen: 'forcedOpen',
    disable: 'disabled',
    observe: 'metricsOnly',
    reset: 'closed',
  } as const;
  const actions = Object.keys(TARGETS) as (keyof typeof TARGETS)[];
  const ILLEGAL = new Set(['probe from closed', 'open from metricsOnly', 'probe from metricsOnly']);

  test.each(BREAKER_STATES.flatMap((from) => actions.map((action) => [action, from] as const)))(
    'B6 %s from %s: to its state with one event of { by, reason, atMs } and the next epoch, or a no-op, or illegal',
    async (action, from) => {
      const { env, breaker, heard, bring } = await rig();
      bring[from]();
      await env.advanceAsync(1_234);
      const before = heard.length;

      const isIllegal = ILLEGAL.has(`${action} from ${from}`);
      if (isIllegal)
        expect(() => breaker[action](MANUAL)).toThrow(expect.objectContaining({ code: 'ILLEGAL_TRANSITION' }));
      else breaker[action](MANUAL);

      const to = isIllegal ? from : TARGETS[action];
      expect(breaker.state).toBe(to);
      const epoch = before + 2; // it was made at epoch 1, and each event since was one more
      const event = { v: 1, breaker: 'payments', from, to, rule: 'manual', epoch, atMs: 1_234, ...MANUAL };
      expect(heard.slice(before)).toMatchObject(from === to ? [] : [event]);
    },
  );

  test('close() empties the window; reset() clears the attempt counter and the statistics as well', async () => {
    const openMs = vi.fn(() => 1_000);
    const { breaker, fail } = await rig({ failureRate: 0.5, minimumCalls: 2, openMs });

    await fail();
    await fail();
    breaker.close(MANUAL);
    expect(breaker.counts()).toMatchObject({ total: 0, failed: 0, calls: { failure: 2 } });
    await fail();
    expect(breaker.state).toBe('closed');
    await fail();
    expect(openMs.mock.lastCall).toEqual([2]);

    breaker.reset(MANUAL);
    expect(breaker.counts()).toMatchObject({
      total: 0,
      calls: { success: 0, failure: 0, ignored: 0 },
      notPermitted: 0,
    });
    await fail();
    await fail();
    expect(openMs.mock.lastCall).toEqual([1]);
  });

  test('closed admits all and records all; every recorded outcome re-evaluates the trip rule', async () => {
    const trip = vi.fn(() => false);
    const { breaker } = await rig({ trip, halfOpen: { permits: 1 } });
    const permits = Array.from({ length: 50 }, () => breaker.admit());
    for (const [at, permit] of permits.entries()) permit.settle(at % 2 === 0 ? 'success' : 'failure');

    expect(breaker.counts()).toMatchObject({ total: 50, failed: 25, notPermitted: 0 });
    expect(trip).toHaveBeenCalledTimes(50);
  });

  test('open admits none until openMs has passed, and the first call at the deadline is a probe; autoHalfOpen is keyed.test', async () => {
    const { env, breaker } = await rig({ openMs: 1_000 });
    breaker.open(MANUAL);

    await env.advanceAsync(999);
    await expect(breaker.execute(() => 1)).rejects.toMatchObject({ state: 'open', retryAfterMs: 1 });
    await env.advanceAsync(1);
    expect(breaker.state).toBe('open');
    expect(await breaker.execute(() => 1)).toBe(1);
    expect(breaker.state).toBe('halfOpen');
  });
});

describe('how an inner result votes', () => {
  const counted = async (
    name: string,
    act: (start: Awaited<ReturnType<typeof rig>>) => Promise<unknown>,
  ): Promise<unknown> => {
    const start = await rig();
    await act(start);
    return start.runtime.breaker(name).counts().calls;
  };
  const SUCCESS = { success: 1, failure: 0, ignored: 0 };
  const FAILURE = { success: 0, failure: 1, ignored: 0 };
  const IGNORED = { success: 0, failure: 0, ignored: 1 };

  test.each<[string, object, (start: Awaited<ReturnType<typeof rig>>) => Promise<unknown>]>([
    ['value: success', SUCCESS, ({ runtime }) => runtime.pipeline('p', { breaker: {} }).execute(() => 1)],
    [
      'classified success: success',
      SUCCESS,
      ({ runtime }) => runtime.pipeline('p', { breaker: {}, classify: () => 'success' }).execute(failing),
    ],
    ['throw: failure', FAILURE, ({ runtime }) => runtime.pipeline('p', { breaker: {} }).execute(failing)],
    [
      'TIMEOUT: failure',
      FAILURE,
      async ({ runtime, env }) => {
        const answer = runtime.pipeline('p', { breaker: {}, timeoutMs: 10 }).execute(hanging);
        await Promise.all([answer.catch(() => {}), env.advanceAsync(10)]);
      },
    ],
    [
      'caller’s abort: ignored',
      IGNORED,
      async ({ runtime }) => {
        const controller = new AbortController();
        const gate = Promise.withResolvers<never>();
        const pipeline = runtime.pipeline('p', { breaker: {} });
        const answer = pipeline.execute(() => gate.promise, { signal: controller.signal }).catch(() => {});
        controller.abort();
        await answer;
        gate.reject(new Error('as the signal said'));
        await gate.promise.catch(() => {});
        await Promise.resolve();
      },
    ],
    [
      'BULKHEAD_FULL of an inner policy: ignored',
      { ...IGNORED, success: 1 },
      async ({ runtime }) => {
        const gate = Promise.withResolvers<number>();
        const pipeline = runtime.pipeline('p', { breaker: {}, bulkhead: { maxConcurrent: 1 } });
        const first = pipeline.execute(() => gate.promise);
        await pipeline.execute(() => 1).catch(() => {});
        gate.resolve(1);
        await first;
      },
    ],
    [
      'RATE_LIMITED of an inner policy: ignored',
      { ...IGNORED, success: 1 },
      async ({ runtime }) => {
        const inner = runtime.pipeline('inner', { rateLimit: { limit: 1 } });
        const outer = runtime.pipeline('p', { breaker: {} });
        for (let call = 0; call < 2; call++) await outer.execute(() => inner.execute(() => 1)).catch(() => {});
      },
    ],
    [
      'RATE_LIMITED inside a breaker alone: ignored',
      { ...IGNORED, success: 1 },
      async ({ runtime }) => {
        const inner = runtime.pipeline('inner', { rateLimit: { limit: 1 } });
        const outer = runtime.breaker('p');
        for (let call = 0; call < 2; call++) await outer.execute(() => inner.execute(() => 1)).catch(() => {});
      },
    ],
    [
      'BREAKER_OPEN of an inner breaker: failure, as any throw',
      FAILURE,
      ({ runtime }) => {
        runtime.breaker('inner').open(MANUAL);
        return runtime.pipeline('p', { breaker: {} }).execute(() => runtime.breaker('inner').execute(() => 1));
      },
    ],
    [
      'classifier says ignored: ignored',
      IGNORED,
      ({ runtime }) => runtime.pipeline('p', { breaker: {}, classify: () => 'ignored' }).execute(failing),
    ],
  ])('%s', async (_, votes, act) => {
    expect(await counted('p', (start) => act(start).catch(() => {}))).toEqual(votes);
  });

  test('a call that an inner limit turned away has failed all the same: its fallback is asked', async () => {
    const { runtime } = await rig();
    const inner = runtime.pipeline('inner', { rateLimit: { limit: 1 } });
    const outer = runtime.pipeline('outer', { breaker: {}, fallback: () => 'fallback' });
    const call = (): Promise<unknown> => outer.execute(() => inner.execute(() => 'answer'));

    expect([await call(), await call()]).toEqual(['answer', 'fallback']);
  });
});

describe('B4 defect 4: a permit is not lost', () => {
  const EXITS: Readonly<Record<string, (context: { readonly signal: AbortSignal }) => unknown>> = {
    'gives a value': () => 1,
    rejects: failing,
    'throws at once': () => {
      throw new Error('no');
    },
    'is ignored by the classifier': () => Promise.reject(new Error('ignore')),
    'makes the classifier throw': () => Promise.reject(new Error('throw')),
    'hangs until its timeout': hanging,
    'is turned away by an inner limit': () => Promise.reject(new HoldfastError('RATE_LIMITED', 'busy')),
  };

  test.each(Object.entries(EXITS))(
    'when a probe %s: afterwards all permits of the next epoch are free',
    async (_, fn) => {
      const env = createVirtualEnv({ seed: 1 });
      const runtime = await createRuntime({ env });
      const pipeline = runtime.pipeline('p', {
        breaker: { consecutiveFailures: 1, openMs: 1_000, halfOpen: { permits: 2 } },
        timeoutMs: 100,
        classify: (error) => {
          if ((error as Error).message === 'throw') throw new Error('bad classifier');
          return (error as Error).message === 'ignore' ? 'ignored' : 'failure';
        },
        fallback: () => {
          throw new Error('the fallback throws, too');
        },
      });
      const breaker = runtime.breaker('p');
      breaker.open(MANUAL);
      await env.advanceAsync(1_000);
      const answer = pipeline.execute(fn).catch(() => {});
      await env.advanceAsync(100);
      await answer;

      await env.advanceAsync(10_000);
      for (let probe = 0; probe < 2; probe++) await pipeline.execute(() => 1).catch(() => {});

      expect(breaker.state).toBe('closed');
    },
  );

  test('when a caller aborts: it is free as soon as the function has settled, exactly once', async () => {
    const { env, breaker } = await rig({ openMs: 1_000, halfOpen: { permits: 1 } });
    breaker.open(MANUAL);
    await env.advanceAsync(1_000);
    const controller = new AbortController();
    const gate = Promise.withResolvers<number>();
    const answer = breaker.execute(() => gate.promise, { signal: controller.signal }).catch((error: unknown) => error);
    controller.abort('left');

    expect(await answer).toBe('left');
    await expect(breaker.execute(() => 1)).rejects.toMatchObject({ code: 'BREAKER_OPEN', state: 'halfOpen' });
    gate.resolve(1);
    await env.advanceAsync(0);
    const permits = [1, 2].map(() => {
      try {
        return breaker.admit();
      } catch {
        return undefined;
      }
    });

    expect(permits.map((permit) => permit !== undefined)).toEqual([true, false]);
  });
});

describe('defects of others', () => {
  test('B13 defect 1: resetting in half-open leaves no timer that re-opens later', async () => {
    const { env, breaker, heard } = await rig({ openMs: 1_000, autoHalfOpen: true, halfOpen: { deadlineMs: 500 } });
    breaker.open(MANUAL);
    await env.advanceAsync(1_000);
    void breaker.execute(hanging);
    breaker.reset(MANUAL);
    const before = heard.length;

    await env.advanceAsync(3_600_000);

    expect(breaker.state).toBe('closed');
    expect(heard.length).toBe(before);
  });

  test('B13 a manual open clears the timers of the state it leaves', async () => {
    const { env, breaker } = await rig({ openMs: 1_000, autoHalfOpen: true });
    breaker.open(MANUAL);
    await env.advanceAsync(600);
    breaker.close(MANUAL);
    breaker.open(MANUAL);

    await env.advanceAsync(999);
    expect(breaker.state).toBe('open');
    await env.advanceAsync(1);
    expect(breaker.state).toBe('halfOpen');
  });

  test('defect 7: old failures do not count after an idle minute', async () => {
    const { env, breaker, fail } = await rig({ failureRate: 0.5, minimumCalls: 4, window: { ms: 10_000 } });
    for (let call = 0; call < 3; call++) await fail();
    await env.advanceAsync(60_000);

    await fail();

    expect(breaker.state).toBe('closed');
    expect(breaker.counts()).toMatchObject({ total: 1, failed: 1, failureRate: null });
  });

  test('defect 8: a hundred thousand failures are counted and measured one by one; sorting at each the test would not end', async () => {
    const { breaker } = await rig({ slowCallMs: 100, failureRate: 1, minimumCalls: 1_000_000 });
    for (let call = 0; call < 100_000; call++) breaker.admit().settle('failure');

    expect(breaker.counts()).toMatchObject({ calls: { failure: 100_000 } });
    expect(breaker.latencyMs(0.99)).toBe(0);
  });

  test.each([-3_600_000, 3_600_000])(
    'B8 defect 9: a wall clock stepping by %d ms changes no window and no opening',
    async (ms) => {
      const { env, breaker, fail } = await rig({ failureRate: 0.5, minimumCalls: 3, openMs: 1_000 });
      await fail();
      await fail();
      env.jumpWall(ms);
      expect(breaker.counts()).toMatchObject({ total: 2, failed: 2 });

      await fail();
      env.jumpWall(ms);

      await expect(breaker.execute(() => 1)).rejects.toMatchObject({ retryAfterMs: 1_000 });
    },
  );

  test('X4 defect 10: no health check and no timer survives shutdown', async () => {
    const { env, runtime, breaker } = await rig({ openMs: 1_000, autoHalfOpen: true });
    const check = vi.fn(() => 'healthy' as const);
    runtime.health.register('disk', check);
    breaker.open(MANUAL);
    await env.advanceAsync(1_000);
    const asked = check.mock.calls.length;

    await runtime.stop();
    await env.advanceAsync(60_000);

    expect(asked).toBe(1);
    expect(check).toHaveBeenCalledTimes(asked);
    expect(env.pendingTimers).toBe(0);
  });

  test('X3 defect 6: listeners, classifiers and rules that throw or reject hang no call and leave no unhandled rejection', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const { env, runtime, breaker } = await rig({
      consecutiveFailures: 2,
      classify: (() => Promise.reject(new Error('classify'))) as never,
      trip: (() => Promise.reject(new Error('trip'))) as never,
      openMs: (() => Promise.reject(new Error('openMs'))) as never,
    });
    breaker.on('transition', (() => Promise.reject(new Error('listener'))) as never);
    runtime.events.on('*', (() => Promise.reject(new Error('listener'))) as never);
    const own = new Error('own');

    for (let call = 0; call < 2; call++) await expect(breaker.execute(() => Promise.reject(own))).rejects.toBe(own);
    await env.advanceAsync(0);
    process.off('unhandledRejection', unhandled);

    expect(breaker.state).toBe('open');
    expect(unhandled).not.toHaveBeenCalled();
    expect(runtime.readings().runtime['self']!.callbackFailures).toBeGreaterThan(5);
  });
});

describe('vectors', () => {
  test('interval openings are capped after jitter: 60 s ± all of it is at most maxMs', async () => {
    const { env, breaker } = await rig({ openMs: { initialMs: 60_000, factor: 1, maxMs: 60_000, jitter: 1 } });
    const lengths: number[] = [];
    for (let opening = 0; opening < 200; opening++) {
      breaker.open(MANUAL);
      lengths.push(breaker.snapshot().remainingOpenMs);
      breaker.close(MANUAL);
      await env.advanceAsync(1);
    }

    expect(Math.max(...lengths)).toBe(60_000);
    expect(Math.min(...lengths)).toBeLessThan(10_000);
  });

  test.each([0, 1_025, 1.5, NaN])('window.calls is 1…1,024: %d is refused', async (calls) => {
    const { runtime } = await rig();

    expect(() => runtime.breaker('b', { window: { calls } })).toThrow('breaker "b".window.calls: expected');
  });

  test.each([1, 1_024])('window.calls is 1…1,024: %d is taken', async (calls) => {
    const { runtime } = await rig();

    expect(runtime.breaker('b', { window: { calls } }).state).toBe('closed');
  });

  test('maxOpenMs is 60,000 by default', async () => {
    const { breaker } = await rig({ consecutiveFailures: 1 });
    await breaker.execute(() => Promise.reject(Object.assign(new Error(), { retryAfterMs: 1e9 }))).catch(() => {});

    expect(breaker.snapshot().remainingOpenMs).toBe(60_000);
  });
});

describe('as laws', () => {
  const votes = fc.array(fc.constantFrom('success', 'failure', 'ignored'), { maxLength: 40 });

  test('B8 an open breaker lets a probe in from openMs of monotonic time on and not before, however the wall jumps', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 100_000 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 30_000 }), fc.integer({ min: -1e9, max: 1e9 })), { maxLength: 20 }),
        async (openMs, steps) => {
          const { env, breaker } = await rig({ openMs });
          breaker.open(MANUAL);
          for (const [ms, jump] of steps) {
            env.advance(ms);
            env.jumpWall(jump);
            if (breaker.state !== 'open') break;
            const isDue = env.now() >= openMs;
            await breaker.execute(() => 1).catch(() => {});
            expect(breaker.state).toBe(isDue ? 'halfOpen' : 'open');
          }
        },
      ),
      { numRuns: 100 },
    ));

  test('B9 ignored outcomes change neither counts nor state, wherever they stand between others', () =>
    fc.assert(
      fc.asyncProperty(votes, async (sequence) => {
        const options: BreakerOptions = {
          failureRate: 0.5,
          consecutiveFailures: 4,
          minimumCalls: 5,
          window: { calls: 10 },
        };
        const { breaker: all, runtime } = await rig(options);
        const without = runtime.breaker('without', options);
        for (const vote of sequence) {
          if (all.state !== 'closed') break;
          all.admit().settle(vote);
          if (vote !== 'ignored') without.admit().settle(vote);
          const { total, failed, consecutiveFailures, failureRate } = without.counts();
          expect(all.counts()).toMatchObject({ total, failed, consecutiveFailures, failureRate });
          expect(all.state).toBe(without.state);
        }
      }),
      { numRuns: 100 },
    ));

  test('B5 results of older epochs, success or failure, early or late, change neither state nor window', () =>
    fc.assert(
      fc.asyncProperty(votes, votes, fc.constantFrom(...BREAKER_STATES), async (early, late, state) => {
        const { breaker, bring } = await rig({ failureRate: 0.5, minimumCalls: 1_000, openMs: 1_000 });
        const permits = late.map(() => breaker.admit());
        for (const vote of early) breaker.admit().settle(vote);
        if (state === 'closed') breaker.open(MANUAL);
        bring[state]();
        if (state === 'closed') breaker.close(MANUAL);
        const before = { state: breaker.state, ...breaker.counts() };

        for (const [at, vote] of late.entries()) permits[at]!.settle(vote);

        expect({ state: breaker.state, ...breaker.counts() }).toEqual(before);
      }),
      { numRuns: 100 },
    ));

  test('B13 forcedOpen, disabled and metricsOnly survive any results, any time, and whoever calls', () =>
    fc.assert(
      fc.asyncProperty(
        votes,
        fc.constantFrom('forcedOpen', 'disabled', 'metricsOnly'),
        fc.array(fc.nat(100_000), { maxLength: 10 }),
        async (sequence, state, waits) => {
          const { env, breaker, bring } = await rig({ consecutiveFailures: 1, openMs: 10, autoHalfOpen: true });
          const early = sequence.map(() => breaker.admit());
          bring[state]();
          for (const [at, vote] of sequence.entries()) {
            early[at]!.settle(vote);
            if (state !== 'forcedOpen') breaker.admit().settle(vote);
            await env.advanceAsync(waits[at] ?? 0);
            expect(breaker.state).toBe(state);
          }
        },
      ),
      { numRuns: 100 },
    ));

  test('B7 with traffic and a healthy dependency it closes in bounded time, however seldom the calls come', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 60_000 }),
        async (permits, openMs, everyMs) => {
          const { env, breaker } = await rig({ openMs, halfOpen: { permits } });
          breaker.open(MANUAL);
          await env.advanceAsync(openMs);
          for (let call = 0; call < permits; call++) {
            await breaker.execute(() => 1);
            await env.advanceAsync(everyMs);
          }

          expect(breaker.state).toBe('closed');
        },
      ),
      { numRuns: 100 },
    ));
});

test('listeners and reads are never what moves a breaker: B6 fold(events) = state at every event', async () => {
  const { env, breaker, heard, fail } = await rig({ consecutiveFailures: 1, openMs: 100, halfOpen: { permits: 1 } });
  const states: unknown[] = [];
  breaker.on('transition', ({ to }) => states.push([to, breaker.state]));
  for (let round = 0; round < 3; round++) {
    await fail();
    await env.advanceAsync(100);
    await breaker.execute(() => 1);
  }

  expect(heard.map(({ from, to, epoch }) => `${epoch} ${from} → ${to}`)).toEqual([
    '2 closed → open',
    '3 open → halfOpen',
    '4 halfOpen → closed',
    '5 closed → open',
    '6 open → halfOpen',
    '7 halfOpen → closed',
    '8 closed → open',
    '9 open → halfOpen',
    '10 halfOpen → closed',
  ]);
  expect(states).toEqual(heard.map(({ to }) => [to, to]));
});
