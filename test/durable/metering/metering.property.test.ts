/** M1, M5, M7: whatever happens in whatever order, nothing is lost silently, counted twice, or put into another window. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { meteringRig, type MeteringRig } from './metering-rig.ts';
import { linesOf } from './lines-of.ts';

const TENANTS = ['acme', 'zeta', '__proto__', '', 'a', 'b', 'c', 'd', 'e', 'f'];

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('record' as const),
      tenant: fc.nat(TENANTS.length - 1),
      count: fc.nat(12),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'refuse' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(1_200) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'flush' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('workerFault' as const),
      fault: fc.constantFrom('lostBefore' as const, 'lostHalfway' as const, 'lostAfter' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('ledgerFault' as const),
      fault: fc.constantFrom('failsBefore' as const, 'failsAfter' as const),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Counts what it was asked to do, by itself. */
interface Model {
  recorded: number;
  refused: number;
  accepted: number;
  tokens: number;
  /** By the window's start: accepted records. */
  readonly windows: Map<number, number>;
}

const WINDOW_MS = 1_000;

async function take(rig: MeteringRig, model: Model, given: Step): Promise<void> {
  switch (given.kind) {
    case 'record':
      for (let index = 0; index < given.count; index++) {
        const isAccepted = rig.metering.record({
          tenant: TENANTS[given.tenant]!,
          operation: 'chat',
          tokens: given.count,
        });
        model.recorded++;
        model.accepted += isAccepted ? 1 : 0;
        model.tokens += isAccepted ? given.count : 0;
        const startWallMs = Math.floor(rig.env.wall() / WINDOW_MS) * WINDOW_MS;
        if (isAccepted) model.windows.set(startWallMs, (model.windows.get(startWallMs) ?? 0) + 1);
      }
      return;
    case 'refuse':
      model.refused++;
      rig.metering.record({ tenant: 'acme', operation: 'chat', tokens: NaN });
      return;
    case 'wait':
      return rig.env.advanceAsync(given.ms);
    case 'flush':
      return rig.metering.flush().catch(() => {});
    case 'workerFault':
      rig.workerFaults.push(given.fault);
      return;
    case 'ledgerFault':
      rig.ledgerFaults.push(given.fault);
      return;
  }
}

function checkLaw(rig: MeteringRig, model: Model): void {
  const { recorded, flushed, pending, dropped, refused } = rig.metering.totals();
  expect({ recorded, refused, accepted: flushed + pending }).toEqual({
    recorded: model.recorded,
    refused: model.refused,
    accepted: model.accepted,
  });
  expect(flushed + pending + dropped).toBe(recorded);
  expect(sum(Object.values(rig.metering.usage()).map(({ count }) => count))).toBe(flushed);
}

/** By the window's start: records the ledger has. */
function windowsOf({ ledger }: MeteringRig): [number, number][] {
  const counts = new Map<number, number>();
  for (const { windowStartWallMs, line } of ledger.usage({}))
    counts.set(windowStartWallMs, (counts.get(windowStartWallMs) ?? 0) + line.count);
  return [...counts];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

test('M1 recorded = flushed + pending + dropped at every step; M7 Σ per tenant = flushed; M2 the ledger has all, once, each in the window it was recorded in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.constantFrom(0, 2 ** 31 - 3, 2 ** 32 - 3, -40),
      fc.boolean(),
      async (steps, startAt, isLedgerAsync) => {
        const rig = meteringRig({ startAt, isLedgerAsync, windowMs: WINDOW_MS });
        const model: Model = { recorded: 0, refused: 0, accepted: 0, tokens: 0, windows: new Map() };
        rig.metering.start();
        for (const given of steps) {
          await take(rig, model, given);
          checkLaw(rig, model);
        }

        rig.workerFaults.length = rig.ledgerFaults.length = 0;
        await rig.metering.stop().catch(() => rig.metering.flush()); // it may join a drain that fails
        checkLaw(rig, model);
        expect(rig.metering.totals().pending).toBe(0);
        expect(sum(linesOf(rig.ledger).map(({ count }) => count))).toBe(model.accepted);
        expect(sum(linesOf(rig.ledger).map(({ tokens }) => tokens))).toBe(model.tokens);
        expect(windowsOf(rig)).toEqual([...model.windows].toSorted(([a], [b]) => a - b));
      },
    ),
    { numRuns: 300 },
  );
});
