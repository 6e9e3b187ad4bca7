/** Q2, Q5, Q9: no task is lost, none waits for ever, and none is forgotten by a restart. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recoveryMachine } from '../../../actors/recovery.machine.ts';
import { stepRecovery } from '../../../actors/step-recovery.ts';
import type { KeptKind, Keep } from '../../../src/core/keep.ts';
import { RECOVERY_EVENTS, RECOVERY_STATES } from '../../../src/core/recovery-state.ts';
import { createRuntime, step } from '../../../src/index.ts';
import { createVirtualEnv } from '../../../src/testing/index.ts';
import { recoveryRig } from '../../support/recovery-rig.ts';
import { createActor } from 'xstate';

const BY = { by: 'ada', reason: 'chance' };
const SERVICES = ['a', 'b', 'c', 'd', 'e'] as const;

test('the chart as a literal: what each event leads to', () => {
  const edges = RECOVERY_STATES.map((state) => {
    const ways = RECOVERY_EVENTS.map((event) => [event, stepRecovery(state, event)] as const);
    return [state, Object.fromEntries(ways.filter(([, to]) => to !== undefined))];
  });

  expect(Object.fromEntries(edges)).toEqual({
    idle: { schedule: 'scheduled', hold: 'awaitingManual' },
    scheduled: { begin: 'inProgress', cancel: 'cancelled', heal: 'succeeded', hold: 'awaitingManual', fail: 'failed' },
    inProgress: {
      succeed: 'succeeded',
      retry: 'scheduled',
      fail: 'failed',
      hold: 'awaitingManual',
      cancel: 'cancelled',
    },
    succeeded: { schedule: 'scheduled', hold: 'awaitingManual' },
    failed: { schedule: 'scheduled', hold: 'awaitingManual' },
    cancelled: { schedule: 'scheduled', hold: 'awaitingManual' },
    awaitingManual: { approve: 'scheduled', cancel: 'cancelled', heal: 'succeeded' },
  });
});

test('a step and an actor agree after every event of any sequence', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...RECOVERY_EVENTS), { maxLength: 40 }), (sequence) => {
      const actor = createActor(recoveryMachine, { input: { service: 'stock' } }).start();
      let state: (typeof RECOVERY_STATES)[number] = 'idle';
      for (const type of sequence) {
        state = stepRecovery(state, type) ?? state;
        actor.send({ type });

        expect(actor.getSnapshot().value).toBe(state);
      }
      actor.stop();
    }),
  );
});

const service = fc.constantFrom(...SERVICES);
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(3_000) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('schedule' as const),
      service,
      strategy: fc.constantFrom('immediate' as const, 'linear' as const, 'exponential' as const, 'manual' as const),
      priority: fc.nat(9),
      whenExhausted: fc.constantFrom('fail' as const, 'awaitManual' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('cancel' as const, 'approve' as const, 'execute' as const), service }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('open' as const), service }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'kill' as const }) },
);

test('Q2: scheduled = waiting + in progress + ended at every instant, whatever is asked and however attempts end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), fc.integer(), async (actions, seed) => {
      const env = createVirtualEnv({ seed });
      const chance = env.fork('attempts');
      const runtime = await createRuntime({
        env,
        recovery: { concurrency: 2, maxTasks: 4, rules: [{ on: { breaker: '*' }, strategy: 'linear' }] },
      });
      const { recovery } = runtime;
      let ended = 0;
      let instants = 0;
      const hold = (): void => {
        const { scheduled, waiting, inProgress, ...counts } = recovery.statistics();
        expect(scheduled).toBe(waiting + inProgress + counts.ended);
        expect(counts.ended).toBe(counts.succeeded + counts.failed + counts.cancelled);
        expect(counts.ended).toBe(ended);
        expect(inProgress).toBeLessThanOrEqual(2);
        instants++;
      };
      runtime.events.on('*', ({ type, ...event }) => {
        if (type === 'recovery.ended' && (event as { result?: string }).result !== 'awaitingManual') ended++;
        if (type.startsWith('recovery.')) hold();
      });
      for (const each of SERVICES) {
        runtime.breaker(each, { consecutiveFailures: 1, openMs: 500 });
        recovery.probe(each, () => {
          const drawn = chance();
          if (drawn < 0.3) throw new Error('down');
          return drawn < 0.5 ? new Promise(() => {}) : drawn;
        });
      }
      const doNow = async (each: (typeof actions)[number]): Promise<void> => {
        if (each.kind === 'wait') return env.advanceAsync(each.ms);
        if (each.kind === 'kill') return runtime.supervisor.kill('root/control/recovery', BY);
        if (each.kind === 'open') return runtime.breaker(each.service).execute(() => Promise.reject(new Error('no')));
        if (each.kind === 'cancel') return recovery.cancel(each.service, BY);
        if (each.kind === 'approve') return recovery.approve(each.service, { by: 'ada' });
        if (each.kind === 'execute') return void recovery.execute(each.service, { by: 'ada' }).catch(() => {});
        if (each.kind !== 'schedule') return;
        const { strategy, priority, whenExhausted } = each;
        const policy = { maxAttempts: 2, initialDelayMs: 200, timeoutMs: 700, whenExhausted };
        recovery.schedule(each.service, { strategy, priority, policy });
      };
      for (const each of actions) {
        await doNow(each).catch(() => {}); // there may be no task to cancel, or no room for one more
        hold();
      }
      await runtime.stop();
      hold();

      expect(instants).toBeGreaterThan(actions.length);
      expect(recovery.statistics().inProgress).toBe(0);
      expect(env.pendingTimers).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('Q5: under urgent tasks without end the least urgent one begins all the same', async () => {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ env, recovery: { concurrency: 1, agingMs: 1_000 } });
  const { recovery } = runtime;
  const takes = (ms: number) =>
    step.callAgain(() => new Promise<void>((resolve) => void env.setTimer(resolve, ms, false)));
  const order = { strategy: 'immediate', policy: { healthCheck: () => 'healthy' as const } } as const;
  const begun: string[] = [];
  runtime.events.on('recovery.attempted', ({ service: done }) => begun.push(done));
  recovery.schedule('first', { ...order, steps: [takes(100)] });
  recovery.schedule('least', { ...order, priority: 9, steps: [takes(100)] });
  for (let made = 0; made < 200; made++) {
    recovery.schedule(`urgent ${made}`, { ...order, priority: 0, steps: [takes(100)] });
    await env.advanceAsync(100);
  }

  expect(begun.indexOf('least')).toBe(91); // nine priorities of a second each, ten attempts in a second, and the first
  await runtime.stop();
});

/** A store that outlives the runtime. */
function notebook(): Keep & { readonly kept: Map<string, object> } {
  const kept = new Map<string, object>();
  return {
    kept,
    put: (kind: KeptKind, id, value) => {
      expect(kind).toBe('recovery');
      if (value === null) kept.delete(id);
      else kept.set(id, JSON.parse(JSON.stringify(value)) as object);
    },
    all: async () => new Map(kept),
    onLate: () => {},
  };
}

