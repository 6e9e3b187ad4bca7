/** The bulkhead and its pool on a call's way through a pipeline. */
import { describe, expect, test, vi } from 'vitest';
import { type PipelineRig, pipelineRig } from '../support/pipeline-rig.ts';

const outcomes = (rig: PipelineRig): Record<string, number> =>
  Object.fromEntries(Object.entries(rig.pipeline.reading().outcomes).filter(([, count]) => count > 0));

/** Calls whose functions end when they are told to. */
function controlled(rig: PipelineRig, options: { readonly signal?: AbortSignal } = {}) {
  const gate = Promise.withResolvers<string>();
  const fn = vi.fn(() => gate.promise);
  const answer = rig.pipeline.execute(fn, options).catch((error: unknown) => error);
  return { ...gate, fn, answer };
}

describe('places', () => {
  test('K1 no more run than may; the next waits and runs when one leaves', async () => {
    const rig = pipelineRig({ bulkhead: { maxConcurrent: 1, maxQueued: 1 } });
    const first = controlled(rig);
    const second = controlled(rig);

    expect([first.fn, second.fn].map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
    first.resolve('one');
    await first.answer;
    expect(second.fn).toHaveBeenCalledTimes(1);
    second.resolve('two');

    expect(await second.answer).toBe('two');
    expect(rig.bulkhead!.reading()).toMatchObject({ active: 0, queued: 0 });
  });

  test('K1 beyond the queue a call is rejected at once, and its breaker does not hold it against the dependency', async () => {
    const rig = pipelineRig({ bulkhead: { maxConcurrent: 1 }, breaker: { consecutiveFailures: 1 } });
    const first = controlled(rig);

    expect(await controlled(rig).answer).toMatchObject({ code: 'BULKHEAD_FULL', component: 'payments' });
    first.resolve('one');
    await first.answer;

    expect(rig.slot.state).toBe('closed');
    expect(outcomes(rig)).toEqual({ success: 1, rejected: 1 });
    expect(rig.pipeline.reading().rejections).toEqual({ BULKHEAD_FULL: 1 });
  });

  test('B4 a probe without a place gives its permit back', async () => {
    const rig = pipelineRig({
      bulkhead: { maxConcurrent: 1 },
      breaker: { consecutiveFailures: 1, openMs: 1_000, halfOpen: { permits: 2 } },
    });
    rig.play('F');
    await rig.env.advanceAsync(1_000);
    controlled(rig);
    await controlled(rig).answer;

    expect(rig.admits()).toBe(true);
    expect(rig.slot.state).toBe('halfOpen');
  });

  test.each(['value', 'throw'])('K2 the place is left on a %s', async (end) => {
    const rig = pipelineRig({ bulkhead: { maxConcurrent: 1 } });
    const run = (): Promise<unknown> => rig.pipeline.execute(() => (end === 'value' ? 1 : Promise.reject(new Error())));
    for (let call = 0; call < 3; call++) await run().catch(() => {});

    expect(rig.bulkhead!.reading()).toMatchObject({ active: 0, rejected: 0 });
  });
});

describe('who waits', () => {
  test('B1 admitted while closed, still queued inside when the breaker opens: re-checked at invocation, rejected, never run', async () => {
    const rig = pipelineRig({ bulkhead: { maxConcurrent: 1, maxQueued: 1 }, breaker: { consecutiveFailures: 1 } });
    const first = controlled(rig);
    const second = controlled(rig);

    first.reject(new Error('down'));

    expect(await second.answer).toMatchObject({ code: 'BREAKER_OPEN' });
    expect(second.fn).not.toHaveBeenCalled();
    expect(rig.bulkhead!.reading().active).toBe(0);
  });

  test.each(['close', 'disable', 'observe'] as const)('runs when all are admitted by then: %s', async (event) => {
    const rig = pipelineRig({ bulkhead: { maxConcurrent: 1, maxQueued: 1 }, breaker: { consecutiveFailures: 1 } });
    const first = controlled(rig);
    const second = controlled(rig);
    rig.slot.step('open', 'manual');
    rig.slot.step(event, 'manual');

    first.resolve('one');
    await first.answer;
    second.resolve('two');

    expect(await second.answer).toBe('two');
    expect(rig.slot.counts().calls).toEqual({ success: 0, failure: 0, ignored: 0 });
  });

  test('K4 leaves at once when its caller aborts: it never runs, and takes nobody’s place', async () => {
    const rig = pipelineRig({ bulkhead: { maxConcurrent: 1, maxQueued: 1 }, breaker: {} });
    const first = controlled(rig);
    const controller = new AbortController();
    const second = controlled(rig, { signal: controller.signal });

    controller.abort('left');
    expect(await second.answer).toBe('left');
    expect(rig.bulkhead!.reading().queued).toBe(0);
    first.resolve('one');
    await first.answer;

    expect(second.fn).not.toHaveBeenCalled();
    expect(rig.bulkhead!.reading().active).toBe(0);
    expect(outcomes(rig)).toEqual({ success: 1, aborted: 1 });
  });

  test('K5 is rejected when it waited longer than maxWaitMs', async () => {
    const rig = pipelineRig({ bulkhead: { maxConcurrent: 1, maxQueued: 1, maxWaitMs: 100 } });
    controlled(rig);
    const second = controlled(rig);

    await rig.env.advanceAsync(100);

    expect(await second.answer).toMatchObject({ code: 'BULKHEAD_FULL' });
    expect(second.fn).not.toHaveBeenCalled();
  });

  test('has its whole timeout from when it comes in, not from when it began to wait', async () => {
    const rig = pipelineRig({ bulkhead: { maxConcurrent: 1, maxQueued: 1 }, timeoutMs: 50 });
    const first = controlled(rig);
    const second = controlled(rig);
    await rig.env.advanceAsync(40);
    first.resolve('one');
    await rig.env.advanceAsync(49);
    second.resolve('two');

    expect(await second.answer).toBe('two');
  });

  test('is released by the total timeout, without a vote', async () => {
    const rig = pipelineRig({ bulkhead: { maxConcurrent: 1, maxQueued: 1 }, breaker: {}, totalTimeoutMs: 100 });
    controlled(rig);
    const second = controlled(rig);

    await rig.env.advanceAsync(100);

    expect(await second.answer).toMatchObject({ code: 'TIMEOUT' });
    expect(rig.slot.counts().calls).toEqual({ success: 0, failure: 1, ignored: 1 });
  });
});

describe('a function nobody waits for any more', () => {
  test('keeps its place until it settles', async () => {
    const rig = pipelineRig({ bulkhead: { maxConcurrent: 1 }, timeoutMs: 50 });
    const first = controlled(rig);
    await rig.env.advanceAsync(50);
    expect(await first.answer).toMatchObject({ code: 'TIMEOUT' });

    expect(await controlled(rig).answer).toMatchObject({ code: 'BULKHEAD_FULL' });
    first.resolve('late');
    await rig.env.advanceAsync(0);

    expect(rig.bulkhead!.reading()).toMatchObject({ active: 0, zombies: 0 });
  });

  test('or until it had long enough: then it is a zombie, and counted', async () => {
    const rig = pipelineRig({ bulkhead: { maxConcurrent: 1, abandonAfterMs: 200 }, timeoutMs: 50 });
    const first = controlled(rig);
    await rig.env.advanceAsync(249);
    expect(rig.bulkhead!.reading()).toMatchObject({ active: 1, zombies: 0 });

    await rig.env.advanceAsync(1);
    expect(rig.bulkhead!.reading()).toMatchObject({ active: 0, zombies: 1 });
    first.resolve('late');
    await rig.env.advanceAsync(0);

    expect(rig.bulkhead!.reading()).toMatchObject({ active: 0, zombies: 0 });
  });
});

describe('the pool', () => {
  const pooled = () => {
    let made = 0;
    const create = vi.fn(() => ({ number: ++made }));
    return {
      create,
      rig: pipelineRig({ bulkhead: { maxConcurrent: 1, maxQueued: 5, pool: { create } }, timeoutMs: 50 }),
    };
  };

  test('lends each function a resource, and the same one again', async () => {
    const { rig, create } = pooled();
    const seen: unknown[] = [];
    for (let call = 0; call < 3; call++) await rig.pipeline.execute(({ resource }) => seen.push(resource));

    expect(seen).toEqual([{ number: 1 }, { number: 1 }, { number: 1 }]);
    expect(create).toHaveBeenCalledTimes(1);
  });

  test('what it cannot make is the call’s failure', async () => {
    const error = new Error('no connection');
    const create = (): never => {
      throw error;
    };
    const rig = pipelineRig({ bulkhead: { maxConcurrent: 1, pool: { create } }, breaker: { consecutiveFailures: 1 } });

    await expect(rig.pipeline.execute(() => 1)).rejects.toBe(error);
    expect(rig.slot.state).toBe('open');
    expect(rig.bulkhead!.reading().active).toBe(0);
  });

  test('a resource that comes after the time was up is nobody’s loss: the function does not run', async () => {
    const gate = Promise.withResolvers<string>();
    const rig = pipelineRig({ bulkhead: { maxConcurrent: 1, pool: { create: () => gate.promise } }, timeoutMs: 50 });
    const fn = vi.fn();
    const answer = rig.pipeline.execute(fn).catch((error: unknown) => error);
    await rig.env.advanceAsync(50);
    gate.resolve('late');
    await rig.env.advanceAsync(0);

    expect(await answer).toMatchObject({ code: 'TIMEOUT' });
    expect(fn).not.toHaveBeenCalled();
    expect(rig.bulkhead!.reading().active).toBe(0);
  });
});
