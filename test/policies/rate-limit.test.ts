/** Rate limit: three ways of counting, and who is counted apart. L1 to L5 of the invariants. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../src/core/schema.ts';
import { RateLimiter } from '../../src/policies/rate-limit/limiter.ts';
import { type RateLimitOptions, rateLimitOptions } from '../../src/policies/rate-limit/options.ts';
import { rateLimited } from '../../src/policies/rate-limit/rejection.ts';

type Algorithm = NonNullable<RateLimitOptions['algorithm']>;

const resolve = (options: RateLimitOptions) => parseOptions(rateLimitOptions, options, 'rateLimit');
const limiterOf = (options: RateLimitOptions) => new RateLimiter(resolve(options), 0);

/** Calls admitted of so many asked for at one instant. */
const admittedOf = (limiter: RateLimiter, calls: number, nowMs: number, tenant?: string): number => {
  let admitted = 0;
  for (let call = 0; call < calls; call++) if (limiter.take(tenant, nowMs) === 0) admitted++;
  return admitted;
};

/** The most calls by which `times` exceed rate · w over all stretches: what must be at most the burst. */
const excessOf = (times: readonly number[], limit: number, perMs: number): number => {
  let excess = 0;
  for (const [from, start] of times.entries())
    for (let to = from; to < times.length; to++)
      excess = Math.max(excess, to - from + 1 - ((times[to]! - start) * limit) / perMs);
  return excess;
};

const ALGORITHMS: readonly Algorithm[] = ['tokenBucket', 'slidingWindow', 'fixedWindow'];
const waits = fc.array(fc.oneof(fc.constant(0), fc.nat(3), fc.nat(50), fc.nat(2_000)), { maxLength: 150, size: 'max' });

describe('the options', () => {
  test('have these defaults', () => {
    expect(resolve({ limit: 10 })).toEqual({
      limit: 10,
      perMs: 1_000,
      algorithm: 'tokenBucket',
      keyed: false,
      maxKeys: 10_000,
    });
  });

  test.each([
    [{}, 'rateLimit.limit: expected a whole number from 1 to 1000000, received undefined'],
    [{ limit: NaN }, 'rateLimit.limit: expected a whole number from 1 to 1000000, received NaN'],
    [{ limit: 1, perMs: 0 }, 'rateLimit.perMs: expected milliseconds, a number from 1 to 2147483647, received 0'],
    [{ limit: 1, perMs: Infinity }, /^rateLimit\.perMs: expected milliseconds, .*, received Infinity$/],
    [{ limit: 1, burst: 0 }, 'rateLimit.burst: expected a whole number from 1 to 1000000, received 0'],
    [{ limit: 1, algorithm: 'leakyBucket' }, /^rateLimit\.algorithm: expected one of tokenBucket, .*"leakyBucket"$/],
    [{ limit: 1, algorithm: 'fixedWindow', burst: 2 }, 'rateLimit: expected no burst beside a window'],
    [{ limit: 1, keyed: 'tenant' }, 'rateLimit.keyed: expected true or false, received "tenant"'],
    [{ limit: 1, maxKeys: 0 }, 'rateLimit.maxKeys: expected a whole number from 1 to 1000000, received 0'],
    [{ limit: 1, perMS: 1 }, 'rateLimit: has no key "perMS"; did you mean "perMs"?'],
  ])('refuse %j', (options, message) => {
    expect(() => resolve(options as RateLimitOptions)).toThrow(message);
  });
});

