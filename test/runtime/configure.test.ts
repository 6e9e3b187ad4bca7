/** A breaker that is given other options while it lives: what is kept, what begins anew, and who hears of it. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  type Breaker,
  type BreakerOptions,
  createRuntime,
  type HoldfastEvent,
  type Pipeline,
} from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

const MANUAL = { by: 'ops', reason: 'tuning' };
const failing = (): Promise<never> => Promise.reject(new Error('no'));

async function rig(options: BreakerOptions = {}) {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ env });
  const breaker = runtime.breaker('payments', options);
  const heard: HoldfastEvent[] = [];
  for (const type of ['breaker.configured', 'breaker.transitioned'] as const)
    runtime.events.on(type, (event) => heard.push(event));
  return { env, runtime, breaker, heard };
}

function play(breaker: Breaker, votes: string): void {
  for (const letter of votes) breaker.admit().settle(letter === 'F' ? 'failure' : 'success');
}

const epochOf = (runtime: Awaited<ReturnType<typeof rig>>['runtime']): number =>
  runtime.readings().breakers['payments']!.epoch;

describe('what is kept', () => {
  test('thresholds keep the window and the epoch, and one event names what changed', async () => {
    const { runtime, breaker, heard } = await rig({ failureRate: 0.9, minimumCalls: 10 });
    play(breaker, 'SSFFF');

    breaker.configure({ failureRate: 0.5, minimumCalls: 6 }, MANUAL);

    expect(breaker.counts()).toMatchObject({ total: 5, failed: 3 });
    expect(epochOf(runtime)).toBe(1);
    expect(heard).toMatchObject([
      { type: 'breaker.configured', changed: ['failureRate', 'minimumCalls'], cleared: [], epoch: 1, ...MANUAL },
    ]);
    play(breaker, 'S');
    expect(breaker.state).toBe('open');
  });

  test('the health score goes by the new minimum of calls', async () => {
    const { env, runtime, breaker } = await rig({ failureRate: 1, minimumCalls: 10 });
    play(breaker, 'FFFS');
    await env.advanceAsync(1_000);
    expect(runtime.health.report().score).toBe(1);

    breaker.configure({ failureRate: 1, minimumCalls: 4 }, MANUAL);
    await env.advanceAsync(1_000);

    expect(runtime.health.report().score).toBe(0.25);
  });

  test('options that change nothing are a no-op without an event', async () => {
    const { breaker, heard } = await rig({ failureRate: 0.5 });

    breaker.configure({ failureRate: 0.5, window: { ms: 10_000 } }, MANUAL);

    expect(heard).toEqual([]);
  });

  test('what is left out has its default again', async () => {
    const { breaker } = await rig({ consecutiveFailures: 1 });
    breaker.configure({}, MANUAL);

    play(breaker, 'F'.repeat(19));
    expect(breaker.state).toBe('closed');
    play(breaker, 'F');
    expect(breaker.state).toBe('open');
  });

  test('an opening under way lasts as it was told, and the next one goes by the new options', async () => {
    const { env, breaker } = await rig({ consecutiveFailures: 1, openMs: 1_000 });
    play(breaker, 'F');

    breaker.configure({ consecutiveFailures: 1, openMs: 7_000 }, MANUAL);
    expect(breaker.snapshot().remainingOpenMs).toBe(1_000);
    await env.advanceAsync(1_000);
    play(breaker, 'F');

    expect(breaker.snapshot().remainingOpenMs).toBe(7_000);
  });

  test('B10 through any thresholds the window stays a recount of its events', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('F', 'S') },
      { weight: 1, arbitrary: fc.record({ minimumCalls: fc.constantFrom(900, 901), openMs: fc.nat(9_000) }) },
    );
    return fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const same = { failureRate: 1, window: { calls: 8 } };
        const { runtime, breaker } = await rig({ ...same, trip: () => false });
        let votes = '';
        for (const step of steps) {
          if (typeof step !== 'string') breaker.configure({ ...same, ...step, trip: () => false }, MANUAL);
          else if (votes.slice(-7) + step !== 'F'.repeat(8)) play(breaker, ((votes += step), step));
          const recent = votes.slice(-8);
          expect(breaker.counts()).toMatchObject({ total: recent.length, failed: recent.split('F').length - 1 });
        }
        expect(epochOf(runtime)).toBe(1);
      }),
      { numRuns: 100 },
    );
  });
});

describe('what begins anew', () => {
  test.each<[string, BreakerOptions, BreakerOptions]>([
    ['another size', { window: { ms: 10_000 } }, { window: { ms: 20_000 } }],
    ['other buckets', { window: { ms: 10_000 } }, { window: { ms: 10_000, buckets: 5 } }],
    ['calls for time', { window: { ms: 10_000 } }, { window: { calls: 10 } }],
    ['time for calls', { window: { calls: 10 } }, { window: { ms: 10_000 } }],
    ['another number of calls', { window: { calls: 10 } }, { window: { calls: 1_024 } }],
    ['one where there was none', { consecutiveFailures: 9 }, { failureRate: 0.5 }],
  ])('the window, by %s: it is empty, with epoch + 1, and the event says so', async (_, before, after) => {
    const { runtime, breaker, heard } = await rig({ minimumCalls: 3, ...before });
    play(breaker, 'FF');
    const late = breaker.admit();

    breaker.configure({ minimumCalls: 3, ...after }, MANUAL);
    late.settle('failure');

    expect(breaker.counts()).toMatchObject({ total: 0, failed: 0 });
    expect(epochOf(runtime)).toBe(2);
    expect(heard).toMatchObject([{ type: 'breaker.configured', cleared: ['window'], epoch: 2 }]);
    play(breaker, 'FF');
    expect(breaker.state).toBe('closed');
    play(breaker, 'F');
    expect(breaker.state).toBe('open');
    expect(heard.at(-1)).toMatchObject({ type: 'breaker.transitioned', epoch: 3 });
  });

  test('a window that nothing needs any more is gone, and its failures with it', async () => {
    const { runtime, breaker } = await rig({ failureRate: 0.9, minimumCalls: 2 });
    play(breaker, 'FS');
    breaker.configure({ consecutiveFailures: 2 }, MANUAL);

    expect(runtime.readings().breakers['payments']).toMatchObject({ total: 0, failed: 0, failureRate: null });
    play(breaker, 'FF');
    expect(breaker.state).toBe('open');
  });

  test('probes, when it is half-open: their results do not vote, and all permits are free', async () => {
    const { breaker, heard } = await rig({ openMs: 1_000, halfOpen: { permits: 1 } });
    breaker.open(MANUAL);
    breaker.probe(MANUAL);
    const probe = breaker.admit();

    breaker.configure({ openMs: 1_000, halfOpen: { permits: 2 } }, MANUAL);
    probe.settle('failure');

    expect(heard.at(-1)).toMatchObject({ changed: ['halfOpen.permits'], cleared: ['probes'], epoch: 4 });
    expect(breaker.state).toBe('halfOpen');
    play(breaker, 'S');
    expect(breaker.state).toBe('halfOpen');
    play(breaker, 'S');
    expect(breaker.state).toBe('closed');
  });

  test('a call that began before anybody asked for its duration is not slow', async () => {
    const { env, runtime } = await rig();
    const pipeline = runtime.pipeline('p', { breaker: { window: { calls: 5 }, failureRate: 1 } });
    const breaker = runtime.breaker('p');
    const gate = Promise.withResolvers<number>();
    await env.advanceAsync(60_000);
    const early = pipeline.execute(() => gate.promise);

    breaker.configure({ window: { calls: 5 }, failureRate: 1, slowCallMs: 100 }, MANUAL);
    const timed = pipeline.execute(() => gate.promise);
    await env.advanceAsync(200);
    gate.resolve(1);
    await Promise.all([early, timed]);

    expect(breaker.counts()).toMatchObject({ total: 2, slow: 1 });
    expect(breaker.latencyMs(0.01)).toBeCloseTo(200, -1);
  });

  test('who waits in a bulkhead comes in all the same', async () => {
    const { runtime } = await rig();
    const pipeline = runtime.pipeline('p', { breaker: {}, bulkhead: { maxConcurrent: 1, maxQueued: 1 } });
    const gate = Promise.withResolvers<number>();
    const first = pipeline.execute(() => gate.promise);
    const second = pipeline.execute(() => 2);

    runtime.breaker('p').configure({ window: { calls: 10 } }, MANUAL);
    gate.resolve(1);

    expect(await Promise.all([first, second])).toEqual([1, 2]);
  });
});

describe('from inside the application’s own functions', () => {
  test('a listener: it is in force when the call settles', async () => {
    const { breaker, heard } = await rig({ consecutiveFailures: 1 });
    breaker.on('transition', ({ to }) => {
      if (to !== 'open') return;
      breaker.configure({ consecutiveFailures: 5 }, MANUAL);
      breaker.reset(MANUAL);
    });

    await breaker.execute(failing).catch(() => {});

    expect(heard.map(({ type }) => type)).toEqual([
      'breaker.transitioned',
      'breaker.configured',
      'breaker.transitioned',
    ]);
    play(breaker, 'FFFF');
    expect(breaker.state).toBe('closed');
  });

  test('a fallback: it may call, reset and configure, and the call settles once', async () => {
    const { runtime } = await rig();
    const inner = vi.fn(() => 'inner');
    const pipeline: Pipeline<unknown> = runtime.pipeline('p', {
      breaker: { consecutiveFailures: 1 },
      fallback: async (): Promise<unknown> => {
        const breaker = runtime.breaker('p');
        breaker.configure({ consecutiveFailures: 2 }, MANUAL);
        breaker.reset(MANUAL);
        return pipeline.execute(inner);
      },
    });

    expect(await pipeline.execute(failing)).toBe('inner');
    expect(inner).toHaveBeenCalledTimes(1);
    expect(pipeline.reading()).toMatchObject({ calls: 2, inFlight: 0, outcomes: { success: 1, fallback: 1 } });
  });

  test('a classifier: the outcome it judges belongs to the epoch before', async () => {
    const options = { failureRate: 0.5, minimumCalls: 1 };
    const { breaker } = await rig({
      ...options,
      classify: () => {
        breaker.configure({ ...options, window: { calls: 7 } }, MANUAL);
        return 'failure';
      },
    });

    await breaker.execute(failing).catch(() => {});

    expect(breaker.state).toBe('closed');
    expect(breaker.counts().total).toBe(0);
  });

  test('a rule of its own: what it says of the window that is gone opens nothing', async () => {
    const { breaker } = await rig({
      trip: () => {
        breaker.configure({ trip: () => false, window: { calls: 7 } }, MANUAL);
        return true;
      },
    });

    play(breaker, 'F');

    expect(breaker.state).toBe('closed');
  });

  test('its own openMs: refused, counted, and the opening lasts 5 s', async () => {
    const { runtime, breaker, heard } = await rig({
      consecutiveFailures: 1,
      openMs: () => {
        breaker.configure({}, MANUAL);
        return 1_000;
      },
    });

    play(breaker, 'F');

    expect(heard.map(({ type }) => type)).toEqual(['breaker.transitioned']);
    expect(breaker.snapshot().remainingOpenMs).toBe(5_000);
    expect(runtime.readings().runtime['self']!.callbackFailures).toBe(1);
  });
});

describe('what goes along', () => {
  test('the classifier', async () => {
    const { breaker } = await rig({ consecutiveFailures: 1 });
    breaker.configure({ consecutiveFailures: 1, classify: () => 'ignored' }, MANUAL);

    await breaker.execute(failing).catch(() => {});
    await breaker.execute(failing, { signal: new AbortController().signal }).catch(() => {});

    expect(breaker.state).toBe('closed');
    expect(breaker.counts().calls.ignored).toBe(2);
  });

  test.each([
    [false, true, 'halfOpen'],
    [true, false, 'open'],
  ])('the timer of an open one: autoHalfOpen %s, then %s, ends %s', async (before, after, state) => {
    const { env, breaker } = await rig({ openMs: 1_000, autoHalfOpen: before });
    breaker.open(MANUAL);
    await env.advanceAsync(400);

    breaker.configure({ openMs: 1_000, autoHalfOpen: after }, MANUAL);
    await env.advanceAsync(600);

    expect(breaker.state).toBe(state);
  });

  test('a ramp that is taken away lets everybody through', async () => {
    const options = { openMs: 1_000, halfOpen: { permits: 1 } };
    const { env, breaker } = await rig({ ...options, rampUp: { overMs: 10_000 } });
    breaker.open(MANUAL);
    await env.advanceAsync(1_000);
    await breaker.execute(() => 1);

    breaker.configure(options, MANUAL);

    for (let call = 0; call < 50; call++) expect(await breaker.execute(() => 1)).toBe(1);
  });

  test('its name: it is known by the new options from then on', async () => {
    const { runtime, breaker } = await rig({ openMs: 1_000 });
    breaker.configure({ openMs: 2_000 }, MANUAL);

    expect(runtime.breaker('payments', { openMs: 2_000 })).toBe(breaker);
    expect(() => runtime.breaker('payments', { openMs: 1_000 })).toThrow(
      'breaker "payments".openMs: expected 2000 as it was created with, received 1000',
    );
  });
});

describe('what is refused changes nothing', () => {
  test('options out of bounds, and nobody to have wanted it', async () => {
    const { breaker, heard } = await rig({ openMs: 1_000 });

    expect(() => breaker.configure({ openMs: NaN }, MANUAL)).toThrow('breaker "payments" configure.openMs: expected');
    expect(() => breaker.configure({ openMs: 5 }, { by: 'ops' } as never)).toThrow(
      'breaker "payments" configure.reason: expected a name of 1 to 256 characters',
    );
    breaker.open(MANUAL);
    expect(breaker.snapshot().remainingOpenMs).toBe(1_000);
    expect(heard.length).toBe(1);
  });

  test('a window there is no room for: the old one goes on counting', async () => {
    const env = createVirtualEnv({ seed: 1 });
    const runtime = await createRuntime({ env, capacity: { windowBytes: 4_096 } });
    const breaker = runtime.breaker('payments', { failureRate: 0.5, minimumCalls: 3, window: { ms: 1_000 } });
    play(breaker, 'FF');

    expect(() => breaker.configure({ window: { ms: 1_000, buckets: 100 } }, MANUAL)).toThrow(
      expect.objectContaining({ code: 'CAPACITY_EXHAUSTED', component: 'capacity.windowBytes' }),
    );

    expect(breaker.counts()).toMatchObject({ total: 2, failed: 2 });
    expect(runtime.readings().breakers['payments']!.epoch).toBe(1);
    play(breaker, 'F');
    expect(breaker.state).toBe('open');
  });

  test('nor is anything taken of what there was room for', async () => {
    const runtime = await createRuntime({ capacity: { windowBytes: 6_144 } }); // two histograms, and a little
    const breaker = runtime.breaker('payments');

    for (let attempt = 0; attempt < 3; attempt++)
      expect(() => breaker.configure({ window: { ms: 20_000, buckets: 100 } }, MANUAL)).toThrow('capacity.windowBytes');
    breaker.configure({ window: { ms: 20_000, buckets: 5 } }, MANUAL);

    expect(runtime.readings().breakers['payments']!.epoch).toBe(2);
  });

  test('a thousand changes of the window take no more memory than one', async () => {
    const runtime = await createRuntime({ capacity: { windowBytes: 16_384 } });
    const breaker = runtime.breaker('payments');
    for (let change = 0; change < 1_000; change++)
      breaker.configure({ window: change % 2 === 0 ? { calls: 100 } : { ms: 1_000 + change } }, MANUAL);

    expect(breaker.state).toBe('closed');
  });

  test('one key of a keyed breaker: they share their options', async () => {
    const { runtime } = await rig();

    expect(() => runtime.keyedBreaker('tenants').for('acme').configure({}, MANUAL)).toThrow(
      'breaker "tenants" configure: expected a breaker of its own, not one key of several, received an object',
    );
  });
});
