import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Dispatcher } from '../../../src/core/dispatcher.ts';
import type { HoldfastEvent } from '../../../src/core/events.ts';
import { Courier } from '../../../src/durable/metering/courier.ts';
import { MemoryLedger } from '../../../src/durable/metering/memory-ledger.ts';
import type { UsageBatch } from '../../../src/durable/metering/usage-batch.ts';
import type { UsageLine } from '../../../src/hotpath/usage-line.ts';
import { createVirtualEnv, type VirtualEnv } from '../../../src/testing/virtual-env.ts';

interface Rig {
  readonly env: VirtualEnv;
  readonly courier: Courier;
  readonly ledger: MemoryLedger;
  /** Parts the sink was given, and took. */
  readonly given: UsageBatch[];
  readonly taken: UsageBatch[];
  readonly events: HoldfastEvent[];
  /** What the sink does with the next parts: throws these. `undefined` takes it. When it is empty, it takes everything. */
  readonly faults: unknown[];
  /** While true what is thrown is thrown after the part was taken: the sink has it, and failed to say so. */
  saysNothing: boolean;
  /** While true the sink hangs until it is told to leave. */
  isHanging: boolean;
  /** Commit a batch of so many lines, and say so. */
  commit(lines?: number): void;
}

function courierRig(batchLines = 100): Rig {
  const env = createVirtualEnv({ seed: 1 });
  const dispatcher = new Dispatcher(env, 'policy');
  const ledger = new MemoryLedger();
  ledger.begin('run', ['billing']);
  let cursor = 0;
  const rig: Rig = {
    env,
    ledger,
    given: [],
    taken: [],
    events: [],
    faults: [],
    saysNothing: false,
    isHanging: false,
    courier: new Courier({
      env,
      events: dispatcher,
      ledger,
      sink: 'billing',
      batchLines,
      runtime: 'shop',
      deliver: async (batch, signal) => {
        rig.given.push(batch);
        if (rig.isHanging)
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
        const fault = rig.faults.shift();
        if (fault === undefined || rig.saysNothing) rig.taken.push(batch);
        if (fault !== undefined) throw fault;
      },
    }),
    commit: (lines = 1) => {
      const batch = {
        id: `b${cursor}`,
        records: 1,
        windowStartWallMs: 60_000,
        windowMs: 60_000,
        policyHash: 'policy',
        lines: Array.from({ length: lines }, (_, line) => lineOf(line)),
        notes: ['{"tenant":"t","metadata":{"n":1}}'],
      };
      ledger.commit(batch, { runId: 'run', cursor: cursor++ });
      rig.courier.committed();
    },
  };
  dispatcher.on('*', (event) => void rig.events.push(event));
  return rig;
}

function lineOf(line: number): UsageLine {
  return {
    group: { tenant: `tenant-${line}`, operation: 'chat', tier: 'standard', agent: '' },
    count: 2,
    tokens: 3,
    latencyCount: 0,
    latencySumMs: 0,
    latencyMinMs: Infinity,
    latencyMaxMs: -Infinity,
    latencyCells: [0, 0],
    scoreCount: 1,
    scoreSum: 0.5,
  };
}

const idsOf = (batches: readonly { readonly id: string }[]): string[] => batches.map(({ id }) => id);

test('batches are delivered in order, one at a time, with all a sink needs to know, as JSON-safe data', async () => {
  const rig = courierRig();
  rig.courier.start();
  rig.commit();
  rig.commit();
  await rig.env.advanceAsync(0);

  expect(idsOf(rig.taken)).toEqual(['b0', 'b1']);
  expect(rig.taken[0]).toEqual({
    id: 'b0',
    runtime: 'shop',
    policyHash: 'policy',
    windowStartWallMs: 60_000,
    windowMs: 60_000,
    lines: [
      {
        tenant: 'tenant-0',
        operation: 'chat',
        tier: 'standard',
        agent: '',
        count: 2,
        tokens: 3,
        latencyCount: 0,
        latencySumMs: 0,
        latencyMinMs: null,
        latencyMaxMs: null,
        latencyCells: [0, 0],
        scoreCount: 1,
        scoreSum: 0.5,
      },
    ],
    notes: [{ tenant: 't', metadata: { n: 1 } }],
  });
  expect(JSON.parse(JSON.stringify(rig.taken[0]))).toEqual(rig.taken[0]);
  expect(rig.ledger.waiting('billing', 10)).toEqual([]);
  expect(rig.courier.reading).toEqual({ backlog: 0, delivered: 2, failures: 0, error: null });
});

