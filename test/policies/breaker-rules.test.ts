/** The rest of the breaker's contract: windows of calls, every trip rule, openings, ramp-up, snapshots. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { isQuantileAbove } from '../../src/policies/breaker/decisions.ts';
import { openingMs } from '../../src/policies/breaker/opening.ts';
import { type BreakerSlot, REJECTED } from '../../src/policies/breaker/slot.ts';
import { type BreakerRig, breakerRig } from '../support/breaker-rig.ts';

/** One admitted call that took so long. */
function take(rig: BreakerRig, ms: number, vote: 'success' | 'failure' = 'success'): void {
  const startedAt = rig.env.now();
  const permit = rig.slot.admit();
  rig.env.advance(ms);
  rig.slot.settle(permit, vote, startedAt);
}

describe('a window of calls', () => {
  test('count window 4, minimum 4, rate 0.5: F,S,S,S closed (0.25); F evicts the first F, closed (0.25); F opens (0.5)', () => {
    const rig = breakerRig({ window: { calls: 4 }, minimumCalls: 4, failureRate: 0.5 });

    expect(rig.play('FSSS')).toBe('closed');
    expect(rig.slot.counts().failureRate).toBe(0.25);
    expect(rig.play('F')).toBe('closed');
    expect(rig.slot.counts().failureRate).toBe(0.25);
    expect(rig.play('F')).toBe('open');
  });

  test('minimum calls: in a count window capped to the window size', () => {
    expect(breakerRig({ window: { calls: 2 }, minimumCalls: 20, failureRate: 0.5 }).play('FF')).toBe('open');
  });

  test('it reads no clock to settle a success', () => {
    const rig = breakerRig({ window: { calls: 4 } });
    const permit = rig.slot.admit();
    const now = vi.spyOn(rig.env, 'now');

    rig.slot.settle(permit, 'success', 0);

    expect(rig.slot.timed).toBe(false);
    expect(now).not.toHaveBeenCalled();
  });

  test('an idle hour leaves it as it is', () => {
    const rig = breakerRig({ window: { calls: 4 } });
    rig.play('FS');
    rig.env.advance(3_600_000);

    expect(rig.slot.counts()).toMatchObject({ total: 2, failed: 1 });
  });
});

describe('trip rules', () => {
  test('failureCount opens at so many failures of the window, without a minimum of calls', () => {
    const rig = breakerRig({ failureCount: 2 });

    expect(rig.play('FSSS')).toBe('closed');
    expect(rig.play('F')).toBe('open');
    expect(rig.transitions[0]?.rule).toBe('failureCount');
  });

  test('slowCallRate opens on slow successes; may a success trip: yes, a slow one', () => {
    const rig = breakerRig({ slowCallRate: 0.5, slowCallMs: 100, minimumCalls: 2 });

    take(rig, 10);
    take(rig, 101);

    expect(rig.transitions[0]).toMatchObject({ to: 'open', rule: 'slowCallRate' });
  });

  test('latency opens when the quantile of the window is above its bound', () => {
    const rig = breakerRig({ latency: { percentile: 0.9, aboveMs: 100 }, minimumCalls: 10, window: { ms: 60_000 } });

    for (let call = 0; call < 9; call++) take(rig, 10);
    take(rig, 500);
    expect(rig.slot.state).toBe('closed');
    take(rig, 500);

    expect(rig.transitions[0]).toMatchObject({ to: 'open', rule: 'latency' });
  });

  test('counting those above a bound is what a sort says of the quantile', () => {
    const values = fc.array(fc.nat(200), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(values, fc.nat(200), fc.integer({ min: 1, max: 100 }), (latencies, bound, percent) => {
        const percentile = percent / 100;
        const quantile = latencies.toSorted((a, b) => a - b)[Math.ceil(percentile * latencies.length) - 1]!;
        const above = latencies.filter((latency) => latency > bound).length;

        expect(isQuantileAbove(percentile, latencies.length, above)).toBe(quantile > bound);
      }),
    );
  });

  test('latency: true measures and trips nothing', () => {
    const rig = breakerRig({ consecutiveFailures: 5, latency: true });
    take(rig, 50_000);

    expect(rig.slot.state).toBe('closed');
    expect(rig.slot.latenciesMs([0.5])).not.toBeUndefined();
  });

  test('a pure function (counts) => boolean sees the counts, and opens the breaker', () => {
    const trip = vi.fn(({ failed, total }) => failed === 1 && total === 3);
    const rig = breakerRig({ trip, minimumCalls: 1 });

    rig.play('FSS');

    expect(rig.transitions[0]).toMatchObject({ to: 'open', rule: 'trip' });
    expect(trip.mock.calls[2]).toEqual([
      { total: 3, failed: 1, slow: 0, consecutiveFailures: 0, failureRate: 1 / 3, slowCallRate: 0 },
    ]);
  });

  test('a rule that throws says no, and is counted', () => {
    const rig = breakerRig({
      trip: () => {
        throw new Error('bad rule');
      },
    });

    expect(rig.play('F')).toBe('closed');
    expect(rig.callbackFailures).toEqual(['trip']);
  });

  test('an async rule says no, is counted, and its rejection is swallowed', () => {
    const rig = breakerRig({
      trip: (async () => {
        throw new Error('late');
      }) as never,
    });

    expect(rig.play('F')).toBe('closed');
    expect(rig.callbackFailures).toEqual(['trip']);
  });

  test('composable: any one of several rules trips, and the event says which', () => {
    const rig = breakerRig({ consecutiveFailures: 3, failureRate: 0.5, minimumCalls: 4 });

    rig.play('SFSF');

    expect(rig.transitions[0]?.rule).toBe('failureRate');
  });

  test('metricsOnly announces once per crossing, again after it fell below', () => {
    const rig = breakerRig({ consecutiveFailures: 2 });
    rig.slot.step('observe', 'manual');

    rig.play('FFFF');
    expect(rig.crossings).toEqual(['consecutiveFailures']);
    rig.play('SFF');

    expect(rig.crossings).toEqual(['consecutiveFailures', 'consecutiveFailures']);
    expect(rig.slot.state).toBe('metricsOnly');
  });
});

