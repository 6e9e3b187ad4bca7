/** Retry: its delays, its decision, its budget. R1 to R8 of the invariants, where they are decided. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HoldfastError, invalidOptions } from '../../src/core/errors.ts';
import { parseOptions } from '../../src/core/schema.ts';
import { attemptsOf } from '../../src/policies/retry/attempts.ts';
import { type Backoff, BACKOFFS, nextDelayMs } from '../../src/policies/retry/backoff.ts';
import { RetryBudget } from '../../src/policies/retry/budget.ts';
import { type FailedAttempt, retryDelayMs } from '../../src/policies/retry/decision.ts';
import { type RetryOptions, retryOptions } from '../../src/policies/retry/options.ts';
import { Retry } from '../../src/policies/retry/retry.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';

const resolve = (options: RetryOptions) => parseOptions(retryOptions, options, 'retry');

const REVOKED = (() => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
})();

const HOSTILE_NUMBERS = [NaN, Infinity, -Infinity, -1, -0, 2 ** 31, 2 ** 53, '10', null, undefined, {}];

describe('the options', () => {
  test('have these defaults', () => {
    expect(resolve({})).toEqual({
      maxAttempts: 3,
      backoff: 'decorrelatedJitter',
      initialMs: 100,
      maxMs: 30_000,
      factor: 2,
      budget: { ratio: 0.2, burst: 3 },
    });
  });

  test.each([
    [{ maxAttempts: 0 }, 'retry.maxAttempts: expected a whole number from 1 to 1000000000, received 0'],
    [{ backoff: 'fibonaci' }, /^retry\.backoff: expected one of constant, .*, received "fibonaci"$/],
    [{ initialMs: NaN }, 'retry.initialMs: expected milliseconds, a number from 0 to 2147483647, received NaN'],
    [{ maxMs: Infinity }, 'retry.maxMs: expected milliseconds, a number from 0 to 2147483647, received Infinity'],
    [{ factor: 0.5 }, 'retry.factor: expected a number from 1 to 100, received 0.5'],
    [{ retryIf: true }, 'retry.retryIf: expected a function (error) => boolean, received true'],
    [{ budget: true }, 'retry.budget: expected false, or { ratio, burst }, received true'],
    [{ budget: { ratio: 2 } }, 'retry.budget.ratio: expected a ratio above 0 and at most 1, received 2'],
    [{ maxAttempt: 2 }, 'retry: has no key "maxAttempt"; did you mean "maxAttempts"?'],
  ])('refuse %j', (options, message) => {
    expect(() => resolve(options as RetryOptions)).toThrow(message);
  });

  test.each(['maxAttempts', 'initialMs', 'maxMs', 'factor'])('X5 let no %s through that is out of bounds', (option) => {
    for (const value of HOSTILE_NUMBERS) {
      const given = { [option]: value };
      let resolved: ReturnType<typeof resolve> | undefined;
      try {
        resolved = resolve(given);
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_OPTIONS', component: `retry.${option}` });
      }
      if (resolved === undefined) continue;
      expect(Reflect.get(resolved, option)).toSatisfy((ms: number) => ms >= 0 && ms < 2 ** 31);
    }
  });
});

describe('a backoff', () => {
  const growth = { initialMs: 100, maxMs: 1_000, factor: 2 };
  const delays = (backoff: Backoff, random: number): readonly number[] => {
    const made: number[] = [];
    for (let attempt = 1; attempt <= 6; attempt++)
      made.push(nextDelayMs(backoff, growth, attempt, made.at(-1) ?? 0, random));
    return made;
  };

  test.each<[Backoff, number, readonly number[]]>([
    ['constant', 0.5, [100, 100, 100, 100, 100, 100]],
    ['linear', 0.5, [100, 200, 300, 400, 500, 600]],
    ['exponential', 0.5, [100, 200, 400, 800, 1_000, 1_000]],
    ['fibonacci', 0.5, [100, 100, 200, 300, 500, 800]],
    ['fullJitter', 0, [0, 0, 0, 0, 0, 0]],
    ['fullJitter', 0.5, [50, 100, 200, 400, 500, 500]],
    ['equalJitter', 0, [50, 100, 200, 400, 500, 500]],
    ['equalJitter', 0.5, [75, 150, 300, 600, 750, 750]],
    ['decorrelatedJitter', 0, [100, 100, 100, 100, 100, 100]],
    ['decorrelatedJitter', 0.5, [200, 350, 550, 550, 550, 550]],
  ])('%s at chance %d waits these', (backoff, random, expected) => {
    expect(delays(backoff, random)).toEqual(expected);
  });

  test('R3 is finite and within [0, maxMs] for attempt 1 to 1e9, whatever the growth', () => {
    const ms = fc.oneof(fc.constantFrom(0, Number.MIN_VALUE, 1, 2 ** 31 - 1), fc.integer({ min: 0, max: 2 ** 31 - 1 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...BACKOFFS),
        fc.record({ initialMs: ms, maxMs: ms, factor: fc.double({ min: 1, max: 100, noNaN: true }) }),
        fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 1e9 })),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (backoff, limits, attempt, share, random) => {
          const delayMs = nextDelayMs(backoff, limits, attempt, share * limits.maxMs, random);

          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(limits.maxMs);
        },
      ),
    );
  });

  test.each<[Backoff, number]>([
    ['fullJitter', 30],
    ['decorrelatedJitter', 30],
    ['equalJitter', 40], // it draws from half the range
  ])(
    'R8 %s: of a thousand callers who failed together at most %d come back in the same millisecond',
    (backoff, most) => {
      const random = seededRandom(8, backoff);
      const limits = { initialMs: 100, maxMs: 1_000, factor: 2 };
      const callers = Array.from({ length: 1_000 }, () => ({ atMs: 0, previousMs: 0 }));
      let worst = 0;
      for (let attempt = 1; attempt <= 10; attempt++) {
        const arrivals = new Map<number, number>();
        for (const caller of callers) {
          caller.previousMs = nextDelayMs(backoff, limits, attempt, caller.previousMs, random());
          caller.atMs += caller.previousMs;
          const bucket = Math.floor(caller.atMs);
          arrivals.set(bucket, (arrivals.get(bucket) ?? 0) + 1);
        }
        worst = Math.max(worst, ...arrivals.values());
      }

      expect(worst).toBeLessThanOrEqual(most);
    },
  );
});

describe('the decision', () => {
  const failed = (error: unknown, more: Partial<FailedAttempt> = {}): FailedAttempt => ({
    error,
    attempt: 1,
    previousMs: 0,
    idempotent: true,
    ...more,
  });
  const decide = (options: RetryOptions, attempt: FailedAttempt, reports: unknown[] = []): number | undefined =>
    retryDelayMs(resolve({ backoff: 'constant', ...options }), attempt, 0.5, (option, error) =>
      reports.push(`${option}: ${(error as Error).message}`),
    );

  test('R1 stops at maxAttempts, the first one counted', () => {
    const made = [1, 2, 3, 4].map((attempt) => decide({ maxAttempts: 3 }, failed(new Error('503'), { attempt })));

    expect(made).toEqual([100, 100, undefined, undefined]);
  });

  test.each([
    ['BREAKER_OPEN', undefined],
    ['STOPPED', undefined],
    ['INVALID_OPTIONS', undefined],
    ['TIMEOUT', 100],
    ['BULKHEAD_FULL', 100],
    ['RATE_LIMITED', 100],
  ] as const)('R4 %s waits %s unless asked, and is retried when asked', (code, delayMs) => {
    const error = code === 'INVALID_OPTIONS' ? invalidOptions('a', 'b', 1) : new HoldfastError(code, code);

    expect(decide({}, failed(error))).toBe(delayMs);
    expect(decide({ retryIf: () => true }, failed(error))).toBe(100);
  });

  test('R4 a call that is not idempotent is not retried, even where retryIf says yes', () => {
    expect(decide({}, failed(new Error('503'), { idempotent: false }))).toBeUndefined();
    expect(decide({ retryIf: () => true }, failed(new Error('503'), { idempotent: false }))).toBeUndefined();
  });

  test('R4 an error that retryIf does not want is not retried', () => {
    expect(decide({ retryIf: (error) => error instanceof RangeError }, failed(new Error('404')))).toBeUndefined();
    expect(decide({ retryIf: (error) => error instanceof RangeError }, failed(new RangeError('503')))).toBe(100);
  });

  test.each([
    [250, 250],
    [50, 100],
    [1e300, 30_000],
    [-1, 100],
    [0, 100],
    [NaN, 100],
    [Infinity, 100],
    ['250', 100],
  ])('R5 a Retry-After of %s ms beside a backoff of 100 waits %d', (retryAfterMs, delayMs) => {
    expect(decide({}, failed({ retryAfterMs }))).toBe(delayMs);
  });

  test('R5 whatever Retry-After an error carries, the wait is finite and within [0, maxMs]', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.anything()), fc.integer({ min: 0, max: 100_000 }), (retryAfterMs, maxMs) => {
        const delayMs = decide({ maxMs }, failed({ retryAfterMs }));

        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(maxMs);
      }),
    );
  });

  test('any thrown value is judged without being touched', () => {
    for (const error of [undefined, null, 0, Symbol('s'), Object.freeze({}), Object.create(null), REVOKED])
      expect(decide({}, failed(error))).toBe(100);
  });

  test('a backoff of your own is given the attempt, the delay before and the error, and is cut to maxMs', () => {
    const given: unknown[] = [];
    const backoff = (context: unknown): number => {
      given.push(context);
      return Infinity;
    };
    const error = new Error('503');

    expect(decide({ backoff, maxMs: 700, maxAttempts: 9 }, failed(error, { attempt: 4, previousMs: 60 }))).toBe(700);
    expect(given).toEqual([{ attempt: 4, previousMs: 60, error }]);
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('mine');
      },
    ],
    ['gives NaN', () => NaN],
    ['gives a negative number', () => -1],
    ['gives a string', () => '100'],
    ['gives a promise that rejects', () => Promise.reject(new Error('never seen'))],
    ['gives a revoked proxy', () => REVOKED],
  ])('R3 a backoff that %s is reported once and replaced by the default', (_, backoff) => {
    const reports: unknown[] = [];

    expect(decide({ backoff: backoff as () => number }, failed(new Error('503')), reports)).toBe(200);
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatch(/^backoff: /);
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('mine');
      },
    ],
    ['is async', async () => true],
    ['rejects', () => Promise.reject(new Error('never seen'))],
    ['gives 1', () => 1],
    ['gives nothing', () => undefined],
  ])('a retryIf that %s is reported once and retries nothing', (_, retryIf) => {
    const reports: unknown[] = [];

    expect(decide({ retryIf: retryIf as () => boolean }, failed(new Error('503')), reports)).toBeUndefined();
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatch(/^retryIf: /);
  });
});

describe('the budget', () => {
  test('of the defaults pays for 3 retries, then for one in 5 calls', () => {
    const budget = new RetryBudget({ ratio: 0.2, burst: 3 });
    const takeAll = (): number => {
      let taken = 0;
      while (budget.take()) taken++;
      return taken;
    };

    expect(takeAll()).toBe(3);
    for (let call = 0; call < 4; call++) budget.deposit();
    expect(takeAll()).toBe(0);
    budget.deposit();
    expect(takeAll()).toBe(1);
    for (let call = 0; call < 1_000; call++) budget.deposit();
    expect(takeAll()).toBe(3);
  });

  test('does not drift: a million calls at 0.1 pay for a hundred thousand retries', () => {
    const budget = new RetryBudget({ ratio: 0.1, burst: 1 });
    budget.take();
    let taken = 0;
    for (let call = 0; call < 1_000_000; call++) {
      budget.deposit();
      if (budget.take()) taken++;
    }

    expect(taken).toBe(100_000);
  });

  test('R2 retries are at most ratio · calls + burst in every window, and the balance is within [0, burst]', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: 10 }),
        fc.array(fc.constantFrom('call', 'retry'), { minLength: 1, maxLength: 200, size: 'max' }),
        (thousandths, burst, steps) => {
          const budget = new RetryBudget({ ratio: thousandths / 1_000, burst });
          const paid = steps.map((step) => {
            if (step === 'retry') return budget.take() ? 1 : 0;
            budget.deposit();
            return 0;
          });
          expect(budget.balance).toBeGreaterThanOrEqual(0);
          expect(budget.balance).toBeLessThanOrEqual(burst);

          for (let from = 0; from < steps.length; from++) {
            let calls = 0;
            let retries = 0;
            for (let to = from; to < steps.length; to++) {
              if (steps[to] === 'call') calls++;
              retries += paid[to]!;
              expect(retries * 1_000).toBeLessThanOrEqual(thousandths * calls + burst * 1_000);
            }
          }
        },
      ),
    );
  });
});

describe('a retry', () => {
  const anyTime = (): boolean => true;
  const setUp = (options: RetryOptions, budget?: RetryBudget) =>
    new Retry(resolve({ backoff: 'constant', ...options }), {
      random: () => 0.5,
      budget,
      onCallbackFailed: () => {},
      onExhausted: () => {},
    });
  const attempt = (error: unknown, number: number): FailedAttempt => ({
    error,
    attempt: number,
    previousMs: 0,
    idempotent: true,
  });

  test('pays for what it grants, and for nothing else', () => {
    const budget = new RetryBudget({ ratio: 1, burst: 2 });
    const retry = setUp({ maxAttempts: 9 }, budget);

    expect(retry.delayMs(attempt(new HoldfastError('STOPPED', 'stopped'), 1), anyTime)).toBeUndefined();
    expect(budget.balance).toBe(2);
    expect([1, 2, 3].map((number) => retry.delayMs(attempt(new Error('503'), number), anyTime))).toEqual([
      100,
      100,
      undefined,
    ]);
    expect(retry.reading()).toEqual({ retries: 2, overBudget: 1 });

    retry.begin();
    expect(retry.delayMs(attempt(new Error('503'), 1), anyTime)).toBe(100);
  });

  test('does not pay for a wait that nobody would wait for, and tells what the error cost all the same', () => {
    const budget = new RetryBudget({ ratio: 1, burst: 2 });
    const retry = setUp({ maxAttempts: 9 }, budget);
    const error = new Error('503');

    expect(retry.delayMs(attempt(error, 2), (delayMs) => delayMs < 100)).toBeUndefined();
    expect(budget.balance).toBe(2);
    expect(retry.reading()).toEqual({ retries: 0, overBudget: 0 });
    expect(attemptsOf(error)).toBe(2);
  });

  test('without a budget is bounded by maxAttempts alone', () => {
    const retry = setUp({ maxAttempts: 1_000 });

    for (let number = 1; number < 1_000; number++)
      expect(retry.delayMs(attempt(new Error('503'), number), anyTime)).toBe(100);
    expect(retry.delayMs(attempt(new Error('503'), 1_000), anyTime)).toBeUndefined();
  });

  test('tells how many attempts an error cost, without touching it', () => {
    const retry = setUp({ maxAttempts: 3 });
    const last = Object.freeze(new Error('503'));
    const passed = new Error('503');

    retry.delayMs(attempt(passed, 1), anyTime);
    retry.delayMs(attempt(last, 3), anyTime);
    retry.delayMs(attempt(REVOKED, 3), anyTime);
    retry.delayMs(attempt('a primitive', 3), anyTime);

    expect([last, REVOKED, passed, 'a primitive', undefined].map(attemptsOf)).toEqual([
      3,
      3,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('R6 one inside another makes at most the product of their attempts', () => {
    const count = (attempts: number, inner: () => number): number => {
      const retry = setUp({ maxAttempts: attempts });
      let calls = inner();
      for (let number = 1; retry.delayMs(attempt(new Error('503'), number), anyTime) !== undefined; number++)
        calls += inner();
      return calls;
    };

    expect(count(3, () => count(4, () => 1))).toBe(12);
  });
});
