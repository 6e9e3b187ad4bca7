/** A pipeline in the user's own order: what each place means. That the default order is the fused frame is a law. */
import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import { createRuntime, type PipelineLayer } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';
import { layeredRig } from '../support/layered-rig.ts';
import type { PipelineRig } from '../support/pipeline-rig.ts';

const CONSTANT = { backoff: 'constant', initialMs: 100, budget: false } as const;
const failing = (): Promise<never> => Promise.reject(new Error('upstream'));
const hanging = (): Promise<never> => new Promise(() => {});
const codeOf = (error: { code: string }): string => error.code;

const outcomes = (rig: PipelineRig): Record<string, number> =>
  Object.fromEntries(Object.entries(rig.pipeline.reading().outcomes).filter(([, count]) => count > 0));

/** Fails so often, then succeeds. */
function flaky(failures: number) {
  return vi.fn(({ attempt }: { readonly attempt: number }) =>
    attempt <= failures ? Promise.reject(new Error(`attempt ${attempt}`)) : Promise.resolve(`attempt ${attempt}`),
  );
}

describe('an order of one’s own', () => {
  test('fallback inside retry: the first failure is answered, and nothing is tried again', async () => {
    const rig = layeredRig([{ retry: CONSTANT }, { fallback: () => 'fallback' }]);
    const fn = flaky(1);

    expect(await rig.pipeline.execute(fn)).toBe('fallback');
    expect(fn).toHaveBeenCalledTimes(1);
    expect(outcomes(rig)).toEqual({ fallback: 1 });
  });

  test('fallback inside retry: a fallback that fails is tried again with the rest', async () => {
    const fallback = vi.fn(({ message }: Error) => (message === 'attempt 1' ? failing() : 'fallback'));
    const rig = layeredRig([{ retry: CONSTANT }, { fallback: (error) => fallback(error as Error) }]);
    const answer = rig.pipeline.execute(flaky(2));

    await rig.env.advanceAsync(100);

    expect(await answer).toBe('fallback');
    expect(outcomes(rig)).toEqual({ fallback: 1 });
  });

  test('breaker outside retry: one vote a call, whatever its attempts did', async () => {
    const rig = layeredRig([{ breaker: { consecutiveFailures: 2 } }, { retry: CONSTANT }]);
    const answer = rig.pipeline.execute(flaky(2));
    await rig.env.advanceAsync(200);

    expect(await answer).toBe('attempt 3');
    expect(rig.slot.counts().calls).toEqual({ success: 1, failure: 0, ignored: 0 });
    expect(rig.slot.state).toBe('closed');
  });

  test('B1 breaker outside retry: an attempt is not made when the breaker opened during the wait', async () => {
    const rig = layeredRig([{ breaker: { consecutiveFailures: 1 } }, { retry: CONSTANT }]);
    const fn = flaky(1);
    const answer = rig.pipeline.execute(fn).catch(codeOf);
    rig.play('F');
    await rig.env.advanceAsync(100);

    expect(await answer).toBe('BREAKER_OPEN');
    expect(fn).toHaveBeenCalledTimes(1);
    expect(outcomes(rig)).toEqual({ rejected: 1 });
    expect(rig.pipeline.reading().rejections).toEqual({ BREAKER_OPEN: 1 });
  });

  test('breaker outside fallback: it sees an answer, not the failure behind it', async () => {
    const rig = layeredRig([{ breaker: { consecutiveFailures: 1 } }, { fallback: () => 'fallback' }]);

    expect(await rig.pipeline.execute(failing)).toBe('fallback');
    expect(rig.slot.counts().calls).toEqual({ success: 1, failure: 0, ignored: 0 });
  });

  test('timeout outside retry: it bounds all attempts, and a wait that would pass it is not begun', async () => {
    const rig = layeredRig([{ timeoutMs: 150 }, { timeoutMs: 1_000 }, { retry: CONSTANT }]);
    const answer = rig.pipeline.execute(flaky(9)).catch((error: Error) => error.message);

    await rig.env.advanceAsync(100);

    expect(await answer).toBe('attempt 2');
    expect(outcomes(rig)).toEqual({ failure: 1 });
  });

  test('timeout outside the breaker: when its time is up, a function that runs has failed', async () => {
    const rig = layeredRig([{ timeoutMs: 50 }, { breaker: { consecutiveFailures: 1 } }]);
    const answer = rig.pipeline.execute(hanging).catch(codeOf);
    await rig.env.advanceAsync(50);

    expect(await answer).toBe('TIMEOUT');
    expect(rig.slot.state).toBe('open');
  });

  test('timeout outside the bulkhead: it bounds the wait for a place, which is no failure', async () => {
    const rig = layeredRig([{ timeoutMs: 50 }, { breaker: {} }, { bulkhead: { maxConcurrent: 1, maxQueued: 1 } }]);
    void rig.pipeline.execute(hanging).catch(() => {});
    await rig.env.advanceAsync(20);
    const fn = vi.fn();
    const second = rig.pipeline.execute(fn).catch(codeOf);
    await rig.env.advanceAsync(50);

    expect(await second).toBe('TIMEOUT');
    expect(fn).not.toHaveBeenCalled();
    expect(rig.slot.counts().calls).toEqual({ success: 0, failure: 1, ignored: 1 });
    expect(rig.bulkhead!.reading()).toMatchObject({ active: 1, queued: 0 });
  });

  test('bulkhead outside breaker: who is turned away by the breaker had a place, and leaves it', async () => {
    const rig = layeredRig([{ bulkhead: { maxConcurrent: 1 } }, { breaker: { consecutiveFailures: 1 } }]);
    rig.play('F');

    for (let call = 0; call < 3; call++) expect(await rig.pipeline.execute(failing).catch(codeOf)).toBe('BREAKER_OPEN');
    expect(rig.bulkhead!.reading()).toMatchObject({ active: 0, rejected: 0 });
  });

  test('bulkhead outside retry: a call keeps its place while it waits for another attempt', async () => {
    const rig = layeredRig([{ bulkhead: { maxConcurrent: 1 } }, { retry: CONSTANT }]);
    const first = rig.pipeline.execute(flaky(1));
    await rig.env.advanceAsync(50);

    expect(await rig.pipeline.execute(flaky(0)).catch(codeOf)).toBe('BULKHEAD_FULL');
    await rig.env.advanceAsync(50);
    expect(await first).toBe('attempt 2');
    expect(await rig.pipeline.execute(flaky(0))).toBe('attempt 1');
  });

  test('bulkhead outside retry: each attempt is lent a resource, and has given it back before the next', async () => {
    const create = vi.fn(() => ({}));
    const rig = layeredRig([{ bulkhead: { maxConcurrent: 1, pool: { create } } }, { retry: CONSTANT }]);
    const seen: unknown[] = [];
    const answer = rig.pipeline.execute(({ resource, attempt }) => {
      seen.push(resource);
      return attempt < 3 ? failing() : 'third';
    });
    await rig.env.advanceAsync(200);

    expect(await answer).toBe('third');
    expect(create).toHaveBeenCalledTimes(1);
    expect(new Set(seen).size).toBe(1);
  });

  test('bulkhead outside retry: an attempt that still runs keeps its resource, and the next is lent another', async () => {
    let made = 0;
    const pool = { create: () => ++made, overflow: 1 };
    const rig = layeredRig([{ bulkhead: { maxConcurrent: 1, pool } }, { retry: CONSTANT }, { timeoutMs: 50 }]);
    const late = Promise.withResolvers<string>();
    const answer = rig.pipeline.execute(({ attempt, resource }) => (attempt === 1 ? late.promise : resource));
    await rig.env.advanceAsync(150);

    expect(await answer).toBe(2);
    expect(rig.bulkhead!.reading().active).toBe(1);
    late.resolve('late');
    await rig.env.advanceAsync(0);
    expect(rig.bulkhead!.reading().active).toBe(0);
  });

  test('bulkhead outside retry: when a place is taken back, every resource in it is destroyed', async () => {
    let made = 0;
    const destroy = vi.fn();
    const pool = { create: () => ++made, destroy, overflow: 1 };
    const bulkhead = { maxConcurrent: 1, abandonAfterMs: 100, pool };
    const rig = layeredRig([{ bulkhead }, { retry: { ...CONSTANT, maxAttempts: 2 } }, { timeoutMs: 50 }]);
    const answer = rig.pipeline.execute(hanging).catch(codeOf);
    await rig.env.advanceAsync(299);

    expect(await answer).toBe('TIMEOUT');
    expect(destroy).not.toHaveBeenCalled();
    await rig.env.advanceAsync(1);

    expect(destroy.mock.calls).toEqual([[1], [2]]);
    expect(rig.bulkhead!.reading()).toMatchObject({ active: 0, zombies: 1 });
  });

  test('rate limit outside retry: it counts calls, not attempts', async () => {
    const rig = layeredRig([{ rateLimit: { limit: 1 } }, { retry: CONSTANT }]);
    const first = rig.pipeline.execute(flaky(2));
    expect(await rig.pipeline.execute(flaky(0)).catch(codeOf)).toBe('RATE_LIMITED');
    await rig.env.advanceAsync(200);

    expect(await first).toBe('attempt 3');
  });

  test.each([
    ['BULKHEAD_FULL', { bulkhead: { maxConcurrent: 1 } }],
    ['RATE_LIMITED', { rateLimit: { limit: 1 } }],
  ] as const)('B9 %s of a policy inside counts for nothing at a breaker outside', async (code, layer) => {
    const rig = layeredRig([{ breaker: { consecutiveFailures: 1 } }, layer]);
    void rig.pipeline.execute(hanging);

    expect(await rig.pipeline.execute(hanging).catch(codeOf)).toBe(code);
    expect(rig.slot.counts().calls).toEqual({ success: 0, failure: 0, ignored: 1 });
  });
});

