/** A call's way through breaker, timeout and fallback. */
import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { OUTCOMES } from '../../src/core/outcome.ts';
import { parseOptions } from '../../src/core/schema.ts';
import { pipelineOptions } from '../../src/policies/options.ts';
import { pending, type PipelineRig, pipelineRig } from '../support/pipeline-rig.ts';

const outcomes = (rig: PipelineRig): Record<string, number> =>
  Object.fromEntries(Object.entries(rig.pipeline.reading().outcomes).filter(([, count]) => count > 0));

const REVOKED = (() => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
})();

describe('X2 the caller gets the very thing', () => {
  const values = [undefined, null, 0, '', Symbol('s'), Object.freeze({ a: 1 }), new Error('a value')];

  test.each([{ breaker: {} }, { breaker: {}, timeoutMs: 100 }, {}])('that fn returned, with %j', async (options) => {
    const rig = pipelineRig(options);
    for (const value of values) {
      expect(await rig.pipeline.execute(() => value)).toBe(value);
      expect(await rig.pipeline.execute(async () => value)).toBe(value);
    }
    expect(outcomes(rig)).toEqual({ success: values.length * 2 });
  });

  test.each([{ breaker: {} }, { breaker: {}, timeoutMs: 100 }, {}])('that fn threw, with %j', async (options) => {
    const rig = pipelineRig({ ...options, ...('breaker' in options && { breaker: { minimumCalls: 1_000 } }) });
    for (const thrown of [...values, REVOKED]) {
      const caught: unknown[] = [];
      await rig.pipeline.execute(() => Promise.reject(thrown)).catch((error: unknown) => caught.push(error));
      const throws = (): never => {
        throw thrown;
      };
      await rig.pipeline.execute(throws).catch((error: unknown) => caught.push(error));
      expect(caught[0] === thrown && caught[1] === thrown).toBe(true);
    }
    expect(outcomes(rig)).toEqual({ failure: (values.length + 1) * 2 });
  });

  test('a thenable is awaited, also one that resolves twice or throws from then', async () => {
    const { pipeline } = pipelineRig({ timeoutMs: 100 });
    // oxlint-disable-next-line unicorn/no-thenable -- the hostile value is the test
    const twice = { then: (resolve: (v: number) => void) => (resolve(1), resolve(2)) };
    const broken = {
      // oxlint-disable-next-line unicorn/no-thenable -- the hostile value is the test
      get then(): never {
        throw new Error('then');
      },
    };

    expect(await pipeline.execute(() => twice as never)).toBe(1);
    await expect(pipeline.execute(() => broken)).rejects.toThrow('then');
  });
});

describe('timeout', () => {
  test('T4 releases the caller at the deadline and never before it', async () => {
    const rig = pipelineRig({ timeoutMs: 100 });
    const seen: string[] = [];
    const call = rig.pipeline.execute(() => new Promise(() => {})).catch((error) => seen.push(error.code));

    await rig.env.advanceAsync(99);
    expect(seen).toEqual([]);
    await rig.env.advanceAsync(1);
    await call;

    expect(seen).toEqual(['TIMEOUT']);
    expect(outcomes(rig)).toEqual({ timeout: 1 });
  });

  test('counts as a failure of the breaker, and its late result as nothing', async () => {
    const rig = pipelineRig({ breaker: { consecutiveFailures: 1 }, timeoutMs: 100 });
    const late = pending<string>();
    const rejected = rig.pipeline.execute(() => late.promise).catch((error: unknown) => error);

    await rig.env.advanceAsync(100);
    expect(await rejected).toMatchObject({ code: 'TIMEOUT', component: 'payments' });
    late.resolve('too late');
    await rig.env.advanceAsync(0);

    expect(rig.slot.state).toBe('open');
    expect(rig.pipeline.reading()).toMatchObject({ late: 1, inFlight: 0 });
  });

  test('T8 a late rejection is swallowed and counted', async () => {
    const rig = pipelineRig({ timeoutMs: 100 });
    const late = pending<never>();
    const rejected = rig.pipeline.execute(() => late.promise).catch((error: unknown) => error);

    await rig.env.advanceAsync(100);
    expect(await rejected).toMatchObject({ code: 'TIMEOUT' });
    late.reject(new Error('late'));
    await rig.env.advanceAsync(0);

    expect(rig.pipeline.reading().late).toBe(1);
  });

  test('T5 a result that was there before the verdict wins, however late the timer fires', async () => {
    const rig = pipelineRig({ timeoutMs: 100 });
    const answer = pending<string>();
    const call = rig.pipeline.execute(() => answer.promise);

    rig.env.setTimer(() => answer.resolve('in time'), 100, false);
    await rig.env.advanceAsync(100);

    expect(await call).toBe('in time');
  });

  test('the signal is aborted with the error the caller gets; one that is read afterwards is aborted too', async () => {
    const rig = pipelineRig({ timeoutMs: 100 });
    let early: AbortSignal | undefined;
    let context: { readonly signal: AbortSignal } | undefined;
    const first = rig.pipeline.execute(({ signal }) => ((early = signal), new Promise(() => {})));
    const second = rig.pipeline.execute((given) => ((context = given), new Promise(() => {})));
    const errors = Promise.allSettled([first, second]);

    await rig.env.advanceAsync(100);
    const [a, b] = (await errors) as PromiseRejectedResult[];

    expect(early!.reason).toBe(a!.reason);
    expect(context!.signal.aborted).toBe(true);
    expect(context!.signal.reason).toBe(b!.reason);
  });

  test('T3 no timer is left once the calls have settled, and the process may end', async () => {
    const rig = pipelineRig({ timeoutMs: 100 });
    await Promise.all([rig.pipeline.execute(() => 1), rig.pipeline.execute(async () => 2)]);

    rig.env.turn();

    expect(rig.env.pendingTimers).toBe(0);
    expect(rig.env.keepsAlive).toBe(false);
  });
});