describe('probes and slow calls', () => {
  const halfOpen = (options: object) => {
    const rig = breakerRig({ openMs: 1_000, minimumCalls: 1_000, ...options });
    rig.slot.step('open', 'test');
    rig.env.advance(1_000);
    return rig;
  };

  test('half-open decision: a slow probe is a failure when a slow rule exists', () => {
    const rig = halfOpen({ slowCallRate: 0.5, slowCallMs: 100, failureRate: 0.5, halfOpen: { permits: 2 } });

    take(rig, 101);

    expect(rig.slot.state).toBe('open');
  });

  test('without such a rule a slow probe is a success', () => {
    const rig = halfOpen({ slowCallMs: 100, failureRate: 0.5, halfOpen: { permits: 1 } });

    take(rig, 101);

    expect(rig.slot.state).toBe('closed');
  });

  test('slow probes are tolerated up to their rate of the permits', () => {
    const rig = halfOpen({ slowCallRate: 0.5, slowCallMs: 100, halfOpen: { permits: 3 } });

    take(rig, 101);
    expect(rig.slot.state).toBe('halfOpen');
    take(rig, 101);
    expect(rig.slot.state).toBe('open');
  });
});

test('half-open decision: without a failureRate the first failed probe opens, also one that was slow in a breaker with a slow rule', () => {
  const rig = breakerRig({ slowCallRate: 0.5, slowCallMs: 100, openMs: 1_000, halfOpen: { permits: 3 } });
  rig.slot.step('open', 'manual');
  rig.env.advance(1_000);
  const permit = rig.slot.admit();
  rig.env.advance(101);

  rig.slot.settle(permit, 'failure', rig.env.now() - 101);

  expect(rig.slot.state).toBe('open');
});