describe('totalTimeoutMs', () => {
  test('is one clock for the call, also where a retry outside comes there again', async () => {
    const rig = layeredRig([{ retry: CONSTANT }, { totalTimeoutMs: 150 }]);
    const fn = vi.fn(({ attempt }: { readonly attempt: number }) => (attempt === 1 ? failing() : hanging()));
    const answer = rig.pipeline.execute(fn).catch(codeOf);
    await rig.env.advanceAsync(150);

    expect(await answer).toBe('TIMEOUT');
    expect(fn).toHaveBeenCalledTimes(2);
    expect(outcomes(rig)).toEqual({ timeout: 1 });
  });

  test('lets a fallback outside answer it, and bounds the work of one that answers for a failure', async () => {
    const fallback = (error: unknown): unknown =>
      (error as { code?: string }).code === 'TIMEOUT' ? 'late' : hanging();
    const rig = layeredRig([{ fallback }, { totalTimeoutMs: 100 }]);
    const [slow, failed] = [rig.pipeline.execute(hanging), rig.pipeline.execute(failing).catch(codeOf)];
    await rig.env.advanceAsync(100);

    expect(await slow).toBe('late');
    expect(await failed).toBe('TIMEOUT');
    expect(outcomes(rig)).toEqual({ fallback: 1, timeout: 1 });
  });
});

