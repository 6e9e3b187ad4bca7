/**
 * What holds at every step of any calls through any pipeline, whatever they do, and whoever moves the breaker by hand,
 * from outside or from inside a classifier.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BreakerEvent } from '../../src/core/breaker-state.ts';
import {
  type CallPlan,
  CorridorModel,
  type CorridorOptions,
  type CorridorStep,
  FALLBACKS,
  KINDS,
} from '../support/corridor-model.ts';

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const between = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

const options: fc.Arbitrary<CorridorOptions> = fc.record({
  permits: between(1, 3),
  openMs: between(1, 120),
  timeoutMs: maybe(between(10, 60)),
  totalTimeoutMs: maybe(between(20, 150)),
  maxAttempts: maybe(between(1, 4)),
  places: maybe(fc.record({ maxConcurrent: between(1, 3), maxQueued: between(0, 3) })),
  limit: maybe(between(2, 20)),
  fallback: fc.constantFrom(...FALLBACKS),
});

const BY_HAND: readonly BreakerEvent[] = ['open', 'close', 'probe', 'forceOpen', 'disable', 'observe'];

const plan: fc.Arbitrary<CallPlan> = fc.record({
  kind: fc.constantFrom(...KINDS),
  lateMs: between(0, 200),
  abortMs: maybe(between(0, 100)),
  inside: fc.option(fc.constantFrom(...BY_HAND), { nil: undefined, freq: 8 }),
});

const step: fc.Arbitrary<CorridorStep> = fc.oneof(
  { weight: 8, arbitrary: plan.map((call) => ({ call })) },
  { weight: 6, arbitrary: between(0, 150).map((passMs) => ({ passMs })) },
  { weight: 1, arbitrary: fc.constantFrom(...BY_HAND).map((move) => ({ move })) },
);

test('X1 X3 B1 B2 B3 B4 B6 B7 K1 K2 K3 R1 R4 R7 T1 T2 T3 T4 T6 T7 T9 hold for any calls through any pipeline', async () => {
  const unhandled: unknown[] = [];
  const hear = (reason: unknown): unknown => unhandled.push(reason);
  process.on('unhandledRejection', hear);
  await fc.assert(
    fc.asyncProperty(options, fc.array(step, { maxLength: 40, size: 'max' }), async (given, steps) => {
      const model = new CorridorModel(given);
      for (const step of steps) await model.play(step);
      await model.drain();
      await model.heal();

      expect(model.broken).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
  process.off('unhandledRejection', hear);

  expect(unhandled).toEqual([]);
});