test('Q9: what is open survives a restart and goes on within the spread, each at a moment of its own', async () => {
  const keep = notebook();
  const names = Array.from({ length: 100 }, (_, at) => `service ${at}`);
  const before = recoveryRig({ keep, seed: 1 });
  for (const each of names) before.recovery.schedule(each, { strategy: 'linear', priority: 3, reason: 'outage' });
  before.recovery.schedule('held', { strategy: 'manual' });
  before.recovery.schedule('done');
  before.recovery.cancel('done', BY);
  await before.stop();

  const after = recoveryRig({ keep, seed: 2 });
  const beganAt: number[] = [];
  for (const each of names) after.recovery.probe(each, () => void beganAt.push(after.env.now()));
  const startedAt = after.env.now();
  after.begin();
  await after.env.advanceAsync(0);
  expect(after.recovery.statistics()).toMatchObject({ scheduled: 101, waiting: 101, awaitingManual: 1 });
  expect(after.recovery.status('service 7')).toMatchObject({ strategy: 'linear', priority: 3, reason: 'outage' });
  await after.env.advanceAsync(10_000);

  expect(beganAt.length).toBe(100);
  expect(new Set(beganAt).size).toBe(100);
  const perTenth = new Map<number, number>();
  for (const at of beganAt)
    perTenth.set(Math.floor((at - startedAt) / 500), (perTenth.get(Math.floor((at - startedAt) / 500)) ?? 0) + 1);
  expect(Math.max(...perTenth.values())).toBeLessThan(25);
  expect([...keep.kept.keys()]).toEqual(['task held']);
  await after.stop();
});