describe('the same policy twice', () => {
  test('two timeouts: the nearer one ends the attempt, the other the whole', async () => {
    const rig = layeredRig([{ timeoutMs: 250 }, { retry: CONSTANT }, { timeoutMs: 100 }]);
    const fn = vi.fn(hanging);
    const answer = rig.pipeline.execute(fn).catch((error: Error) => error.message);
    await rig.env.advanceAsync(250);

    expect(await answer).toBe('"payments": expected a result within 250 ms, received none');
    expect(fn).toHaveBeenCalledTimes(2);
    expect(outcomes(rig)).toEqual({ timeout: 1 });
  });

  test('two fallbacks: the outer one answers when the inner one cannot', async () => {
    const inner = vi.fn(failing);
    const rig = layeredRig([{ fallback: (error) => codeOf(error as { code: string }) }, { fallback: inner }]);

    expect(await rig.pipeline.execute(failing)).toBe('FALLBACK_FAILED');
    expect(inner).toHaveBeenCalledTimes(1);
    expect(outcomes(rig)).toEqual({ fallback: 1 });
  });

  test('two bulkheads: a place in each, and both are left', async () => {
    const rig = layeredRig([{ bulkhead: { maxConcurrent: 2 } }, { bulkhead: { maxConcurrent: 1 } }]);
    const gate = Promise.withResolvers<string>();
    const first = rig.pipeline.execute(() => gate.promise);

    expect(await rig.pipeline.execute(hanging).catch(codeOf)).toBe('BULKHEAD_FULL');
    expect(rig.bulkheads.map((each) => each.reading().active)).toEqual([1, 1]);
    gate.resolve('one');
    expect(await first).toBe('one');
    expect(rig.bulkheads.map((each) => each.reading().active)).toEqual([0, 0]);
  });

  test('two retries: their attempts multiply, and the inner one’s are what the function sees', async () => {
    const twice = { ...CONSTANT, maxAttempts: 2 };
    const rig = layeredRig([{ retry: twice }, { retry: twice }]);
    const seen: number[] = [];
    const answer = rig.pipeline
      .execute(({ attempt }) => {
        seen.push(attempt);
        return failing();
      })
      .catch((error: Error) => error.message);
    await rig.env.advanceAsync(300);

    expect(await answer).toBe('upstream');
    expect(seen).toEqual([1, 2, 1, 2]);
    expect(outcomes(rig)).toEqual({ failure: 1 });
  });
});

