import fc from 'fast-check';
import { expect, test } from 'vitest';
import { realEnv } from '../../../src/core/real-env.ts';
import type { Batch, UsageQuery, WindowedLine } from '../../../src/durable/metering/ledger.ts';
import type { StoreAnswer, StoreRequest } from '../../../src/durable/stores/requests.ts';
import { storeCore } from '../../../src/durable/stores/store-core.ts';
import { commitOf, freshPath, select, usageLine, WALL_MS, Writer } from './store-rig.ts';

test('M2: a batch, the cursor and what sinks are owed are stored together, once, however often it is sent', async () => {
  const path = freshPath();
  const writer = new Writer(path);
  await writer.open({ metering: { runId: 'meter-1', sinks: ['events', 'bill'], cursor: 0 } });
  const commit = commitOf(1, 0, [usageLine('acme', 2), usageLine('__proto__', 1)]);

  const answers = [await writer.write({ commits: [commit] }), await writer.write({ commits: [commit, commit] })];

  expect(answers.map(({ commits }) => commits)).toEqual([['stored'], ['stored', 'stored']]);
  expect(select(path, 'SELECT tenant, count, tokens, latency_cells FROM metering_usage ORDER BY tenant')).toEqual([
    { tenant: '__proto__', count: 1, tokens: 10, latency_cells: '[0,1]' },
    { tenant: 'acme', count: 2, tokens: 20, latency_cells: '[0,2]' },
  ]);
  expect(select(path, 'SELECT batches, records FROM store_state')).toEqual([{ batches: 1, records: 3 }]);
  expect(select(path, 'SELECT sink, seq FROM metering_outbox')).toEqual([
    { sink: 'bill', seq: 1 },
    { sink: 'events', seq: 1 },
  ]);
});

test('a batch of a run that is over is stale, one that leaves records out is a gap, and neither is stored', async () => {
  const path = freshPath();
  const writer = new Writer(path);
  await writer.open();
  await writer.ask({ kind: 'begin', metering: { runId: 'meter-2', sinks: [], cursor: 0 }, wallMs: WALL_MS });

  const { commits } = await writer.write({
    commits: [commitOf(1, 0, [usageLine('acme')]), commitOf(1, 5, [usageLine('acme')], 'meter-2')],
  });

  expect(commits).toEqual(['stale', 'gap']);
  expect(select(path, 'SELECT * FROM metering_usage')).toEqual([]);
});

test('a sink is given the oldest first, what it has had is forgotten, and a batch nobody is owed keeps no copy', async () => {
  const path = freshPath();
  const writer = new Writer(path);
  await writer.open({ metering: { runId: 'meter-1', sinks: ['bill'], cursor: 0 } });
  const silent = { ...usageLine('acme'), latencyCount: 0, latencyMinMs: Infinity, latencyMaxMs: -Infinity };
  const commits = [commitOf(1, 0, [silent]), commitOf(2, 1, [usageLine('acme')]), commitOf(3, 2, [usageLine('acme')])];
  await writer.write({ commits });
  const waiting = (limit: number): Promise<Batch[]> => writer.ask({ kind: 'waiting', sink: 'bill', limit });

  expect(await waiting(2)).toEqual([commits[0]!.batch, commits[1]!.batch]);
  await writer.ask({ kind: 'delivered', sink: 'bill', batchIds: ['meter-1-1', 'meter-1-3', 'never'] });

  expect((await waiting(9)).map(({ id }) => id)).toEqual(['meter-1-2']);
  expect(select(path, 'SELECT seq, payload IS NULL AS isForgotten FROM metering_batches')).toEqual([
    { seq: 1, isForgotten: 1 },
    { seq: 2, isForgotten: 0 },
    { seq: 3, isForgotten: 1 },
  ]);
});

