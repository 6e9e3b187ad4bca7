/** Retry, rate limit and the total timeout on their way through a pipeline. */
import { describe, expect, test, vi } from 'vitest';
import { OUTCOMES } from '../../src/core/outcome.ts';
import { attemptsOf } from '../../src/policies/retry/attempts.ts';
import { type PipelineRig, pipelineRig } from '../support/pipeline-rig.ts';

const CONSTANT = { backoff: 'constant', initialMs: 100 } as const;

const outcomes = (rig: PipelineRig): Record<string, number> =>
  Object.fromEntries(Object.entries(rig.pipeline.reading().outcomes).filter(([, count]) => count > 0));

/** Fails so often, then succeeds. */
function flaky(failures: number) {
  return vi.fn(({ attempt }: { readonly attempt: number }) =>
    attempt <= failures ? Promise.reject(new Error(`attempt ${attempt}`)) : Promise.resolve(`attempt ${attempt}`),
  );
}

describe('retry', () => {
  test('tries again after the delay, with a context that knows which attempt it is', async () => {
    const rig = pipelineRig({ retry: CONSTANT });
    const fn = flaky(2);
    const answer = rig.pipeline.execute(fn);

    await rig.env.advanceAsync(99);
    expect(fn).toHaveBeenCalledTimes(1);
    await rig.env.advanceAsync(101);

    expect(await answer).toBe('attempt 3');
    expect(outcomes(rig)).toEqual({ success: 1 });
  });

  test('R1 makes no more attempts than it may, and rethrows the last error untouched', async () => {
    const rig = pipelineRig({ retry: { ...CONSTANT, maxAttempts: 3 } });
    const fn = flaky(9);
    const error = rig.pipeline.execute(fn).catch((caught: unknown) => caught);

    await rig.env.advanceAsync(10_000);

    expect(await error).toEqual(new Error('attempt 3'));
    expect(attemptsOf(await error)).toBe(3);
    expect(fn).toHaveBeenCalledTimes(3);
    expect(outcomes(rig)).toEqual({ failure: 1 });
  });

  test('X2 the last thrown value is rethrown untouched: it may be frozen or a primitive', async () => {
    for (const thrown of [Object.freeze(new Error('frozen')), 'a string', undefined]) {
      const rig = pipelineRig({ retry: CONSTANT });
      const caught: unknown[] = [];
      void rig.pipeline.execute(() => Promise.reject(thrown)).catch((error: unknown) => caught.push(error));
      await rig.env.advanceAsync(10_000);

      expect(caught).toEqual([thrown]);
    }
  });

  test('each attempt votes: the breaker opens in the middle of a retry, and the rest is rejected without a call', async () => {
    const rig = pipelineRig({
      retry: { ...CONSTANT, maxAttempts: 9, budget: false },
      breaker: { consecutiveFailures: 2 },
    });
    const fn = flaky(9);
    const error = rig.pipeline.execute(fn).catch((caught: { code: string }) => caught.code);

    await rig.env.advanceAsync(10_000);

    expect(await error).toBe('BREAKER_OPEN');
    expect(fn).toHaveBeenCalledTimes(2);
    expect(outcomes(rig)).toEqual({ rejected: 1 });
  });

  test('an attempt that timed out is retried, and its late result does not count', async () => {
    const rig = pipelineRig({ retry: CONSTANT, timeoutMs: 50, breaker: {} });
    const late = Promise.withResolvers<string>();
    const answer = rig.pipeline.execute(({ attempt }) => (attempt === 1 ? late.promise : 'second'));

    await rig.env.advanceAsync(150);
    late.resolve('first, too late');
    await rig.env.advanceAsync(0);

    expect(await answer).toBe('second');
    expect(rig.pipeline.reading()).toMatchObject({ late: 1, inFlight: 0, outcomes: { success: 1 } });
    expect(rig.slot.counts().calls).toEqual({ success: 1, failure: 1, ignored: 0 });
  });

  test('defect 13: each attempt has a signal of its own, and the first timeout does not poison the second', async () => {
    const rig = pipelineRig({ retry: CONSTANT, timeoutMs: 50 });
    const signals: AbortSignal[] = [];
    const answer = rig.pipeline.execute(({ attempt, signal }) => {
      signals.push(signal);
      return attempt === 1 ? new Promise(() => {}) : 'second';
    });

    await rig.env.advanceAsync(150);
    await answer;

    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  test('R4 defect 11: an abort during backoff rejects at once with the caller’s reason, and makes no further attempt', async () => {
    const rig = pipelineRig({ retry: CONSTANT });
    const fn = flaky(9);
    const controller = new AbortController();
    const answer = rig.pipeline.execute(fn, { signal: controller.signal });
    await rig.env.advanceAsync(50);

    controller.abort('left');
    await expect(answer).rejects.toBe('left');
    await rig.env.advanceAsync(10_000);

    expect(fn).toHaveBeenCalledTimes(1);
    expect(rig.env.pendingTimers).toBe(0);
    expect(outcomes(rig)).toEqual({ aborted: 1 });
  });

  test('R4 a caller who leaves from inside retryIf, or its backoff, makes no further attempt', async () => {
    for (const option of ['retryIf', 'backoff'] as const) {
      const controller = new AbortController();
      const leave = (): never => (controller.abort('left'), (option === 'retryIf' ? true : 100) as never);
      const rig = pipelineRig({ retry: { ...CONSTANT, [option]: leave } });
      const fn = flaky(1);
      const answer = rig.pipeline.execute(fn, { signal: controller.signal }).catch((reason: unknown) => reason);

      await rig.env.advanceAsync(1_000);

      expect(await answer).toBe('left');
      expect(fn).toHaveBeenCalledTimes(1);
      expect(outcomes(rig)).toEqual({ aborted: 1 });
    }
  });

  test('R4 a call that must not be made twice is not', async () => {
    const rig = pipelineRig({ retry: CONSTANT });
    const fn = flaky(1);

    await expect(rig.pipeline.execute(fn, { idempotent: false })).rejects.toThrow('attempt 1');
    expect(fn).toHaveBeenCalledTimes(1);
  });

  test('an ignored error is not retried', async () => {
    const rig = pipelineRig({ retry: CONSTANT, vote: () => 'ignored' });
    const fn = flaky(1);

    await expect(rig.pipeline.execute(fn)).rejects.toThrow('attempt 1');
    expect(fn).toHaveBeenCalledTimes(1);
  });

  test('Retry-After is waited for', async () => {
    const rig = pipelineRig({ retry: CONSTANT });
    const fn = vi.fn(({ attempt }: { attempt: number }) =>
      attempt === 1 ? Promise.reject(Object.assign(new Error('busy'), { retryAfterMs: 700 })) : Promise.resolve('ok'),
    );
    const answer = rig.pipeline.execute(fn);

    await rig.env.advanceAsync(699);
    expect(fn).toHaveBeenCalledTimes(1);
    await rig.env.advanceAsync(1);

    expect(await answer).toBe('ok');
  });

  test('R2 the budget bounds the retries of many calls', async () => {
    const rig = pipelineRig({ retry: { ...CONSTANT, maxAttempts: 2, budget: { ratio: 0.2, burst: 3 } } });
    const fn = vi.fn(() => Promise.reject(new Error('down')));
    const calls = Array.from({ length: 100 }, () => rig.pipeline.execute(fn).catch(() => {}));

    await rig.env.advanceAsync(10_000);
    await Promise.all(calls);

    expect(fn.mock.calls.length).toBeLessThanOrEqual(100 + 100 * 0.2 + 3);
    expect(fn.mock.calls.length).toBeGreaterThan(100);
  });

  test('the fallback is asked once, after the last attempt', async () => {
    const fallback = vi.fn(() => 'fallback');
    const rig = pipelineRig({ retry: CONSTANT, fallback });
    const answer = rig.pipeline.execute(flaky(9));

    await rig.env.advanceAsync(10_000);

    expect(await answer).toBe('fallback');
    expect(fallback).toHaveBeenCalledTimes(1);
    expect(outcomes(rig)).toEqual({ fallback: 1 });
  });
});

describe('totalTimeoutMs', () => {
  test('bounds all attempts together, in the middle of one', async () => {
    const rig = pipelineRig({ totalTimeoutMs: 250, retry: CONSTANT, timeoutMs: 100, breaker: {} });
    const answer = rig.pipeline.execute(() => new Promise(() => {})).catch((error: unknown) => error);

    await rig.env.advanceAsync(249);
    expect(rig.pipeline.reading().inFlight).toBe(1);
    await rig.env.advanceAsync(1);

    expect(await answer).toMatchObject({
      code: 'TIMEOUT',
      message: '"payments": expected a result within 250 ms, received none',
    });
    expect(outcomes(rig)).toEqual({ timeout: 1 });
    expect(rig.slot.counts().calls.failure).toBe(2);
  });

  test('a wait that would pass it is not begun: the caller has its error at once', async () => {
    const rig = pipelineRig({ totalTimeoutMs: 250, retry: { ...CONSTANT, initialMs: 300 } });

    const error = await rig.pipeline.execute(flaky(9)).catch((caught: unknown) => caught);

    expect(error).toEqual(new Error('attempt 1'));
    expect(attemptsOf(error)).toBe(1);
    expect(rig.env.now()).toBe(0);
  });

  test('T3 nothing is left of it when the call has ended', async () => {
    const rig = pipelineRig({ totalTimeoutMs: 250 });
    await rig.pipeline.execute(() => 1);

    rig.env.turn();

    expect(rig.env.pendingTimers).toBe(0);
  });

  test('it bounds the fallback that was running, too', async () => {
    const rig = pipelineRig({ totalTimeoutMs: 250, fallback: () => new Promise(() => {}) });
    const answer = rig.pipeline
      .execute(() => Promise.reject(new Error('no')))
      .catch((error: { code: string }) => error.code);

    await rig.env.advanceAsync(250);

    expect(await answer).toBe('TIMEOUT');
    expect(outcomes(rig)).toEqual({ timeout: 1 });
  });
});

describe('rate limit', () => {
  test('calls beyond it are rejected at once, with when to come back, and do not reach the breaker', async () => {
    const rig = pipelineRig({ rateLimit: { limit: 2, perMs: 1_000 }, breaker: {} });
    const calls = Array.from({ length: 3 }, () => rig.pipeline.execute(() => 1).catch((error: unknown) => error));

    expect(await Promise.all(calls)).toMatchObject([1, 1, { code: 'RATE_LIMITED', retryAfterMs: 500 }]);
    expect(outcomes(rig)).toEqual({ success: 2, rejected: 1 });
    expect(rig.pipeline.reading().rejections).toEqual({ RATE_LIMITED: 1 });
    expect(rig.slot.counts().notPermitted).toBe(0);
  });

  test('a retry around it does the waiting', async () => {
    const rig = pipelineRig({ rateLimit: { limit: 1, perMs: 1_000 }, retry: CONSTANT });
    await rig.pipeline.execute(() => 1);
    const second = rig.pipeline.execute(() => 2);

    await rig.env.advanceAsync(1_000);

    expect(await second).toBe(2);
  });
});

test('X1 with everything on, every call ends in exactly one outcome, and no timer is left', async () => {
  const rig = pipelineRig({
    retry: { backoff: 'fullJitter', initialMs: 20, maxAttempts: 3 },
    rateLimit: { limit: 40, perMs: 100 },
    breaker: { consecutiveFailures: 8, openMs: 50 },
    timeoutMs: 30,
    totalTimeoutMs: 120,
    vote: (error) => ((error as Error).message === 'ignore' ? 'ignored' : 'failure'),
    fallback: (error) => {
      if ((error as Error).message === 'fail') throw new Error('no fallback');
      return 'fallback';
    },
  });
  const kinds = ['ok', 'fail', 'ignore', 'hang', 'abort', 'slow'] as const;
  const calls: Promise<unknown>[] = [];
  for (let index = 0; index < 600; index++) {
    const kind = kinds[Math.floor(rig.env.random() * kinds.length)]!;
    const controller = new AbortController();
    const run = (): unknown => {
      if (kind === 'ok') return 1;
      if (kind === 'slow') return new Promise((resolve) => rig.env.setTimer(() => resolve(1), 40, true));
      return kind === 'hang' || kind === 'abort' ? new Promise(() => {}) : Promise.reject(new Error(kind));
    };
    calls.push(rig.pipeline.execute(run, { signal: controller.signal }).catch(() => {}));
    if (kind === 'abort') rig.env.setTimer(() => controller.abort(), rig.env.random() * 60, true);
    if (index % 5 === 0) await rig.env.advanceAsync(Math.floor(rig.env.random() * 30));
  }

  await rig.env.advanceAsync(2_000);
  await Promise.all(calls);

  const { outcomes: counted, inFlight } = rig.pipeline.reading();
  expect(inFlight).toBe(0);
  expect(OUTCOMES.reduce((sum, outcome) => sum + counted[outcome], 0)).toBe(600);
  expect(counted.success * counted.fallback * counted.aborted * counted.ignored * counted.failure).toBeGreaterThan(0);
  expect(rig.env.pendingTimers).toBe(0);
});