describe('the context', () => {
  test('says what each layer around knows', async () => {
    const pool = { create: () => 'a connection' };
    const rig = layeredRig([{ retry: CONSTANT }, { bulkhead: { maxConcurrent: 1, pool } }, { timeoutMs: 50 }]);
    const seen: unknown[] = [];
    const answer = rig.pipeline.execute(
      ({ attempt, tenant, pipeline, resource, signal }) => {
        seen.push({ attempt, tenant, pipeline, resource, isAborted: signal.aborted });
        return attempt === 1 ? failing() : 'second';
      },
      { tenant: 'acme' },
    );
    await rig.env.advanceAsync(100);
    await answer;

    const same = { tenant: 'acme', pipeline: 'payments', resource: 'a connection', isAborted: false };
    expect(seen).toEqual([
      { attempt: 1, ...same },
      { attempt: 2, ...same },
    ]);
  });

  test.each([
    ['the nearer timeout', [{ timeoutMs: 100 }, { timeoutMs: 50 }]],
    ['the further timeout', [{ timeoutMs: 50 }, { timeoutMs: 100 }]],
    ['the total timeout', [{ totalTimeoutMs: 50 }, { timeoutMs: 100 }]],
  ] as const)('has a signal that %s aborts, with the error the caller gets', async (_, layers) => {
    const rig = layeredRig(layers);
    const signals: AbortSignal[] = [];
    const answer = rig.pipeline
      .execute(({ signal }) => (signals.push(signal), hanging()))
      .catch((error: unknown) => error);
    await rig.env.advanceAsync(50);

    expect(signals[0]!.reason).toBe(await answer);
  });

  test('has a signal that the caller’s abort aborts through all layers, and a fallback’s too', async () => {
    const controller = new AbortController();
    const signals: AbortSignal[] = [];
    const take = ({ signal: own }: { readonly signal: AbortSignal }): Promise<never> => (signals.push(own), hanging());
    const rig = layeredRig([{ fallback: (_, context) => take(context) }, { breaker: {} }, { timeoutMs: 100 }]);
    const calls = [take, failing].map((fn) => rig.pipeline.execute(fn, { signal: controller.signal }));
    const settled = Promise.allSettled(calls);
    await rig.env.advanceAsync(10);

    controller.abort('left');

    expect(await settled).toEqual(calls.map(() => ({ status: 'rejected', reason: 'left' })));
    expect(signals.map(({ reason }) => reason as unknown)).toEqual(['left', 'left']);
    expect(outcomes(rig)).toEqual({ aborted: 2 });
  });

  test('a caller who leaves in the turn of its rejection has left: no fallback is asked', async () => {
    const fallback = vi.fn();
    const rig = layeredRig([{ fallback }, { breaker: { consecutiveFailures: 1 } }]);
    rig.play('F');
    const controller = new AbortController();
    const answer = rig.pipeline.execute(failing, { signal: controller.signal });
    controller.abort('left');

    await expect(answer).rejects.toBe('left');
    await rig.env.advanceAsync(0);
    expect(fallback).not.toHaveBeenCalled();
    expect(outcomes(rig)).toEqual({ aborted: 1 });
  });
});

