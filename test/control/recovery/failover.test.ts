/** Providers that fail over and back: the rule, and a component on a virtual clock. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  afterCall,
  afterTrial,
  type FailoverRule,
  leave,
  mayBeTried,
  moveTo,
  type Position,
  startAt,
} from '../../../src/control/recovery/failover.ts';
import { createRuntime, type HoldfastEvent, type ProvidersOptions } from '../../../src/index.ts';
import { createVirtualEnv } from '../../../src/testing/index.ts';

const QUICK = { order: ['primary', 'backup'], dwellMs: 1_000, successes: 1 };
const RULE: FailoverRule = { failures: 2, dwellMs: 1_000, successes: 2 };

describe('H6: the rule', () => {
  const happening = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('call' as const), succeeded: fc.boolean() }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('trial' as const),
        place: fc.nat(3),
        succeeded: fc.boolean(),
        isCall: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const) }) },
  );
  const rules = fc.record({
    failures: fc.integer({ min: 1, max: 3 }),
    dwellMs: fc.integer({ min: 1, max: 2_000 }),
    successes: fc.integer({ min: 1, max: 3 }),
  });

  test('whatever happens, order is respected, and nobody is returned to within a dwell or without enough successes', () => {
    const story = fc.array(fc.tuple(fc.nat(400), happening), { maxLength: 150 });
    fc.assert(
      fc.property(rules, fc.integer({ min: 2, max: 4 }), story, (rule, size, happenings) => {
        let now = 0;
        let position = startAt(0, size, now);
        const leftAt = new Map<number, number>();
        const lostAt = new Map<number, number>(); // left, or tried by a call that was lost
        const streaks = Array.from({ length: size }, () => 0);
        let arrivedAt = 0;
        for (const [waitMs, event] of happenings) {
          now += waitMs;
          const before = position;
          let next: Position | 'stranded' = position;
          if (event.kind === 'call') next = afterCall(position, event.succeeded, rule, now);
          else if (event.kind === 'leave') next = leave(position, rule, now);
          else if (event.place < size && mayBeTried(position, event.place, rule, now)) {
            if (event.isCall && !event.succeeded) lostAt.set(event.place, now);
            streaks[event.place] = event.succeeded ? streaks[event.place]! + 1 : 0;
            next = afterTrial(position, event.place, event, rule, now);
          }
          if (next === 'stranded') {
            const others = [...lostAt].filter(([place]) => place !== before.at);
            expect(others.filter(([, at]) => now - at < rule.dwellMs).length).toBe(size - 1);
            continue;
          }
          position = next;
          if (position.at === before.at) continue;

          expect(now - (leftAt.get(position.at) ?? -Infinity)).toBeGreaterThanOrEqual(rule.dwellMs);
          if (event.kind === 'trial') {
            expect(position.at).toBeLessThan(before.at);
            expect(streaks[position.at]).toBeGreaterThanOrEqual(rule.successes);
            expect(now - arrivedAt).toBeGreaterThanOrEqual(rule.dwellMs);
          } else {
            const better = Array.from({ length: position.at }, (_, place) => place).filter(
              (place) => place !== before.at,
            );
            for (const place of better) expect(before.awayUntil[place]).toBeGreaterThan(now);
          }
          leftAt.set(before.at, now);
          lostAt.set(before.at, now);
          streaks.fill(0);
          arrivedAt = now;
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a success in between begins the count of failures anew', () => {
    let position = startAt(0, 2, 0);
    for (const succeeded of [false, true, false]) position = afterCall(position, succeeded, RULE, 0) as Position;
    expect(position.at).toBe(0);

    expect(afterCall(position, false, RULE, 0)).toMatchObject({ at: 1 });
  });

  test('is stranded when all have failed within the dwell, and goes to the best one after it', () => {
    const onBackup = leave(startAt(0, 2, 0), RULE, 0) as Position;

    expect(leave(onBackup, RULE, 999)).toBe('stranded');
    expect(leave(onBackup, RULE, 1_000)).toMatchObject({ at: 0 });
  });

  test('a call that is lost on a better one has it left alone for another dwell, a probe has not', () => {
    const onBackup = moveTo(startAt(0, 2, 0), 1, RULE, 0);

    const lost = afterTrial(onBackup, 0, { succeeded: false, isCall: true }, RULE, 1_500);
    expect([mayBeTried(lost, 0, RULE, 2_499), mayBeTried(lost, 0, RULE, 2_500)]).toEqual([false, true]);
    const probed = afterTrial(onBackup, 0, { succeeded: false, isCall: false }, RULE, 1_500);
    expect(mayBeTried(probed, 0, RULE, 1_500)).toBe(true);
  });
});

async function shop(options: Partial<ProvidersOptions> = {}) {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ name: 'shop', env });
  const switches: HoldfastEvent[] = [];
  runtime.events.on('failover.switched', (event) => switches.push(event));
  const providers = runtime.recovery.providers('quotes', {
    order: ['primary', 'backup'],
    failures: 2,
    dwellMs: 1_000,
    successes: 2,
    ...options,
  });
  const down = new Set<string | undefined>();
  const asked: (string | undefined)[] = [];
  const pipeline = runtime.pipeline('quotes', { breaker: { consecutiveFailures: 3, openMs: 60_000 }, timeoutMs: 500 });
  const call = (): Promise<unknown> =>
    pipeline
      .execute(({ provider }) => {
        asked.push(provider);
        if (down.has(provider)) throw new Error(`${provider} is down`);
      })
      .catch((error: unknown) => error);
  const calls = async (count: number) => {
    asked.length = 0;
    for (let made = 0; made < count; made++) await call();
    return [...asked];
  };
  return { env, runtime, providers, down, calls, pipeline, switches };
}

describe('a component with providers', () => {
  test('sends its calls to the first, after so many failures to the second, and closes the breaker the first had opened', async () => {
    const { runtime, providers, down, calls, switches } = await shop({ failures: 3 });
    down.add('primary');

    expect(await calls(5)).toEqual(['primary', 'primary', 'primary', 'backup', 'backup']);
    expect(providers.current).toBe('backup');
    expect(runtime.breaker('quotes').state).toBe('closed');
    expect(switches).toMatchObject([
      { component: 'quotes', from: 'primary', to: 'backup', by: 'holdfast', reason: '3 failures in a row' },
    ]);
    expect(runtime.readings().providers['quotes']).toMatchObject({ current: 'backup', switches: 1, stranded: 0 });
  });

  test('without a probe is tried by single calls after the dwell, and goes back after N of them', async () => {
    const { env, providers, down, calls } = await shop();
    down.add('primary');
    await calls(2);
    down.clear();
    await env.advanceAsync(999);
    expect(await calls(3)).toEqual(['backup', 'backup', 'backup']);
    await env.advanceAsync(1);

    expect(await calls(4)).toEqual(['primary', 'primary', 'primary', 'primary']);
    expect(providers.current).toBe('primary');
  });

  test('tries a better one with one call at a time; the others stay where they are', async () => {
    const { env, providers, pipeline } = await shop();
    providers.failover('backup', { by: 'ada' });
    await env.advanceAsync(1_000);
    const hold = Promise.withResolvers<void>();
    const asked: (string | undefined)[] = [];
    const running = [1, 2, 3].map(() => pipeline.execute(({ provider }) => (asked.push(provider), hold.promise)));

    expect(asked).toEqual(['primary', 'backup', 'backup']);
    hold.resolve();
    await Promise.all(running);
    expect(providers.current).toBe('backup');
  });

  test('a trial that hangs without a timeout is lost after its time, and another is made a dwell later', async () => {
    const { env, runtime } = await shop();
    const patient = runtime.pipeline('patient', {});
    const chain = runtime.recovery.providers('patient', { ...QUICK, probeTimeoutMs: 3_000 });
    chain.failover('backup', { by: 'ada' });
    await env.advanceAsync(1_000);
    void patient.execute(({ provider }) => (expect(provider).toBe('primary'), new Promise(() => {})));
    const ask = (): Promise<unknown> => patient.execute(({ provider }) => provider);
    await env.advanceAsync(2_999);
    expect(await ask()).toBe('backup');
    await env.advanceAsync(1);
    expect(await ask()).toBe('backup');
    await env.advanceAsync(999);
    expect(await ask()).toBe('backup');
    await env.advanceAsync(1);

    expect(await ask()).toBe('primary');
    expect(await ask()).toBe('primary');
    expect(chain.current).toBe('primary');
  });

  test('a call that began before its provider was left says nothing of the trial that is under way', async () => {
    const { env, runtime } = await shop();
    const patient = runtime.pipeline('patient', {});
    const chain = runtime.recovery.providers('patient', QUICK);
    const early = Promise.withResolvers<void>();
    const earlier = patient.execute(({ provider }) => (expect(provider).toBe('primary'), early.promise));
    chain.failover('backup', { by: 'ada' });
    await env.advanceAsync(1_000);
    const trial = Promise.withResolvers<void>();
    const trying = patient.execute(({ provider }) => (expect(provider).toBe('primary'), trial.promise));
    early.resolve();
    await earlier;
    expect(chain.current).toBe('backup');
    trial.resolve();
    await trying;

    expect(chain.current).toBe('primary');
  });

  test('a trial that times out counts as lost, one whose caller left counts for nothing and gives its place back', async () => {
    const { env, providers, pipeline } = await shop();
    providers.failover('backup', { by: 'ada' });
    await env.advanceAsync(1_000);
    const asked: (string | undefined)[] = [];
    const never = ({ provider }: { readonly provider: string | undefined }) => (
      asked.push(provider),
      Promise.withResolvers<void>().promise
    );
    const leaving = new AbortController();
    const held = Promise.withResolvers<void>();
    const left = pipeline.execute(({ provider }) => (asked.push(provider), held.promise), { signal: leaving.signal });
    leaving.abort(new Error('bye'));
    await expect(left).rejects.toThrow('bye');
    held.resolve();
    await env.advanceAsync(0);
    const late = pipeline.execute(never).catch(() => {});
    await env.advanceAsync(500);
    env.turn();
    await late;
    await pipeline.execute(({ provider }) => void asked.push(provider));

    expect(asked).toEqual(['primary', 'primary', 'backup']);
  });

  test('counts a call that times out as a failure of its provider', async () => {
    const { env, providers, pipeline } = await shop();
    for (let made = 0; made < 2; made++) {
      const late = pipeline.execute(({ provider }) => new Promise(() => provider)).catch(() => {});
      await env.advanceAsync(500);
      env.turn();
      await late;
    }

    expect(providers.current).toBe('backup');
  });

  test('with a probe is probed after the dwell, each second, and no call is risked', async () => {
    const probe = vi.fn((_: string): unknown => Promise.reject(new Error('down')));
    const { env, providers, calls } = await shop({ probe, order: ['first', 'second', 'third'] });
    providers.failover('third', { by: 'ada', reason: 'drill' });
    await env.advanceAsync(999);
    expect(probe).not.toHaveBeenCalled();
    await env.advanceAsync(1);
    expect(probe.mock.calls.map(([provider]) => provider)).toEqual(['first', 'second']);
    probe.mockImplementation((provider) => (provider === 'second' ? 'up' : Promise.reject(new Error('down'))));
    await env.advanceAsync(1_000);
    expect(await calls(2)).toEqual(['third', 'third']);
    await env.advanceAsync(1_000);

    expect(providers.current).toBe('second');
  });

  test('is not gone back to while its probe answers false', async () => {
    let isUp = false;
    const { env, providers } = await shop({ probe: async () => isUp });
    providers.failover('backup', { by: 'ada' });
    await env.advanceAsync(10_000);
    expect(providers.current).toBe('backup');
    isUp = true;
    await env.advanceAsync(2_000);

    expect(providers.current).toBe('primary');
  });

  test('a probe that hangs is a failure after its time, and no second one is made meanwhile', async () => {
    const probe = vi.fn((): unknown => new Promise(() => {}));
    const { env, runtime, providers } = await shop({ probe, probeTimeoutMs: 5_000 });
    providers.failover('backup', { by: 'ada' });
    await env.advanceAsync(5_999);
    expect(probe).toHaveBeenCalledTimes(1);
    await env.advanceAsync(1_001);
    expect(probe).toHaveBeenCalledTimes(2);

    await runtime.stop();
    expect(env.pendingTimers).toBe(0);
  });

  test('may have its first failover before the pipeline is made, and a pipeline without providers has none', async () => {
    const { runtime } = await shop();
    runtime.recovery.providers('stock', { order: ['a', 'b'] });
    runtime.recovery.failover('stock', 'b', { by: 'ada' });

    expect(await runtime.pipeline('stock').execute(({ provider }) => provider)).toBe('b');
    expect(await runtime.pipeline('other').execute(({ provider }) => provider)).toBeUndefined();
    expect(await runtime.breaker('stock').execute(({ provider }) => provider)).toBeUndefined();
  });

  test('hears of calls no pipeline made, and of none to a provider that is not in force', async () => {
    const { providers } = await shop();
    for (let time = 0; time < 5; time++) providers.report('backup', false);
    expect(providers.current).toBe('primary');

    providers.report('primary', false);
    providers.report('primary', false);
    expect(providers.current).toBe('backup');
    expect(() => providers.report('other', true)).toThrow('one of primary, backup');
  });

  test('is refused for a bad order, a second time, and for a provider there is not', async () => {
    const { runtime, providers } = await shop();
    const { recovery } = runtime;

    expect(() => recovery.providers('a', { order: ['one'] })).toThrow(
      'providers of "a".order: expected an array of 2 to 16 names',
    );
    expect(() => recovery.providers('a', { order: ['one', 'one'] })).toThrow('names that differ');
    expect(() => recovery.providers('quotes', { order: ['a', 'b'] })).toThrow('a component without providers');
    expect(() => recovery.failover('a', 'b', { by: 'ada' })).toThrow('one that has providers');
    expect(() => providers.failover('b', { by: 'ada' })).toThrow('one of primary, backup');
    expect(() => providers.failover('backup', {} as never)).toThrow(/\.by: expected a name/);
  });

  test('a person’s failover to the one in force does nothing', async () => {
    const { providers, switches } = await shop();
    providers.failover('primary', { by: 'ada' });

    expect(switches).toEqual([]);
    expect(providers.reading()).toMatchObject({ switches: 0 });
  });
});
