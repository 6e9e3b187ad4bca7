/** Functions of the application that throw, reject, answer rubbish or call back in: the call settles once, and it is told. */
import { describe, expect, test, vi } from 'vitest';
import { createRuntime, type PipelineOptions } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

const MANUAL = { by: 'ops', reason: 'test' };
const OWN = new Error('own');
const PROBED = { openMs: 100, halfOpen: { permits: 2 } };
const failing = (): Promise<never> => Promise.reject(OWN);

async function rig(options: PipelineOptions<unknown> = {}) {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ env });
  const failures: string[] = [];
  runtime.events.on('callback.failed', ({ callback }) => failures.push(callback));
  return { env, runtime, failures, pipeline: runtime.pipeline('p', options) };
}

const BAD: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('bad');
  },
  rejects: () => Promise.reject(new Error('bad')),
  'answers rubbish': () => 'rubbish',
};

describe.each(Object.entries(BAD))('one that %s', (_, bad) => {
  const fn = bad as never;

  test.each<[string, PipelineOptions<unknown>, string]>([
    ['classifier', { breaker: {}, classify: fn }, 'pipeline "p" classify'],
    ['predicate', { retry: { retryIf: fn } }, 'pipeline "p" retryIf'],
    ['delay function', { retry: { backoff: fn, maxAttempts: 2 } }, 'pipeline "p" backoff'],
    ['length of an opening', { breaker: { consecutiveFailures: 1, openMs: fn } }, 'breaker "p" openMs'],
    ['trip rule', { breaker: { trip: fn } }, 'breaker "p" trip'],
  ])(
    'as a %s is isolated and counted, and the call settles exactly once, with its own error',
    async (_, options, told) => {
      const { env, runtime, failures, pipeline } = await rig(options);
      const settled = vi.fn();

      void pipeline.execute(failing).then(settled, settled);
      await env.advanceAsync(60_000);

      expect(settled.mock.calls).toEqual([[OWN]]);
      expect(failures).toEqual([told]);
      expect(runtime.readings().runtime['self']!.callbackFailures).toBe(1);
      expect(pipeline.reading()).toMatchObject({ calls: 1, inFlight: 0 });
    },
  );

  test('as a listener is isolated, and the others still hear', async () => {
    const { runtime, pipeline } = await rig({ breaker: { consecutiveFailures: 1 } });
    const heard = vi.fn();
    runtime.breaker('p').on('transition', fn);
    runtime.events.on('breaker.transitioned', fn);
    runtime.events.on('breaker.transitioned', heard);

    await expect(pipeline.execute(failing)).rejects.toBe(OWN);

    expect(heard).toHaveBeenCalledTimes(1);
  });
});

test('a fallback that throws is told to the caller, with both causes, and counts as the failure it was', async () => {
  const own = new Error('fallback');
  const { failures, pipeline } = await rig({ fallback: () => Promise.reject(own) });

  await expect(pipeline.execute(failing)).rejects.toMatchObject({
    code: 'FALLBACK_FAILED',
    cause: { errors: [OWN, own] },
  });
  expect(failures).toEqual([]);
  expect(pipeline.reading().outcomes).toMatchObject({ failure: 1, fallback: 0 });
});