test('an attempt that takes the process down counts, so it is not made for ever', async () => {
  const keep = notebook();
  const policy = { maxAttempts: 2 } as const;
  for (const attempts of [1, 2]) {
    const { env, recovery, begin } = recoveryRig({ keep, seed: attempts });
    recovery.probe('stock', () => new Promise(() => {})); // the process ends here
    recovery.setPolicy('stock', policy);
    if (attempts === 1) recovery.schedule('stock', { strategy: 'immediate' });
    else begin();
    await env.advanceAsync(10_000);
    expect(recovery.status('stock')).toMatchObject({ state: 'inProgress', attempts });
  }
  for (const whenExhausted of ['awaitManual', 'fail'] as const) {
    const last = recoveryRig({ keep: { ...keep, put: () => {} }, seed: 3 });
    let probed = 0;
    last.recovery.probe('stock', () => ++probed);
    last.recovery.setPolicy('stock', { ...policy, whenExhausted });
    last.begin();
    await last.env.advanceAsync(10_000);

    expect(probed).toBe(0);
    expect(last.recovery.status('stock')).toMatchObject({
      state: whenExhausted === 'fail' ? 'failed' : 'awaitingManual',
      attempts: 2,
      lastError: 'its last attempt did not end',
    });
    if (whenExhausted === 'fail') continue;
    last.recovery.approve('stock', { by: 'ada' });
    await last.env.advanceAsync(0);
    expect(last.recovery.status('stock')).toMatchObject({ state: 'succeeded', attempts: 1 });
  }
});

test('steps of a task that was kept are those its rule has in the next process', async () => {
  const keep = notebook();
  const rule = (run: () => unknown) => ({ on: { breaker: 'stock' }, steps: [{ name: 'mend', run }] });
  const before = recoveryRig({ keep, seed: 1, rules: [rule(() => {})] });
  before.openBreaker('stock');
  await before.stop();
  let mended = 0;
  const after = recoveryRig({ keep, seed: 2, rules: [rule(() => mended++)] });
  after.begin();
  await after.env.advanceAsync(20_000);

  expect(mended).toBeGreaterThan(0);
});

test('a component goes on at the provider it had failed over to', async () => {
  const keep = notebook();
  const options = { order: ['primary', 'backup', 'last'], dwellMs: 1_000 };
  const before = recoveryRig({ keep, seed: 1 });
  before.recovery.providers('quotes', options).failover('backup', BY);
  await before.stop();

  const after = recoveryRig({ keep, seed: 2 });
  const early = after.recovery.providers('quotes', options);
  await after.env.advanceAsync(0);
  expect(early.current).toBe('backup');
  const later = recoveryRig({ keep, seed: 3 });
  later.begin();
  await later.env.advanceAsync(0);
  expect(later.recovery.providers('quotes', options).current).toBe('backup');
  early.failover('primary', BY);

  expect([...keep.kept.keys()]).toEqual([]);
});

test('a task this process has scheduled already is not replaced by one that was kept', async () => {
  const keep = notebook();
  const before = recoveryRig({ keep, seed: 1 });
  before.recovery.schedule('stock', { priority: 9, reason: 'before' });
  await before.stop();
  const { env, recovery } = recoveryRig({ keep, seed: 2 });
  recovery.schedule('stock', { priority: 1, reason: 'now' });
  await env.advanceAsync(0);

  expect(recovery.status('stock')).toMatchObject({ priority: 1, reason: 'now' });
  expect(recovery.statistics()).toMatchObject({ scheduled: 1, waiting: 1 });
});

test('what was kept and makes no sense is told and passed by', async () => {
  const keep = notebook();
  keep.kept.set('task stock', { v: 7 });
  keep.kept.set('task cart', {
    v: 1,
    service: 'cart',
    strategy: 'linear',
    priority: 1,
    reason: 'x',
    attempts: 0,
    isHeld: false,
    dueInMs: 0,
  });
  keep.kept.set('providers quotes', { at: 7 });
  const { env, recovery, begin, failures } = recoveryRig({ keep, seed: 1 });
  begin();
  await env.advanceAsync(0);

  expect(Object.keys(recovery.status())).toEqual(['cart']);
  expect(failures).toEqual(['task stock']);
});