describe('the length of an opening', () => {
  /** Open, wait it out, and fail the probe: openings in a row. */
  const openings = (rig: BreakerRig, count: number): number[] => {
    const lengths: number[] = [];
    rig.play('F');
    for (let opening = 0; opening < count; opening++) {
      lengths.push(rig.slot.retryAfterMs()!);
      rig.env.advance(rig.slot.retryAfterMs()!);
      rig.play('F');
    }
    return lengths;
  };

  test('exponential opening 500 ms × 1.5, no jitter: 500, 750, 1125, 1687.5, 2531.25', () => {
    const rig = breakerRig({ consecutiveFailures: 1, openMs: { initialMs: 500, factor: 1.5 } });

    expect(openings(rig, 5)).toEqual([500, 750, 1_125, 1_687.5, 2_531.25]);
  });

  test('open duration: the interval function is called with 1, 2, 3 on three openings without a quiet period, and with 1 again after one', () => {
    const openMs = vi.fn((attempt: number) => attempt * 1_000);
    const rig = breakerRig({ consecutiveFailures: 1, openMs, halfOpen: { permits: 1 } });
    openings(rig, 2);
    expect(openMs.mock.calls).toEqual([[1], [2], [3]]);

    rig.env.advance(3_000);
    rig.play('S');
    rig.env.advance(3_000);
    rig.play('F');

    expect(openMs.mock.lastCall).toEqual([1]);
  });

  test('a trip before the quiet time is over is one more in a row', () => {
    const openMs = vi.fn(() => 1_000);
    const rig = breakerRig({ consecutiveFailures: 1, openMs, halfOpen: { permits: 1 } });
    rig.play('F');
    rig.env.advance(1_000);
    rig.play('S');
    rig.env.advance(999);
    rig.play('F');

    expect(openMs.mock.lastCall).toEqual([2]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['gives NaN', () => NaN],
    ['gives a negative', () => -1],
    ['gives a string', () => '5' as never],
  ])('a function that %s is counted, and the opening lasts 5 s', (_, openMs) => {
    const rig = breakerRig({ consecutiveFailures: 1, openMs });
    rig.play('F');

    expect(rig.slot.retryAfterMs()).toBe(5_000);
    expect(rig.callbackFailures).toEqual(['openMs']);
  });

  test('it is finite and within its bounds for any attempt and any chance', () => {
    const growth = fc.record({
      initialMs: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      factor: fc.double({ min: 1, max: 100, noNaN: true }),
      maxMs: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(growth, fc.integer({ min: 1, max: 1e9 }), chance, (openMs, attempt, random) => {
        const ms = openingMs(openMs, attempt, random);

        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(openMs.maxMs);
      }),
    );
  });

  test('upstream says Retry-After: lengthens an opening, never shortens it, capped by maxOpenMs', () => {
    const openFor = (retryAfterMs: number, maxOpenMs?: number): number => {
      const rig = breakerRig({ consecutiveFailures: 1, openMs: 1_000, ...(maxOpenMs !== undefined && { maxOpenMs }) });
      rig.slot.settle(rig.slot.admit(), 'failure', 0, retryAfterMs);
      return rig.slot.retryAfterMs()!;
    };

    expect(openFor(30_000)).toBe(30_000);
    expect(openFor(10)).toBe(1_000);
    expect(openFor(3_600_000)).toBe(60_000);
    expect(openFor(3_600_000, 90_000)).toBe(90_000);
  });

  test('a function that moves the breaker itself, or calls through it, does not recurse', () => {
    const steps: unknown[] = [];
    const rig: BreakerRig = breakerRig({
      consecutiveFailures: 1,
      openMs: () => {
        steps.push(rig.slot.step('forceOpen', 'manual'));
        rig.play('F');
        return 1_000;
      },
    });

    expect(rig.play('F')).toBe('open');
    expect(steps).toEqual([undefined]);
  });

  test('a function that restores or moves the breaker while it is opened or restored changes it once', () => {
    const snapshot = { v: 1, state: 'open', remainingOpenMs: 500, attempt: 1 } as const;
    const begin: ((slot: BreakerSlot) => unknown)[] = [
      (slot) => slot.step('open', 'manual'),
      (slot) => slot.restore(snapshot),
    ];
    for (const way of begin) {
      const rig: BreakerRig = breakerRig({
        openMs: () => {
          rig.slot.restore(snapshot);
          rig.slot.step('open', 'manual');
          return 1_000;
        },
      });

      way(rig.slot);

      expect(rig.transitions.map(({ from, to, epoch }) => [from, to, epoch])).toEqual([['closed', 'open', 2]]);
    }
  });

  test('an async function is counted, its rejection swallowed, and the opening lasts 5 s', () => {
    const rig = breakerRig({
      consecutiveFailures: 1,
      openMs: (async () => {
        throw new Error('late');
      }) as never,
    });
    rig.play('F');

    expect(rig.slot.retryAfterMs()).toBe(5_000);
    expect(rig.callbackFailures).toEqual(['openMs']);
  });

  test('an opening of five minutes lasts five minutes, unless maxOpenMs says less', () => {
    const lengthOf = (options: object): number => {
      const rig = breakerRig({ consecutiveFailures: 1, ...options });
      rig.play('F');
      return rig.slot.retryAfterMs()!;
    };

    expect(lengthOf({ openMs: { initialMs: 300_000, maxMs: 600_000 } })).toBe(300_000);
    expect(lengthOf({ openMs: () => 300_000 })).toBe(300_000);
    expect(lengthOf({ openMs: () => 300_000, maxOpenMs: 90_000 })).toBe(90_000);
  });
});

describe('ramp-up', () => {
  const ramping = () => {
    const rig = breakerRig({
      consecutiveFailures: 1,
      openMs: 1_000,
      halfOpen: { permits: 1 },
      rampUp: { overMs: 1_000 },
    });
    rig.play('F');
    rig.env.advance(1_000);
    rig.play('S');
    return rig;
  };

  test('after closing with rampUp the share of calls let through grows to all of them', () => {
    const rig = ramping();
    const admittedOf = (calls: number): number => {
      let admitted = 0;
      for (let call = 0; call < calls; call++) if (rig.slot.admit() !== REJECTED) admitted++;
      return admitted;
    };

    expect(rig.slot.state).toBe('closed');
    rig.env.advance(100);
    const early = admittedOf(1_000);
    rig.env.advance(700);
    const late = admittedOf(1_000);
    rig.env.advance(200);

    // one tenth and eight tenths of 1,000: within six standard deviations
    expect(Math.abs(early - 100)).toBeLessThan(57);
    expect(Math.abs(late - 800)).toBeLessThan(76);
    expect(admittedOf(1_000)).toBe(1_000);
  });

  test('a breaker closed by its first making, or by hand from forcedOpen, is not ramped', () => {
    const rig = breakerRig({ rampUp: { overMs: 1_000 } });
    rig.slot.step('forceOpen', 'manual');
    rig.slot.step('close', 'manual');

    expect(rig.admits()).toBe(true);
    expect(rig.slot.retryAfterMs()).toBe(0);
  });
});

describe('B14 snapshots', () => {
  const restored = (remainingOpenMs: number, state = 'open' as const) => {
    const rig = breakerRig({ consecutiveFailures: 1, openMs: 1_000 });
    rig.slot.restore({ v: 1, state, remainingOpenMs, attempt: 1 });
    return rig;
  };

  test('restored from a snapshot: remaining open time clamped to [0, openMs]', () => {
    expect(restored(400).slot.retryAfterMs()).toBe(400);
    expect(restored(3_600_000).slot.retryAfterMs()).toBe(1_000);
    expect(restored(-5).slot.retryAfterMs()).toBe(0);
  });

  test('the row of openings goes on where it was, and whoever hears of it sees the remaining time', () => {
    const rig = breakerRig({ consecutiveFailures: 1, openMs: { initialMs: 500, factor: 2 }, halfOpen: { permits: 1 } });
    rig.slot.restore({ v: 1, state: 'open', remainingOpenMs: 3_000, attempt: 4 });

    expect(rig.slot.retryAfterMs()).toBe(3_000);
    rig.env.advance(3_000);
    rig.play('F');
    expect(rig.slot.retryAfterMs()).toBe(8_000);
  });

  test('a breaker in use takes up no snapshot', () => {
    const rig = breakerRig();
    rig.play('S');

    expect(rig.slot.restore({ v: 1, state: 'open', remainingOpenMs: 5, attempt: 1 })).toBe(false);
    expect(rig.slot.state).toBe('closed');
  });

  test('restored from a snapshot: halfOpen restored as open', () => {
    expect(restored(0, 'halfOpen' as never).slot.state).toBe('open');
  });

  test.each(['closed', 'open', 'forcedOpen', 'disabled', 'metricsOnly'] as const)(
    'restore ∘ snapshot keeps %s',
    (state) => {
      const before = breakerRig({ openMs: 1_000 });
      const events = { open: 'open', forcedOpen: 'forceOpen', disabled: 'disable', metricsOnly: 'observe' } as const;
      if (state !== 'closed') before.slot.step(events[state], 'test');
      before.env.advance(300);
      const after = breakerRig({ openMs: 1_000 });

      after.slot.restore(before.slot.snapshot());

      expect(after.slot.snapshot()).toEqual(before.slot.snapshot());
    },
  );

  test('snapshots are deep copies: what happens later does not show in it', () => {
    const rig = breakerRig({ consecutiveFailures: 1 });
    const snapshot = rig.slot.snapshot();
    rig.play('F');

    expect(snapshot).toEqual({ v: 1, state: 'closed', remainingOpenMs: 0, attempt: 0 });
  });
});

test('defect 8: the statistics count since the beginning, at O(1) an outcome', () => {
  const rig = breakerRig({ consecutiveFailures: 3, window: { ms: 1_000 } });
  rig.play('SSFI');
  rig.env.advance(5_000);

  expect(rig.slot.counts()).toMatchObject({
    calls: { success: 2, failure: 1, ignored: 1 },
    notPermitted: 0,
    sinceLastFailureMs: 5_000,
    inStateMs: 5_000,
  });
});