describe('calling back in', () => {
  test('a listener may call through the breaker that tells it: the call finds the state it hears of', async () => {
    const { runtime, pipeline } = await rig({ breaker: { consecutiveFailures: 1 } });
    const answers: Promise<unknown>[] = [];
    runtime.breaker('p').on('transition', ({ to }) => {
      if (to === 'open') answers.push(pipeline.execute(() => 1).catch((error: unknown) => error));
    });

    await pipeline.execute(failing).catch(() => {});

    expect(await Promise.all(answers)).toMatchObject([{ code: 'BREAKER_OPEN', state: 'open' }]);
    expect(pipeline.reading()).toMatchObject({ calls: 2, inFlight: 0, outcomes: { failure: 1, rejected: 1 } });
  });

  test('a listener that resets at each opening and calls again does not recurse, and every event is in order', async () => {
    const { env, runtime, pipeline } = await rig({ breaker: { consecutiveFailures: 1 } });
    const breaker = runtime.breaker('p');
    const epochs: number[] = [];
    let rounds = 0;
    runtime.events.on('breaker.transitioned', ({ to, epoch }) => {
      epochs.push(epoch);
      if (to !== 'open' || ++rounds === 5_000) return;
      breaker.reset(MANUAL);
      breaker.admit().settle('failure');
    });

    await pipeline.execute(failing).catch(() => {});
    while (rounds < 5_000) await env.advanceAsync(0); // a storm of events goes on a turn later

    expect(epochs).toEqual(Array.from({ length: 9_999 }, (_, at) => at + 2));
    expect(breaker.state).toBe('open');
  });

  test('a fallback may call the very pipeline it stands in, and reset its breaker', async () => {
    const { runtime } = await rig();
    const inner: PipelineOptions<unknown> = { breaker: { consecutiveFailures: 1 }, fallback: (error) => error };
    const again = runtime.pipeline('again', inner);
    const outer = runtime.pipeline('outer', {
      fallback: async (): Promise<unknown> => {
        runtime.breaker('again').reset(MANUAL);
        return again.execute(() => 'after the reset');
      },
    });
    await again.execute(failing);
    expect(runtime.breaker('again').state).toBe('open');

    expect(await outer.execute(failing)).toBe('after the reset');
  });

  test.each([
    ['the options', { breaker: PROBED, timeoutMs: 50 }],
    ['an array', [{ breaker: PROBED }, { timeoutMs: 50 }]],
  ])('B4 a listener may have the very caller leave that is let in as a probe: with %s', async (_, options) => {
    const { env, runtime } = await rig();
    const pipeline = runtime.pipeline('probed', options);
    const breaker = runtime.breaker('probed');
    const controller = new AbortController();
    breaker.open(MANUAL);
    await env.advanceAsync(100);
    breaker.on('transition', () => controller.abort('left'));
    const fn = vi.fn(() => new Promise(() => {}));

    await expect(pipeline.execute(fn, { signal: controller.signal })).rejects.toBe('left');
    await env.advanceAsync(1_000);

    expect(fn).not.toHaveBeenCalled();
    expect(breaker.state).toBe('halfOpen');
    expect(breaker.counts().calls).toEqual({ success: 0, failure: 0, ignored: 1 });
    for (const permit of [breaker.admit(), breaker.admit()]) permit.settle('success');
    expect(breaker.state).toBe('closed');
  });

  test('a listener that opens a key again at each reset does not keep resetAll from its end', async () => {
    const { runtime } = await rig();
    const keyed = runtime.keyedBreaker('keyed', { consecutiveFailures: 1 });
    keyed.for('acme').admit().settle('failure');
    let rounds = 0;
    keyed.for('acme').on('transition', ({ to }) => {
      if (to === 'closed' && ++rounds < 1_000) keyed.for('acme').admit().settle('failure');
    });

    runtime.resetAll(MANUAL);

    expect(rounds).toBe(1);
    expect(keyed.for('acme').state).toBe('open');
  });

  test('a listener that has one key make place for another during resetAll moves neither', async () => {
    const { runtime } = await rig();
    const keyed = runtime.keyedBreaker('keyed', { consecutiveFailures: 1, maxKeys: 2 });
    keyed.for('first').admit().settle('failure');
    keyed.for('second').admit().settle('success');
    keyed.for('first').on('transition', () => keyed.for('third').forceOpen(MANUAL));

    runtime.resetAll(MANUAL);

    expect(keyed.reading()).toEqual({ keys: 2, overflowed: 0, evicted: 1 });
    expect(keyed.for('third').state).toBe('forcedOpen');
  });

  test('a function may stop its own runtime: its answer is the caller’s all the same', async () => {
    const { runtime, pipeline } = await rig({ breaker: {}, timeoutMs: 1_000, retry: {} });

    expect(await pipeline.execute(async () => (await runtime.stop(), 'answer'))).toBe('answer');
    await expect(pipeline.execute(() => 1)).rejects.toMatchObject({ code: 'STOPPED' });
  });
});