describe("the caller's abort", () => {
  test('T6 defect 12: a parent’s abort releases the caller at once, with its very reason, and is no timeout', async () => {
    const rig = pipelineRig({ breaker: { consecutiveFailures: 1 }, timeoutMs: 100 });
    const controller = new AbortController();
    const reason = { why: 'left' };
    const call = rig.pipeline.execute(() => new Promise(() => {}), { signal: controller.signal });

    controller.abort(reason);

    await expect(call).rejects.toBe(reason);
    expect(outcomes(rig)).toEqual({ aborted: 1 });
    expect(rig.slot.state).toBe('closed');
  });

  test('T7 a signal that is already aborted: fn is not called', async () => {
    const rig = pipelineRig({ breaker: {}, timeoutMs: 100 });
    const fn = vi.fn();

    await expect(rig.pipeline.execute(fn, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone');

    expect(fn).not.toHaveBeenCalled();
    expect(outcomes(rig)).toEqual({ aborted: 1 });
  });

  test('T2 one listener on the caller’s signal while it runs, none after it settled, in every way', async () => {
    const rig = pipelineRig({ breaker: { minimumCalls: 1_000 }, timeoutMs: 100 });
    const { signal } = new AbortController();
    const listeners = (): number => getEventListeners(signal, 'abort').length;
    const failing = Promise.reject.bind(Promise, new Error('no'));

    const slow = pending<number>();
    const call = rig.pipeline.execute(() => slow.promise, { signal });
    expect(listeners()).toBe(1);
    slow.resolve(1);
    await call;
    await rig.pipeline.execute(failing, { signal }).catch(() => {});
    const late = rig.pipeline.execute(() => new Promise(() => {}), { signal }).catch(() => {});
    await rig.env.advanceAsync(100);
    await late;

    expect(listeners()).toBe(0);
  });

  test('B4 caller’s abort: a probe whose caller left gives its permit back when it settles', async () => {
    const rig = pipelineRig({ breaker: { consecutiveFailures: 1, openMs: 1_000, halfOpen: { permits: 1 } } });
    rig.play('F');
    await rig.env.advanceAsync(1_000);
    const controller = new AbortController();
    const slow = pending<number>();
    const call = rig.pipeline.execute(() => slow.promise, { signal: controller.signal });

    controller.abort('left');
    await expect(call).rejects.toBe('left');
    expect(rig.admits()).toBe(false);
    slow.resolve(1);
    await rig.env.advanceAsync(0);

    expect(rig.slot.state).toBe('halfOpen');
    expect(rig.admits()).toBe(true);
  });

  test('reaches the caller also while its fallback hangs', async () => {
    const rig = pipelineRig({ fallback: () => new Promise(() => {}) });
    const controller = new AbortController();
    const call = rig.pipeline.execute(() => Promise.reject(new Error('no')), { signal: controller.signal });
    await rig.env.advanceAsync(0);

    controller.abort('left');

    await expect(call).rejects.toBe('left');
    expect(outcomes(rig)).toEqual({ aborted: 1 });
  });
});

describe('fallback', () => {
  const failing = (): Promise<never> => Promise.reject(new Error('upstream'));

  test('replaces a failure, a timeout and a rejection, and is reported as such', async () => {
    const rig = pipelineRig({
      breaker: { consecutiveFailures: 2, openMs: 1_000 },
      timeoutMs: 100,
      fallback: (error) => (error as { code?: string; message: string }).code ?? (error as Error).message,
    });

    expect(await rig.pipeline.execute(failing)).toBe('upstream');
    const slow = rig.pipeline.execute(() => new Promise(() => {}));
    await rig.env.advanceAsync(100);
    expect(await slow).toBe('TIMEOUT');
    expect(await rig.pipeline.execute(failing)).toBe('BREAKER_OPEN');

    expect(outcomes(rig)).toEqual({ fallback: 3 });
    expect(rig.pipeline.reading().rejections).toEqual({ BREAKER_OPEN: 1 });
  });

  test('an ignored error reaches the caller untouched: it is an answer, not a failure', async () => {
    const error = new Error('404');
    const rig = pipelineRig({ fallback: () => 'never', vote: () => 'ignored' });

    await expect(rig.pipeline.execute(() => Promise.reject(error))).rejects.toBe(error);
    expect(outcomes(rig)).toEqual({ ignored: 1 });
  });

  test('G8 runs once; when it fails too the error carries both causes', async () => {
    const first = new Error('upstream');
    const second = new Error('fallback');
    const fallback = vi.fn(() => {
      throw second;
    });
    const rig = pipelineRig({ fallback });

    const error = await rig.pipeline.execute(() => Promise.reject(first)).catch((caught: unknown) => caught);

    expect(error).toMatchObject({ code: 'FALLBACK_FAILED', cause: { errors: [first, second] } });
    expect(fallback).toHaveBeenCalledTimes(1);
    expect(outcomes(rig)).toEqual({ failure: 1 });
  });
});

test('a fallback for some of its calls leaves the others as they are, and all are counted together', async () => {
  const failing = (): Promise<never> => Promise.reject(new Error('upstream'));
  const { pipeline, slot } = pipelineRig({ breaker: {} });
  const answered = pipeline.answeredBy([() => failing(), () => 'fallback']);

  expect(await answered.execute(failing)).toBe('fallback');
  await expect(pipeline.execute(failing)).rejects.toThrow();

  expect(slot.counts().calls.failure).toBe(2);
  expect(pipeline.reading()).toMatchObject({ calls: 2, outcomes: { fallback: 1, failure: 1 } });
  expect(answered.reading()).toEqual(pipeline.reading());
});

describe('a chain of fallbacks', () => {
  const failing = (): Promise<never> => Promise.reject(new Error('upstream'));

  test('is asked level by level, each once and with the error of the call, until one answers', async () => {
    const first = vi.fn(() => Promise.reject(new Error('cache is empty')));
    const second = vi.fn((error: unknown) => `second, after ${(error as Error).message}`);
    const third = vi.fn();
    const rig = pipelineRig({ fallback: [first, second, third] });

    expect(await rig.pipeline.execute(failing)).toBe('second, after upstream');
    expect([first, second, third].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 0]);
    expect(outcomes(rig)).toEqual({ fallback: 1 });
  });

  test('is asked no further when nobody waits any more', async () => {
    const controller = new AbortController();
    const last = vi.fn(() => 'last');
    const leaving = pipelineRig({ fallback: [() => (controller.abort('left'), failing()), last] });
    const hanging = Promise.withResolvers<never>();
    const overdue = pipelineRig({ totalTimeoutMs: 100, fallback: [() => hanging.promise, last] });

    await expect(leaving.pipeline.execute(failing, { signal: controller.signal })).rejects.toBe('left');
    const late = overdue.pipeline.execute(failing).catch((error: { code: string }) => error.code);
    await overdue.env.advanceAsync(100);
    hanging.reject(new Error('late'));
    await overdue.env.advanceAsync(0);

    expect(await late).toBe('TIMEOUT');
    expect(last).not.toHaveBeenCalled();
  });

  test.each([[[]], [Array.from({ length: 17 }, () => failing)], ['none']])('%#: is 1 to 16 functions', (fallback) => {
    expect(() => parseOptions(pipelineOptions, { fallback }, 'p')).toThrow(
      'p.fallback: expected a function (error, context) => value, or an array of 1 to 16 of them, received',
    );
  });

  test('that fails wholly carries every cause, in order', async () => {
    const levels = ['a', 'b'].map((name) => () => {
      throw new Error(name);
    });
    const rig = pipelineRig({ fallback: levels });

    const error = await rig.pipeline.execute(failing).catch((caught: unknown) => caught);

    expect((error as { cause: AggregateError }).cause.errors.map(({ message }: Error) => message)).toEqual([
      'upstream',
      'a',
      'b',
    ]);
    expect(outcomes(rig)).toEqual({ failure: 1 });
  });

  test('may use the signal: after a timeout it is not aborted', async () => {
    const rig = pipelineRig({ timeoutMs: 50, fallback: (_, { signal }) => signal.aborted });
    const answer = rig.pipeline.execute(() => new Promise(() => {}));
    await rig.env.advanceAsync(50);

    expect(await answer).toBe(false);
  });
});

describe('rejection', () => {
  test('an error without a captured stack, with code BREAKER_OPEN, breaker, state and retryAfterMs', async () => {
    const rig = pipelineRig({ breaker: { consecutiveFailures: 1, openMs: 1_000 } });
    rig.play('F');

    const error = await rig.pipeline.execute(() => 1).catch((caught: Error) => caught);

    expect(error).toMatchObject({ code: 'BREAKER_OPEN', breaker: 'payments', state: 'open', retryAfterMs: 1_000 });
    expect((error as Error).stack).not.toContain('\n    at ');
    expect(outcomes(rig)).toEqual({ rejected: 1 });
  });

  test('B1 fn is never called while open', async () => {
    const rig = pipelineRig({ breaker: { consecutiveFailures: 1, openMs: 1_000 } });
    rig.play('F');
    const fn = vi.fn();

    await rig.pipeline.execute(fn).catch(() => {});

    expect(fn).not.toHaveBeenCalled();
  });
});

test('X1 every call ends in exactly one outcome, and none is in flight afterwards', async () => {
  const rig = pipelineRig({
    breaker: { consecutiveFailures: 3, openMs: 50 },
    timeoutMs: 100,
    vote: (error) => ((error as Error).message === 'ignore' ? 'ignored' : 'failure'),
  });
  const kinds = ['ok', 'fail', 'ignore', 'hang', 'abort'] as const;
  const calls: Promise<unknown>[] = [];
  for (let i = 0; i < 500; i++) {
    const kind = kinds[Math.floor(rig.env.random() * kinds.length)]!;
    const controller = new AbortController();
    const run = (): unknown =>
      kind === 'ok' ? 1 : kind === 'hang' || kind === 'abort' ? new Promise(() => {}) : Promise.reject(new Error(kind));
    calls.push(rig.pipeline.execute(run, { signal: controller.signal }).catch(() => {}));
    if (kind === 'abort') controller.abort();
    if (i % 10 === 0) await rig.env.advanceAsync(Math.floor(rig.env.random() * 60));
  }

  await rig.env.advanceAsync(1_000);
  await Promise.all(calls);

  const { outcomes: counted, inFlight, calls: begun } = rig.pipeline.reading();
  expect(begun).toBe(500);
  expect(inFlight).toBe(0);
  expect(OUTCOMES.reduce((sum, outcome) => sum + counted[outcome], 0)).toBe(500);
  expect(counted.timeout * counted.aborted * counted.rejected * counted.failure * counted.ignored).toBeGreaterThan(0);
});

test.each([
  [null, 'a function'],
  ['fetch', 'a function'],
])('execute(%j) says what it expected and counts no call', async (fn, expected) => {
  const rig = pipelineRig({ breaker: {} });

  await expect(rig.pipeline.execute(fn as never)).rejects.toMatchObject({
    code: 'INVALID_OPTIONS',
    message: expect.stringContaining(`expected ${expected}`),
  });
  expect(rig.pipeline.reading().calls).toBe(0);
});

test('a signal that is none is an error that names the option', async () => {
  const { pipeline } = pipelineRig({});

  for (const signal of [5, null, { aborted: false, addEventListener() {} }])
    await expect(pipeline.execute(() => 1, { signal: signal as never })).rejects.toThrow(
      '"payments" execute options.signal: expected an AbortSignal, received',
    );
});

test('wrap keeps arguments and this', async () => {
  const { pipeline } = pipelineRig({ breaker: {} });
  const account = {
    rate: 2,
    convert: pipeline.wrap(function (this: { rate: number }, amount: number) {
      return amount * this.rate;
    }),
  };

  expect(await account.convert(21)).toBe(42);
});