describe('a token bucket of 10 a second', () => {
  test('lets the burst through at once, then one each 100 ms', () => {
    const limiter = limiterOf({ limit: 10 });

    expect(admittedOf(limiter, 20, 0)).toBe(10);
    expect(admittedOf(limiter, 1, 99)).toBe(0);
    expect(admittedOf(limiter, 2, 100)).toBe(1);
    expect(admittedOf(limiter, 9, 500)).toBe(4);
  });

  test('L2 saves up no more than its burst, however far the clock goes', () => {
    const limiter = limiterOf({ limit: 10, burst: 3 });
    admittedOf(limiter, 20, 0);

    expect(admittedOf(limiter, 20, 1e12)).toBe(3);
  });

  test('says when: 100 ms after the burst, 40 ms after 60 of them', () => {
    const limiter = limiterOf({ limit: 10 });
    admittedOf(limiter, 10, 0);

    expect(limiter.take(undefined, 0)).toBe(100);
    expect(limiterOf({ limit: 10, burst: 1 }).take(undefined, 0)).toBe(0);

    const later = limiterOf({ limit: 10 });
    admittedOf(later, 10, 0);
    expect(later.take(undefined, 60)).toBe(40);
  });
});

describe('a sliding window of 64 in 640 ms', () => {
  test('forgets a call when it, and the part of the window it fell in, is over', () => {
    const limiter = limiterOf({ limit: 64, perMs: 640, algorithm: 'slidingWindow' });
    expect(admittedOf(limiter, 1, 0)).toBe(1);
    expect(admittedOf(limiter, 63, 300)).toBe(63);

    expect(limiter.take(undefined, 639)).toBe(11);
    expect(admittedOf(limiter, 10, 649)).toBe(0);
    expect(admittedOf(limiter, 10, 650)).toBe(1);
    expect(admittedOf(limiter, 100, 950)).toBe(63);
  });

  test('forgets a gap of any length at once', () => {
    const limiter = limiterOf({ limit: 5, perMs: 1, algorithm: 'slidingWindow' });
    admittedOf(limiter, 5, 0);

    expect(admittedOf(limiter, 9, 1e12)).toBe(5);
  });

  test('L1 no stretch of the window, however placed, has more than the limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 700 }), waits, (limit, perMs, steps) => {
        const limiter = limiterOf({ limit, perMs, algorithm: 'slidingWindow' });
        const times: number[] = [];
        let nowMs = 0;
        for (const waitMs of steps) {
          nowMs += waitMs;
          if (limiter.take(undefined, nowMs) === 0) times.push(nowMs);
        }

        for (const [at, time] of times.entries())
          expect(times.filter((other, index) => index >= at && other < time + perMs).length).toBeLessThanOrEqual(limit);
      }),
    );
  });
});

describe('a fixed window of 10 a second', () => {
  test('starts again at each full second', () => {
    const limiter = limiterOf({ limit: 10, algorithm: 'fixedWindow' });

    expect(admittedOf(limiter, 20, 900)).toBe(10);
    expect(limiterOf({ limit: 1, algorithm: 'fixedWindow' }).take(undefined, 900)).toBe(0);
    expect(admittedOf(limiter, 20, 999)).toBe(0);
    expect(admittedOf(limiter, 20, 1_000)).toBe(10);
  });

  test('says when: at the next full second', () => {
    const limiter = limiterOf({ limit: 10, algorithm: 'fixedWindow' });
    admittedOf(limiter, 10, 250);

    expect(limiter.take(undefined, 250)).toBe(750);
  });
});

