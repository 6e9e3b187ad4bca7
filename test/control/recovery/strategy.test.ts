/** How long recoveries wait, and which goes first: the decisions, in plain numbers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstDue, type Queued } from '../../../src/control/recovery/queue.ts';
import { type Pace, recoveryDelayMs } from '../../../src/control/recovery/strategy.ts';
import { RECOVERY_STRATEGIES } from '../../../src/core/recovery-state.ts';

const PACE: Pace = { initialDelayMs: 100, multiplier: 2, maxDelayMs: 60_000, jitter: 0 };
const fourOf = (strategy: (typeof RECOVERY_STRATEGIES)[number], pace: Partial<Pace> = {}): number[] =>
  [1, 2, 3, 4].map((attempt) => recoveryDelayMs(strategy, { ...PACE, ...pace }, attempt, 0.5));

describe('the delays before the first four attempts', () => {
  test.each([
    ['immediate', {}, [0, 0, 0, 0]],
    ['linear', {}, [100, 200, 300, 400]],
    ['exponential', {}, [200, 400, 800, 1_600]],
    ['exponential', { multiplier: 3 }, [300, 900, 2_700, 8_100]],
    ['exponential', { maxDelayMs: 500 }, [200, 400, 500, 500]],
    ['linear', { initialDelayMs: 0 }, [0, 0, 0, 0]],
    ['manual', {}, [0, 0, 0, 0]],
  ] as const)('%s %j → %j', (strategy, pace, delays) => {
    expect(fourOf(strategy, pace)).toEqual(delays);
  });

  test.each([
    [0, 160],
    [0.5, 200],
    [0.75, 220],
  ])('a jitter of a fifth, drawn at %s, makes 200 ms %s ms', (random, delayMs) => {
    expect(recoveryDelayMs('exponential', { ...PACE, jitter: 0.2 }, 1, random)).toBeCloseTo(delayMs, 9);
  });

  test('are finite, at least 0 and at most the longest, whatever they are made of', () => {
    const pace = fc.record({
      initialDelayMs: fc.double({ min: 0, max: 2 ** 31 - 1, noNaN: true }),
      multiplier: fc.double({ min: 1, max: 100, noNaN: true }),
      maxDelayMs: fc.double({ min: 0, max: 2 ** 31 - 1, noNaN: true }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...RECOVERY_STRATEGIES),
        pace,
        fc.integer({ min: 1, max: 1_000 }),
        random,
        (...given) => {
          const delayMs = recoveryDelayMs(...given);

          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(given[1].maxDelayMs);
        },
      ),
    );
  });
});

describe('the queue', () => {
  const task = (dueAt: number, priority: number, isForced = false): Queued => ({ dueAt, priority, isForced });

  test('begins none before it is due', () => {
    expect(firstDue([task(101, 0), task(Infinity, 0, true)], 1_000, 100)).toBeUndefined();
  });

  test.each([
    ['the lower number goes first', [task(50, 5), task(50, 1)], 1],
    ['of the same number the one that was due first', [task(60, 5), task(50, 5)], 1],
    ['of two that are alike the one that came first', [task(50, 5), task(50, 5)], 0],
    ['who waited agingMs longer overtakes the next more urgent', [task(10_000, 4), task(8_999, 5)], 1],
    ['but not who waited less', [task(10_000, 4), task(9_001, 5)], 0],
    ['what a person wants now goes before all', [task(50, 0), task(9_000, 9, true)], 1],
  ])('%s', (_, tasks, first) => {
    expect(firstDue(tasks, 1_000, 10_000)).toBe(tasks[first]);
  });

  test('Q5: however many urgent tasks come after it, at most so many of them go before one that waits', () => {
    const AGING_MS = 1_000;
    const arrivals = fc.array(fc.record({ afterMs: fc.nat(400), priority: fc.nat(9) }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 50, max: 700 }), (given, eachTakesMs) => {
        let at = 0;
        const tasks = given.map(({ afterMs, priority }) => task((at += afterMs), priority));
        const waiting = new Set(tasks);
        const begun: { readonly first: Queued; readonly nowMs: number }[] = [];
        for (let nowMs = 0; waiting.size > 0; nowMs += eachTakesMs) {
          const first = firstDue(waiting, AGING_MS, nowMs);
          if (first === undefined) continue;
          waiting.delete(first);
          begun.push({ first, nowMs });
        }

        begun.forEach(({ first: late }, place) => {
          const overtook = begun.slice(0, place).filter(({ nowMs }) => nowMs >= late.dueAt);
          for (const { first: early } of overtook)
            expect(early.dueAt - late.dueAt).toBeLessThanOrEqual((late.priority - early.priority) * AGING_MS);
        });
      }),
    );
  });
});