test('fault 31: a name that is no Unicode text is charged like any other, whole and under one name', async () => {
  const path = freshPath();
  const writer = new Writer(path);
  await writer.open();
  const lines = [usageLine('a\ud800'), usageLine('a\udc00', 2), usageLine('nul\0', 3)];

  for (let n = 0; n < 3; n++) await writer.write({ commits: [commitOf(n, n * 6, lines)] });
  const { restored, levels } = await writer.open();

  expect(restored.totals.map(({ group, count }) => [group.tenant, count])).toEqual([
    ['a\ufffd', 9],
    ['nul\0', 9],
  ]);
  expect(levels.damaged).toBe(0);
});

test('P7: what was metered is restored as it was, tenant by tenant, whichever way it was cut into batches and runs', async () => {
  const line = fc.record({
    tenant: fc.constantFrom('acme', '__proto__', '', 'ünï'),
    count: fc.integer({ min: 1, max: 9 }),
  });
  const batch = fc.record({ lines: fc.array(line, { minLength: 1, maxLength: 4 }), isNewRun: fc.boolean() });

  await fc.assert(
    fc.asyncProperty(fc.array(batch, { maxLength: 8 }), async (batches) => {
      const writer = new Writer(freshPath());
      await writer.open();
      const expected = new Map<string, number>();
      let [run, cursor] = [1, 0];
      for (const [n, { lines, isNewRun }] of batches.entries()) {
        if (isNewRun) {
          await writer.close();
          await writer.open({ runId: `run-${++run}`, metering: { runId: `meter-${run}`, sinks: [], cursor: 0 } });
          cursor = 0;
        }
        const commit = commitOf(
          n,
          cursor,
          lines.map(({ tenant, count }) => usageLine(tenant, count)),
          `meter-${run}`,
        );
        await writer.write({ commits: [commit] });
        cursor += commit.batch.records;
        for (const { tenant, count } of lines) expected.set(tenant, (expected.get(tenant) ?? 0) + count);
      }

      const { restored } = await writer.open();
      await writer.close();

      expect(new Map(restored.totals.map(({ group, count }) => [group.tenant, count]))).toEqual(expected);
    }),
    { numRuns: 15 },
  );
});

test('usage is added up in the thread that reads it: an answer is as long as what it tells apart, up to a bound', async () => {
  const path = freshPath();
  const writer = new Writer(path);
  await writer.open();
  const lines = Array.from({ length: 1_000 }, (_, n) => usageLine(`tenant ${n}`));
  const commits = Array.from({ length: 17 }, (_, n) => {
    const { batch, place } = commitOf(n, n * 1_000, lines);
    return { batch: { ...batch, windowStartWallMs: WALL_MS + n * 60_000 }, place };
  });
  await writer.write({ commits });
  const usage = (query: UsageQuery): Promise<readonly WindowedLine[]> => readerOf(path)({ kind: 'usage', query });

  const [whole] = await usage({ groupBy: [] });
  const byWindow = await usage({ groupBy: ['window'], fromWallMs: WALL_MS + 60_000, toWallMs: WALL_MS + 180_000 });
  const byTenant = await usage({ groupBy: ['tenant'] });
  const ofOne = await usage({ tenant: 'tenant 7' });
  const all = await usage({}).catch((error: { kind: string }) => error.kind);

  expect([whole!.line.count, whole!.line.tokens, whole!.line.latencyCells[1]]).toEqual([17_000, 170_000, 17_000]);
  expect(byWindow.map(({ windowStartWallMs, line }) => [windowStartWallMs - WALL_MS, line.count])).toEqual([
    [60_000, 1_000],
    [120_000, 1_000],
  ]);
  expect([byTenant.length, byTenant.every(({ line }) => line.count === 17)]).toEqual([1_000, true]);
  expect(ofOne.map(({ line }) => line)).toEqual(Array.from({ length: 17 }, () => usageLine('tenant 7')));
  expect(all).toBe('tooMuch');
});

function readerOf(path: string): <T>(request: StoreRequest) => Promise<T> {
  const answer = storeCore({ role: 'reader', path } as never, realEnv());
  return async <T>(request: StoreRequest) => {
    const reply = (await answer(request)) as StoreAnswer<T>;
    if (reply.isOk) return reply.value;
    throw Object.assign(new Error(reply.failure.message), reply.failure);
  };
}