describe.each(ALGORITHMS)('%s', (algorithm) => {
  const isBucket = algorithm === 'tokenBucket';
  const drawn = fc
    .record({
      limit: fc.integer({ min: 1, max: 20 }),
      perMs: fc.integer({ min: 1, max: 1_000 }),
      burst: fc.integer({ min: 1, max: 30 }),
    })
    .map(({ limit, perMs, burst }) => ({
      options: { limit, perMs, algorithm, ...(isBucket && { burst }) },
      burst: { tokenBucket: burst, slidingWindow: limit, fixedWindow: 2 * limit }[algorithm],
    }));

  test('L1 admits at most rate · w + burst in any interval w', () => {
    fc.assert(
      fc.property(drawn, waits, ({ options, burst }, steps) => {
        const limiter = limiterOf(options);
        const times: number[] = [];
        let nowMs = 0;
        for (const waitMs of steps) {
          nowMs += waitMs;
          if (limiter.take(undefined, nowMs) === 0) times.push(nowMs);
        }

        expect(excessOf(times, options.limit, options.perMs)).toBeLessThanOrEqual(burst + 1e-9);
      }),
    );
  });

  test('L2 a clock that steps back changes nothing', () => {
    const steps = fc.array(fc.tuple(fc.nat(200), fc.oneof(fc.constant(0), fc.nat(5_000))), {
      maxLength: 100,
      size: 'max',
    });
    fc.assert(
      fc.property(drawn, steps, ({ options }, moves) => {
        const [steady, jumping] = [limiterOf(options), limiterOf(options)];
        let [nowMs, latestMs] = [10_000, 0];
        for (const [waitMs, backMs] of moves) {
          nowMs += waitMs;
          latestMs = Math.max(latestMs, nowMs - backMs);

          expect(jumping.take(undefined, nowMs - backMs) === 0).toBe(steady.take(undefined, latestMs) === 0);
        }
      }),
    );
  });

  test('L4 who cannot be served now hears at once from when on: not a millisecond too early or too late', () => {
    fc.assert(
      fc.property(drawn, waits, fc.boolean(), ({ options }, steps, isEarly) => {
        const limiter = limiterOf(options);
        let nowMs = 0;
        for (const waitMs of steps) {
          nowMs += waitMs;
          limiter.take(undefined, nowMs);
        }
        nowMs += 2 * options.perMs; // the row of violations is over, so that the answer is the wait itself
        let answer = 0;
        while (answer === 0) answer = limiter.take(undefined, nowMs);

        expect(limiter.take(undefined, nowMs + answer - (isEarly ? 1 : 0)) === 0).toBe(!isEarly);
      }),
    );
  });
});