describe('runtime.pipeline(name, [ … ])', () => {
  const env = createVirtualEnv({ seed: 1 });

  test('has the breaker of its name, and shows its calls like any other', async () => {
    await using runtime = await createRuntime({ env });
    const pipeline = runtime.pipeline('stock', [{ retry: {} }, { breaker: { consecutiveFailures: 1 } }]);

    await expect(pipeline.execute(failing, { idempotent: false })).rejects.toThrow('upstream');

    expect(runtime.breaker('stock').state).toBe('open');
    expect(runtime.readings().pipelines['stock']!.outcomes.failure).toBe(1);
  });

  test('keeps tenants apart behind a keyed breaker', async () => {
    await using runtime = await createRuntime({ env });
    const pipeline = runtime.pipeline('stock', [{ breaker: { consecutiveFailures: 1, keyed: true } }]);
    await expect(pipeline.execute(failing, { tenant: 'a' })).rejects.toThrow('upstream');

    expect(await pipeline.execute(() => 1, { tenant: 'a' }).catch(codeOf)).toBe('BREAKER_OPEN');
    expect(await pipeline.execute(() => 1, { tenant: 'b' })).toBe(1);
  });

  test('asks its classifier, wherever that stands; one that throws counts as failure', async () => {
    await using runtime = await createRuntime({ env });
    const classify = (error: unknown): 'ignored' => {
      if ((error as Error).message === 'upstream') return 'ignored';
      throw error;
    };
    const pipeline = runtime.pipeline('stock', [{ classify }, { fallback: () => 'fallback' }]);

    await expect(pipeline.execute(failing)).rejects.toThrow('upstream');
    expect(await pipeline.execute(() => Promise.reject(new Error('other')))).toBe('fallback');
    expect(pipeline.reading().outcomes).toMatchObject({ ignored: 1, fallback: 1 });
  });

  test('wraps nothing with no policies', async () => {
    await using runtime = await createRuntime({ env });
    const value = {};

    expect(await runtime.pipeline('bare', []).execute(() => value)).toBe(value);
  });

  test('takes no call after stop; calls under way go on to their own end; pools are emptied', async () => {
    const destroy = vi.fn();
    const runtime = await createRuntime({ env });
    const bulkhead = { maxConcurrent: 2, pool: { create: () => 'kept', destroy } };
    const pipeline = runtime.pipeline('stock', [{ bulkhead }, { bulkhead }, { timeoutMs: 100 }]);
    const lent = ({ resource }: { readonly resource: unknown }): unknown => resource;
    expect(await Promise.all([pipeline.execute(lent), pipeline.execute(lent)])).toEqual(['kept', 'kept']);
    const under = pipeline.execute(hanging).catch(codeOf);
    await env.advanceAsync(0);

    const stopped = runtime.stop();
    await env.advanceAsync(200);
    await stopped;

    expect(await under).toBe('TIMEOUT');
    expect(destroy).toHaveBeenCalledTimes(1);
    expect(await pipeline.execute(hanging).catch(codeOf)).toBe('STOPPED');
    expect(() => runtime.pipeline('late', [])).toThrow(expect.objectContaining({ code: 'STOPPED' }) as Error);
  });

  test.each<[string, unknown, string]>([
    ['a policy that is none', [{ timeoutMS: 1 }], 'pipeline "p".0: has no key "timeoutMS"; did you mean "timeoutMs"?'],
    [
      'two policies in one element',
      [{ retry: {} }, { retry: {}, timeoutMs: 1 }],
      'pipeline "p".1: expected exactly one policy: one of breaker, retry, rateLimit, bulkhead, totalTimeoutMs, timeoutMs, fallback, meter, classify, received an object',
    ],
    ['none in one', [{}], 'pipeline "p".0: expected exactly one policy'],
    ['a policy that is undefined', [{ retry: undefined }], 'pipeline "p".0: expected exactly one policy'],
    ['no object', [null], 'pipeline "p".0: expected an object of options, received null'],
    ['a bad option', [{ retry: {} }, { timeoutMs: NaN }], 'pipeline "p".1.timeoutMs: expected milliseconds'],
    ['too many', Array.from({ length: 33 }, () => ({ timeoutMs: 1 })), 'pipeline "p": expected at most 32 policies'],
    [
      'a second breaker',
      [{ breaker: {} }, { retry: {} }, { breaker: {} }],
      'pipeline "p".2: expected no second breaker: the breaker has the name of the pipeline; another one is runtime.breaker(…) inside the function, received an object',
    ],
    [
      'a second total timeout',
      [{ totalTimeoutMs: 1 }, { totalTimeoutMs: 2 }],
      'pipeline "p".1: expected no second total',
    ],
    ['a second classifier', [{ classify: failing }, { classify: failing }], 'pipeline "p".1: expected no second class'],
  ])('X5 refuses %s', async (_, layers, message) => {
    await using runtime = await createRuntime({ env });

    const make = (): unknown => runtime.pipeline('p', layers as never);

    expect(make).toThrow(message);
    expect(make).toThrow(TypeError);
    expect(runtime.readings().pipelines).toEqual({});
  });

  test('is one thing under one name: the same array again, no other order, no other form', async () => {
    await using runtime = await createRuntime({ env });
    const pipeline = runtime.pipeline('p', [{ timeoutMs: 10 }, { retry: {} }]);

    expect(runtime.pipeline('p', [{ timeoutMs: 10 }, { retry: {} }])).toBe(pipeline);
    expect(runtime.pipeline('p')).toBe(pipeline);
    expect(() => runtime.pipeline('p', [{ timeoutMs: 20 }, { retry: {} }])).toThrow(
      'pipeline "p".0.timeoutMs: expected 10 as it was created with, received 20',
    );
    expect(() => runtime.pipeline('p', [{ retry: {} }, { timeoutMs: 10 }])).toThrow('pipeline "p".0.timeoutMs');
    expect(() => runtime.pipeline('p', { timeoutMs: 10, retry: {} })).toThrow(
      'pipeline "p": expected an array of 2 as it was created with, received an object',
    );
    runtime.pipeline('q', { timeoutMs: 10 });
    expect(() => runtime.pipeline('q', [{ timeoutMs: 10 }])).toThrow(
      'pipeline "q": expected an object as it was created with, received an array of 1',
    );
  });

  test('X5 a breaker of the same name with other options is a conflict, and nothing is half made', async () => {
    await using runtime = await createRuntime({ env });
    runtime.breaker('p', { consecutiveFailures: 1 });

    expect(() => runtime.pipeline('p', [{ bulkhead: { maxConcurrent: 1 } }, { breaker: {} }])).toThrow(
      'breaker "p".consecutiveFailures',
    );
    expect(runtime.readings().pipelines).toEqual({});
  });
});

test('types: the fallback’s value is the call’s, through the array; an element is one policy', async () => {
  await using runtime = await createRuntime({ env: createVirtualEnv({ seed: 1 }) });
  const pipeline = runtime.pipeline('p', [{ retry: {} }, { fallback: () => 'text' }]);
  const bare = runtime.pipeline('q', [{ timeoutMs: 10 }]);

  expectTypeOf(pipeline.execute(() => 1)).toEqualTypeOf<Promise<number | string>>();
  expectTypeOf(bare.execute(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf<{ retry: {}; timeoutMs: number }>().not.toExtend<PipelineLayer>();
  expectTypeOf<{}>().not.toExtend<PipelineLayer>();
  expectTypeOf<{ timeoutMs: number }>().toExtend<PipelineLayer>();
});