test('what was committed before the start is delivered then', async () => {
  const rig = courierRig();
  rig.commit();
  rig.commit();
  await rig.env.advanceAsync(0);
  expect(rig.courier.reading.backlog).toBe(2);

  rig.courier.start();
  await rig.env.advanceAsync(0);

  expect(idsOf(rig.taken)).toEqual(['b0', 'b1']);
});

test('a batch of many lines goes in parts, whose ids are the same whenever they are sent', async () => {
  const rig = courierRig(100);
  rig.courier.start();
  rig.faults.push(undefined, new Error('no'));
  rig.commit(250);
  await rig.env.advanceAsync(2_000);

  expect(idsOf(rig.given)).toEqual(['b0.1', 'b0.2', 'b0.2', 'b0.3']); // what it has it is not given again
  expect(rig.taken.map(({ lines, notes }) => [lines.length, notes.length])).toEqual([
    [100, 1],
    [100, 0],
    [50, 0],
  ]);
});

test('a sink that is down is tried again, later each time, and gets everything in order when it is back', async () => {
  const rig = courierRig();
  rig.courier.start();
  rig.faults.push(...Array.from({ length: 4 }, () => new Error('connection refused')));
  for (let batch = 0; batch < 40; batch++) rig.commit();

  const triedAt: number[] = [];
  while (rig.taken.length === 0) {
    const before = rig.given.length;
    await rig.env.advanceAsync(100);
    if (rig.given.length > before) triedAt.push(rig.env.now());
  }
  await rig.env.advanceAsync(0);

  const pauses = triedAt.slice(1).map((at, index) => at - triedAt[index]!);
  expect(pauses.map((ms, failure) => ms >= 800 * 2 ** failure && ms <= 1_100 * 2 ** failure)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(new Set(idsOf(rig.given.slice(0, 5)))).toEqual(new Set(['b0']));
  expect(idsOf(rig.taken)).toEqual(Array.from({ length: 40 }, (_, batch) => `b${batch}`));
  expect(rig.courier.reading).toEqual({ backlog: 0, delivered: 40, failures: 4, error: null });
});

test('a sink that fails and one that is well again are announced once each', async () => {
  const rig = courierRig();
  rig.courier.start();
  rig.faults.push(new Error('one'), new Error('two'), new Error('three'));
  rig.commit();
  await rig.env.advanceAsync(0);
  expect(rig.courier.reading).toMatchObject({ backlog: 1, failures: 1, error: 'Error: one' });

  await rig.env.advanceAsync(20_000);

  expect(rig.events).toMatchObject([
    { type: 'sink.failed', sink: 'billing', batch: 'b0', error: 'Error: one' },
    { type: 'sink.recovered', sink: 'billing', downMs: expect.any(Number) },
  ]);
});

test('a sink that says how long to stay away is left alone so long, but ten minutes at most', async () => {
  const rig = courierRig();
  rig.courier.start();
  rig.faults.push(Object.assign(new Error('busy'), { retryAfterMs: 30_000 }));
  rig.faults.push(Object.assign(new Error('busy'), { retryAfterMs: 1e12 }));
  rig.commit();

  await rig.env.advanceAsync(29_999);
  expect(rig.given).toHaveLength(1);
  await rig.env.advanceAsync(1);
  expect(rig.given).toHaveLength(2);
  await rig.env.advanceAsync(600_000);

  expect(idsOf(rig.taken)).toEqual(['b0']);
});

test('a commit does not cut a pause short', async () => {
  const rig = courierRig();
  rig.courier.start();
  rig.faults.push(new Error('no'));
  rig.commit();
  await rig.env.advanceAsync(0);
  rig.commit();
  await rig.env.advanceAsync(500);

  expect(rig.given).toHaveLength(1);
});

test('a ledger that fails is asked again', async () => {
  const rig = courierRig();
  const waiting = rig.ledger.waiting.bind(rig.ledger);
  let asked = 0;
  rig.ledger.waiting = (sink, limit) => {
    if (asked++ === 0) throw new Error('the ledger is down');
    return waiting(sink, limit);
  };
  rig.courier.start();
  rig.commit();
  await rig.env.advanceAsync(2_000);

  expect(idsOf(rig.taken)).toEqual(['b0']);
});

test('a ledger that had nothing to give is asked again when it is said to be back', async () => {
  const rig = courierRig();
  const waiting = rig.ledger.waiting.bind(rig.ledger);
  rig.ledger.waiting = () => [];
  rig.courier.start();
  rig.commit();
  await rig.env.advanceAsync(60_000);
  expect(rig.taken).toEqual([]);

  rig.ledger.waiting = waiting;
  rig.courier.wake();
  await rig.env.advanceAsync(0);

  expect(idsOf(rig.taken)).toEqual(['b0']);
});

test('stop delivers what waits, and leaves no timer', async () => {
  const rig = courierRig();
  rig.courier.start();
  rig.faults.push(new Error('no'));
  rig.commit();
  rig.commit();
  await rig.env.advanceAsync(0);

  await rig.courier.stop();

  expect(idsOf(rig.taken)).toEqual(['b0', 'b1']);
  expect(rig.env.pendingTimers).toBe(0);
});

test('stop waits two seconds for a sink that hangs; its batch is delivered after another start', async () => {
  const rig = courierRig();
  rig.courier.start();
  rig.isHanging = true;
  rig.commit();
  await rig.env.advanceAsync(0);

  const stopped = rig.courier.stop();
  await rig.env.advanceAsync(2_000);
  await stopped;
  expect(rig.courier.reading).toMatchObject({ backlog: 1, delivered: 0, failures: 0 });
  expect(rig.env.pendingTimers).toBe(0);

  rig.isHanging = false;
  rig.courier.start();
  await rig.env.advanceAsync(0);
  expect(idsOf(rig.taken)).toEqual(['b0']);
});

test('one that is started again before its stop is over goes on, when what hangs was cut short', async () => {
  const rig = courierRig();
  rig.courier.start();
  rig.isHanging = true;
  rig.commit();
  await rig.env.advanceAsync(0);
  const stopped = rig.courier.stop(); // and its supervisor has no time to wait
  await rig.env.advanceAsync(1_000);
  rig.courier.start();
  rig.isHanging = false;
  rig.commit();
  await rig.env.advanceAsync(1_000);
  await stopped;
  await rig.env.advanceAsync(0);

  expect(rig.taken).toHaveLength(2);
  expect(rig.courier.reading).toMatchObject({ backlog: 0, delivered: 2, failures: 0 });
});

test('the timers of a courier do not keep the process alive', async () => {
  const rig = courierRig();
  rig.courier.start();
  rig.faults.push(new Error('no'));
  rig.commit();
  await rig.env.advanceAsync(0);

  expect(rig.env.pendingTimers).toBe(1);
  expect(rig.env.keepsAlive).toBe(false);
});

test('whatever fails in whatever order, each batch is taken at least once, by its id exactly once, and in order', async () => {
  const step = fc.record({
    batches: fc.nat(3),
    fails: fc.nat(3),
    saysNothing: fc.boolean(),
    ms: fc.nat(5_000),
    stops: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.constantFrom(1, 3, 100), async (steps, batchLines) => {
      const rig = courierRig(batchLines);
      let committed = 0;
      rig.courier.start();
      for (const { batches, fails, saysNothing, ms, stops } of steps) {
        rig.saysNothing = saysNothing;
        rig.faults.push(...Array.from({ length: fails }, () => new Error('no')));
        for (let batch = 0; batch < batches; batch++) rig.commit((committed++ % 5) + 1);
        await rig.env.advanceAsync(ms);
        if (!stops) continue;
        await rig.courier.stop();
        rig.courier.start();
      }
      rig.faults.length = 0;
      await rig.env.advanceAsync(120_000);

      const expected = Array.from({ length: committed }, (_, batch) => {
        const parts = Math.ceil(((batch % 5) + 1) / batchLines);
        return parts === 1 ? [`b${batch}`] : Array.from({ length: parts }, (__, part) => `b${batch}.${part + 1}`);
      });
      expect([...new Set(idsOf(rig.taken))]).toEqual(expected.flat());
      expect(rig.courier.reading).toMatchObject({ backlog: 0, delivered: committed, error: null });
    }),
    { numRuns: 200 },
  );
});