describe('a limiter', () => {
  test('L3 has admitted or rejected every call it was asked for', () => {
    const call = fc.tuple(fc.constantFrom('a', 'b', 'c', undefined), fc.nat(300));
    fc.assert(
      fc.property(fc.constantFrom(...ALGORITHMS), fc.array(call, { maxLength: 100 }), (algorithm, calls) => {
        const limiter = limiterOf({ limit: 3, algorithm, keyed: true, maxKeys: 2 });
        let [nowMs, letThrough] = [0, 0];
        for (const [tenant, waitMs] of calls) if (limiter.take(tenant, (nowMs += waitMs)) === 0) letThrough++;

        expect(limiter.reading()).toMatchObject({ admitted: letThrough, rejected: calls.length - letThrough });
      }),
    );
  });

  test('answers violations in a row with waits that double, up to 64 times the wait', () => {
    const limiter = limiterOf({ limit: 10 });
    admittedOf(limiter, 10, 0);

    const answers = Array.from({ length: 9 }, () => limiter.take(undefined, 0));

    expect(answers).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 6_400, 6_400]);
  });

  test('forgives after a quiet perMs, and not after an admission', () => {
    const limiter = limiterOf({ limit: 10 });
    admittedOf(limiter, 12, 0);

    expect(admittedOf(limiter, 1, 100)).toBe(1);
    expect(limiter.take(undefined, 100)).toBe(400);
    expect(admittedOf(limiter, 10, 1_100)).toBe(10);
    expect(limiter.take(undefined, 1_100)).toBe(100);
  });

  test('never answers more than a timer can wait', () => {
    const limiter = limiterOf({ limit: 1, perMs: 2 ** 31 - 1 });
    admittedOf(limiter, 9, 0);

    expect(limiter.take(undefined, 0)).toBe(2 ** 31 - 1);
  });

  test('counts no tenant apart unless keyed', () => {
    const limiter = limiterOf({ limit: 2 });

    expect(['a', 'b', 'c'].map((tenant) => limiter.take(tenant, 0) === 0)).toEqual([true, true, false]);
    expect(limiter.reading()).toEqual({ admitted: 2, rejected: 1, keys: 0, shared: 0 });
  });

  test('gives every tenant the limit for itself where keyed, and calls without a tenant one together', () => {
    const limiter = limiterOf({ limit: 2, keyed: true });

    for (const tenant of ['a', '', '__proto__', 'constructor', undefined])
      expect(admittedOf(limiter, 3, 0, tenant)).toBe(2);
    expect(limiter.reading().keys).toBe(5);
  });

  test('L5 a tenant that is active is not forgotten, however many others come: they share', () => {
    const limiter = limiterOf({ limit: 2, keyed: true, maxKeys: 1 });
    expect(admittedOf(limiter, 3, 0, 'active')).toBe(2);

    expect(admittedOf(limiter, 1, 1, 'b') + admittedOf(limiter, 1, 1, 'c') + admittedOf(limiter, 1, 1, 'd')).toBe(2);
    expect(admittedOf(limiter, 1, 2, 'active')).toBe(0);
    expect(limiter.reading()).toMatchObject({ keys: 1, shared: 3 });
  });

  test('L5 a tenant that is at rest makes room, the least recently used first', () => {
    const limiter = limiterOf({ limit: 2, keyed: true, maxKeys: 2 });
    for (const tenant of ['a', 'b', 'a']) limiter.take(tenant, 0);

    limiter.take('c', 500); // b had one of two left: full again
    expect(limiter.reading()).toMatchObject({ keys: 2, shared: 0 });
    expect(admittedOf(limiter, 2, 500, 'a')).toBe(1); // still its own, half refilled
  });

  test('L5 a tenant with a violation in mind is not forgotten, so its answers go on growing', () => {
    const limiter = limiterOf({ limit: 1_000, burst: 1, keyed: true, maxKeys: 1 });
    admittedOf(limiter, 3, 0, 'a');

    limiter.take('b', 999);
    expect(limiter.reading()).toMatchObject({ keys: 1, shared: 1 });
    limiter.take('b', 1_000);
    expect(limiter.reading()).toMatchObject({ keys: 1, shared: 1 });
  });

  test.each<[Algorithm, number]>([
    ['tokenBucket', 1_999],
    ['slidingWindow', 2_000],
    ['fixedWindow', 1_999],
  ])('L5 %s: who leaves the shared quota takes its past along', (algorithm, atMs) => {
    const limiter = limiterOf({ limit: 2, algorithm, keyed: true, maxKeys: 1 });
    admittedOf(limiter, 3, 999, 'a');
    expect(admittedOf(limiter, 2, 1_998, 'b')).toBe(2);

    expect(admittedOf(limiter, 1, atMs, 'b')).toBe(0);
    expect(limiter.reading()).toMatchObject({ keys: 1, shared: 2 });
  });

  test.each(ALGORITHMS)('L5 %s: no tenant ever gets more than its limit by being forgotten or sharing', (algorithm) => {
    const step = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.oneof(fc.constant(0), fc.nat(20), fc.nat(400)));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(step, { maxLength: 200, size: 'max' }),
        (limit, perMs, maxKeys, steps) => {
          const limiter = limiterOf({ limit, perMs, algorithm, keyed: true, maxKeys });
          const admitted = new Map<string, number[]>();
          let nowMs = 0;
          for (const [tenant, waitMs] of steps) {
            nowMs += waitMs;
            const times = admitted.get(tenant) ?? [];
            if (limiter.take(tenant, nowMs) === 0) times.push(nowMs);
            admitted.set(tenant, times);
            expect(limiter.reading().keys).toBeLessThanOrEqual(maxKeys);
          }

          const burst = algorithm === 'fixedWindow' ? 2 * limit : limit;
          for (const times of admitted.values())
            expect(excessOf(times, limit, perMs)).toBeLessThanOrEqual(burst + 1e-9);
        },
      ),
    );
  });
});

test('a rejection names the pipeline, the tenant and when to come back, and has no stack', () => {
  const error = rateLimited('payments', 'acme', 100);

  expect(error).toMatchObject({
    code: 'RATE_LIMITED',
    component: 'payments',
    retryAfterMs: 100,
    message: '"payments": the rate limit of tenant "acme" is reached: the call was not made, try again in 100 ms',
  });
  expect(error.stack).not.toContain('\n');
  expect(rateLimited('payments', undefined, 1).message).toBe(
    '"payments": the rate limit is reached: the call was not made, try again in 1 ms',
  );
});
