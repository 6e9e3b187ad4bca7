/** Rows of the other policies' contract that are about how they stand together, and the invariants that are laws. */
import fc from 'fast-check';
import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { attemptsOf, createRuntime, type HoldfastEvent, type PipelineOptions } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

const CONSTANT = { backoff: 'constant', initialMs: 100, budget: false } as const;
const failing = (): Promise<never> => Promise.reject(new Error('no'));
const hanging = (): Promise<never> => new Promise(() => {});

async function rig(options: PipelineOptions<unknown>) {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ env });
  const pipeline = runtime.pipeline('p', options);
  /** Make a call and let a minute pass. */
  const settle = async (fn: () => unknown): Promise<unknown> => {
    const answer = pipeline.execute(fn).catch((error: unknown) => error);
    await env.advanceAsync(60_000);
    return answer;
  };
  return { env, runtime, pipeline, settle };
}

describe('order: fallback → retry → rateLimit → breaker → bulkhead → timeout → fn', () => {
  test('fallback is outside retry: asked once, after the last attempt', async () => {
    const fallback = vi.fn(() => 'fallback');
    const { settle } = await rig({ fallback, retry: CONSTANT });
    const fn = vi.fn(failing);

    expect(await settle(fn)).toBe('fallback');
    expect([fn.mock.calls.length, fallback.mock.calls.length]).toEqual([3, 1]);
  });

  test('retry is outside rateLimit: each attempt takes its own leave', async () => {
    const { settle } = await rig({ retry: CONSTANT, rateLimit: { limit: 2, perMs: 3_600_000 } });
    const fn = vi.fn(failing);

    expect(await settle(fn)).toMatchObject({ code: 'RATE_LIMITED' });
    expect(fn).toHaveBeenCalledTimes(2);
  });

  test('rateLimit is outside the breaker: a call it turns away is none of the breaker’s', async () => {
    const { runtime, settle } = await rig({ rateLimit: { limit: 1, perMs: 3_600_000 }, breaker: {} });
    await settle(() => 1);

    expect(await settle(() => 1)).toMatchObject({ code: 'RATE_LIMITED' });
    expect(runtime.breaker('p').counts()).toMatchObject({
      calls: { success: 1, failure: 0, ignored: 0 },
      notPermitted: 0,
    });
  });

  test('the breaker is outside the bulkhead: while it is open nobody takes a place', async () => {
    const { runtime, settle } = await rig({ breaker: {}, bulkhead: { maxConcurrent: 1 } });
    runtime.breaker('p').forceOpen({ by: 'ops', reason: 'test' });

    expect(await settle(hanging)).toMatchObject({ code: 'BREAKER_OPEN' });
    runtime.breaker('p').close({ by: 'ops', reason: 'test' });
    expect(await settle(() => 1)).toBe(1);
  });

  test('the bulkhead is outside the timeout: waiting for a place is not the attempt’s time', async () => {
    const { env, pipeline } = await rig({ bulkhead: { maxConcurrent: 1, maxQueued: 1 }, timeoutMs: 100 });
    const wait = (ms: number) => (): Promise<number> =>
      new Promise((resolve) => env.setTimer(() => resolve(ms), ms, true));
    const answers = Promise.all([pipeline.execute(wait(90)), pipeline.execute(wait(90))]);
    await env.advanceAsync(180);

    expect(await answers).toEqual([90, 90]);
  });

  test('T9 totalTimeoutMs bounds the whole and timeoutMs one attempt: a child’s deadline never exceeds its parent’s', async () => {
    const { env, pipeline } = await rig({ totalTimeoutMs: 100, timeoutMs: 500, retry: CONSTANT });
    const answer = pipeline.execute(hanging).catch((error: unknown) => [env.now(), (error as Error).message]);
    await env.advanceAsync(1_000);

    expect(await answer).toEqual([100, '"p": expected a result within 100 ms, received none']);
  });
});

describe('retry', () => {
  test.each([
    ['attempts', { ...CONSTANT, maxAttempts: 2 }, 2],
    ['budget', { ...CONSTANT, maxAttempts: 9, budget: { ratio: 0.2, burst: 1 } }, 2],
  ] as const)(
    'on exhaustion of its %s what happened is in the event, and in attemptsOf(error)',
    async (usedUp, retry, attempts) => {
      const { runtime, settle } = await rig({ retry });
      const heard: HoldfastEvent[] = [];
      runtime.events.on('retry.exhausted', (event) => heard.push(event));

      const error = await settle(() => Promise.reject(new RangeError('secret')));

      expect(heard).toMatchObject([{ type: 'retry.exhausted', pipeline: 'p', attempts, usedUp, error: 'RangeError' }]);
      expect(attemptsOf(error)).toBe(attempts);
    },
  );

  test('an error that is not retried at all exhausts nothing', async () => {
    const { runtime, settle } = await rig({ retry: { ...CONSTANT, retryIf: () => false } });
    const heard = vi.fn();
    runtime.events.on('retry.exhausted', heard);

    await settle(failing);

    expect(heard).not.toHaveBeenCalled();
  });

  test('R6 nested, the attempts are at most the product of what each may make', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }), async (levels) => {
        const env = createVirtualEnv({ seed: 1 });
        const runtime = await createRuntime({ env });
        const fn = vi.fn(failing);
        const nested = levels.reduce<() => Promise<unknown>>((inner, maxAttempts, level) => {
          const pipeline = runtime.pipeline(`level ${level}`, { retry: { ...CONSTANT, maxAttempts } });
          return () => pipeline.execute(inner);
        }, fn);
        const answer = nested().catch(() => {});
        await env.advanceAsync(60_000);
        await answer;

        expect(fn).toHaveBeenCalledTimes(levels.reduce((product, attempts) => product * attempts, 1));
      }),
      { numRuns: 40 },
    ));

  test('R1 all attempts and waits together end by totalTimeoutMs', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2_000 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat(400), { minLength: 20, maxLength: 20 }),
        async (totalTimeoutMs, maxAttempts, delays) => {
          const { env, pipeline } = await rig({ totalTimeoutMs, retry: { maxAttempts, budget: false } });
          const fn = vi.fn(
            ({ attempt }: { readonly attempt: number }) =>
              new Promise((_, reject) => env.setTimer(() => reject(new Error('no')), delays[attempt - 1]!, true)),
          );
          let endedAt = Infinity;
          void pipeline.execute(fn).catch(() => (endedAt = env.now()));
          await env.advanceAsync(totalTimeoutMs);

          expect(endedAt).toBeLessThanOrEqual(totalTimeoutMs);
          expect(fn.mock.calls.length).toBeLessThanOrEqual(maxAttempts);
        },
      ),
      { numRuns: 100 },
    ));
});

describe('timeout', () => {
  test('the signal is made only if the function asks for it', async () => {
    const made = vi.spyOn(globalThis, 'AbortController');
    const { settle, pipeline } = await rig({ breaker: {}, timeoutMs: 100, retry: CONSTANT });
    made.mockClear();

    await settle(() => 1);
    await settle(failing);
    expect(made).not.toHaveBeenCalled();
    await pipeline.execute(({ signal }) => signal.aborted);

    expect(made).toHaveBeenCalledTimes(1);
    made.mockRestore();
  });

  test.each([2 ** 31, Infinity, NaN, -1, 0])(
    'a delay of %d ms never reaches a timer: it is refused at construction',
    async (ms) => {
      const { runtime, env } = await rig({});
      const timers = env.pendingTimers;

      for (const options of [{ timeoutMs: ms }, { totalTimeoutMs: ms }])
        expect(() => runtime.pipeline('bad', options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
      expect(env.pendingTimers).toBe(timers);
    },
  );

  test('exactly one listener on the caller’s signal, whatever the policies and attempts, removed on settle', async () => {
    const { env, pipeline } = await rig({
      retry: CONSTANT,
      breaker: {},
      bulkhead: { maxConcurrent: 1 },
      timeoutMs: 50,
      totalTimeoutMs: 10_000,
      fallback: () => 'fallback',
    });
    const { signal } = new AbortController();
    const seen: number[] = [];
    const answer = pipeline.execute(
      ({ attempt }) => {
        seen.push(getEventListeners(signal, 'abort').length);
        return attempt === 1 ? hanging() : failing();
      },
      { signal },
    );
    await env.advanceAsync(1_000);

    expect(await answer).toBe('fallback');
    expect(seen).toEqual([1]); // the function that hangs keeps the only place, so the other attempts do not come in
    expect(getEventListeners(signal, 'abort').length).toBe(0);
  });
});

describe('fallback', () => {
  test('each level gets the error and the context, and is reported as a fallback, not as success', async () => {
    const given: unknown[] = [];
    const error = new Error('upstream');
    const { pipeline } = await rig({
      fallback: [
        (failure, { tenant, pipeline: name }) => {
          given.push([failure, tenant, name]);
          throw new Error('level 1');
        },
        (failure, { tenant }) => {
          given.push([failure, tenant]);
          return 'level 2';
        },
      ],
    });

    expect(await pipeline.execute(() => Promise.reject(error), { tenant: 'acme' })).toBe('level 2');
    expect(given).toEqual([
      [error, 'acme', 'p'],
      [error, 'acme'],
    ]);
    expect(pipeline.reading().outcomes).toMatchObject({ success: 0, failure: 0, fallback: 1 });
  });
});

describe('X2 value and rejection identity', () => {
  const configurations: readonly PipelineOptions<unknown>[] = [
    {},
    { breaker: {} },
    { timeoutMs: 1_000 },
    { retry: { ...CONSTANT, initialMs: 0 }, totalTimeoutMs: 1_000 },
    { bulkhead: { maxConcurrent: 1 }, rateLimit: { limit: 1_000 } },
  ];
  const anything = fc.oneof(
    fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true, withTypedArray: true }),
    fc.constantFrom(undefined, null, NaN, -0, Symbol('s'), Object.freeze({ a: 1 }), Object.freeze([])),
  );

  test('the caller gets === what fn returned, and === what fn threw, whatever that is', () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(...configurations), anything, async (options, value) => {
        const { env, pipeline } = await rig(options);
        const thrown: unknown[] = [];
        const throws = (): never => {
          throw value;
        };

        const returned = await pipeline.execute(async () => value);
        for (const fn of [throws, () => Promise.reject(value)])
          void pipeline.execute(fn).catch((error: unknown) => thrown.push(error));
        await env.advanceAsync(1_000);

        expect(Object.is(returned, value)).toBe(true);
        expect(thrown.length).toBe(2);
        expect(thrown.every((error) => Object.is(error, value))).toBe(true);
      }),
      { numRuns: 300 },
    ));
});
