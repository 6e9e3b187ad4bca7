/** The rows and vectors of the breaker's contract, at the level where they are decided. */
import { describe, expect, test } from 'vitest';
import { REJECTED } from '../../src/policies/breaker/slot.ts';
import { breakerRig } from '../support/breaker-rig.ts';

describe('trip rules', () => {
  test('rate equal to threshold trips: yes (≥)', () => {
    expect(breakerRig({ failureRate: 0.5, minimumCalls: 4 }).play('SSFF')).toBe('open');
  });

  test('rate below the threshold: no trip', () => {
    expect(breakerRig({ failureRate: 0.5, minimumCalls: 4 }).play('SSFS')).toBe('closed');
  });

  test('may a success trip: yes, one that completes minimumCalls; minimum 4, rate 0.5: F,F,S,S opens on the last success', () => {
    const rig = breakerRig({ failureRate: 0.5, minimumCalls: 4 });

    expect(rig.play('FFS')).toBe('closed');
    expect(rig.play('S')).toBe('open');
  });

  test('failures in a row trip without a window, and a success in between starts the count again', () => {
    const rig = breakerRig({ consecutiveFailures: 3 });

    expect(rig.play('FFSFF')).toBe('closed');
    expect(rig.play('F')).toBe('open');
    expect(rig.transitions[0]).toMatchObject({ from: 'closed', to: 'open', rule: 'consecutiveFailures', epoch: 2 });
  });

  test('defaults: without a rule of its own a breaker opens at failureRate 0.5 of minimumCalls 20', () => {
    const rig = breakerRig();

    expect(rig.play('S'.repeat(10) + 'F'.repeat(9))).toBe('closed');
    expect(rig.play('F')).toBe('open');
  });

  test('B9 ignored error: neither success nor failure', () => {
    const rig = breakerRig({ consecutiveFailures: 2, failureRate: 0.9, minimumCalls: 2 });

    rig.play('FI');

    expect(rig.slot.counts()).toMatchObject({ total: 1, failed: 1, consecutiveFailures: 1 });
  });

  test('B11 rates before minimumCalls are null, never NaN', () => {
    const rig = breakerRig({ minimumCalls: 2 });

    expect(rig.slot.counts().failureRate).toBeNull();
    rig.play('F');
    expect(rig.slot.counts().failureRate).toBeNull();
    rig.play('S');
    expect(rig.slot.counts().failureRate).toBe(0.5);
  });

  test('slow means duration > slowCallMs, not equal to it', () => {
    const rig = breakerRig({ slowCallMs: 100 });
    const settleAfter = (ms: number): void => {
      const startedAt = rig.env.now();
      const permit = rig.slot.admit();
      rig.env.advance(ms);
      rig.slot.settle(permit, 'success', startedAt);
    };

    settleAfter(100);
    expect(rig.slot.counts().slow).toBe(0);
    settleAfter(101);
    expect(rig.slot.counts().slow).toBe(1);
  });
});

describe('open', () => {
  test('wait 1000 ms: at +999 rejected (retryAfterMs 1), at +1000 admitted', () => {
    const rig = breakerRig({ consecutiveFailures: 1, openMs: 1_000 });
    rig.play('F');

    rig.env.advance(999);
    expect(rig.admits()).toBe(false);
    expect(rig.slot.retryAfterMs()).toBe(1);
    rig.env.advance(1);
    expect(rig.admits()).toBe(true);
    expect(rig.slot.state).toBe('halfOpen');
  });

  test('B8 open → halfOpen instant: elapsed ≥ openMs on the monotonic clock, the wall clock never matters', () => {
    const rig = breakerRig({ consecutiveFailures: 1, openMs: 1_000 });
    rig.play('F');

    rig.env.jumpWall(3_600_000);

    expect(rig.admits()).toBe(false);
  });

  test('a getter never transitions', () => {
    const rig = breakerRig({ consecutiveFailures: 1, openMs: 1_000 });
    rig.play('F');
    rig.env.advance(1_000);

    expect(rig.slot.state).toBe('open');
    expect(rig.slot.retryAfterMs()).toBe(0);
    expect(rig.slot.state).toBe('open');
  });
});

describe('halfOpen', () => {
  const halfOpen = (permits: number, failureRate?: number) => {
    const rig = breakerRig({
      consecutiveFailures: 1,
      openMs: 1_000,
      minimumCalls: 1_000,
      halfOpen: { permits },
      ...(failureRate !== undefined && { failureRate }),
    });
    rig.play('F');
    rig.env.advance(1_000);
    return rig;
  };

  test.each([
    [2, 0.5, 'S', 'halfOpen'],
    [2, 0.5, 'SF', 'open'],
    [2, 0.5, 'SS', 'closed'],
    [3, 0.5, 'SS', 'halfOpen'],
    [3, 0.5, 'SSS', 'closed'],
    [3, 0.5, 'F', 'halfOpen'],
    [3, 0.5, 'FF', 'open'],
    [2, undefined, 'SS', 'closed'],
    [2, undefined, 'SF', 'open'],
  ])('half-open decision: permits %d, failureRate %s: %s ends %s', (permits, rate, votes, state) => {
    expect(halfOpen(permits, rate).play(votes)).toBe(state);
  });

  test('B2 halfOpen admits at most halfOpen.permits, and rejects the rest at once', () => {
    const rig = halfOpen(2);

    expect([rig.admits(), rig.admits(), rig.admits()]).toEqual([true, true, false]);
  });

  test('B4 half-open decision: an ignored probe gives its permit back', () => {
    const rig = halfOpen(1);

    rig.play('III');

    expect(rig.admits()).toBe(true);
  });

  test('B7 hung probe: one that never settles opens the breaker again at its deadline, as probeTimeout', () => {
    const rig = halfOpen(1);
    rig.admits();

    rig.env.advance(999);
    expect(rig.admits()).toBe(false);
    expect(rig.slot.state).toBe('halfOpen');
    rig.env.advance(1);
    expect(rig.admits()).toBe(false);
    expect(rig.transitions.at(-1)).toMatchObject({ from: 'halfOpen', to: 'open', rule: 'probeTimeout' });
  });

  test('hung probe: halfOpen.deadlineMs is openMs, at least 1 s', () => {
    const rig = breakerRig({ consecutiveFailures: 1, openMs: 10, halfOpen: { permits: 1 } });
    rig.play('F');
    rig.env.advance(10);
    rig.admits();

    rig.env.advance(999);
    rig.slot.expireProbes();
    expect(rig.slot.state).toBe('halfOpen');
    rig.env.advance(1);
    rig.slot.expireProbes();
    expect(rig.slot.state).toBe('open');
  });
});

describe('late results', () => {
  test('B5 defect 3: a late success from before the trip does not close a halfOpen breaker', () => {
    const rig = breakerRig({ consecutiveFailures: 1, openMs: 1_000, halfOpen: { permits: 1 } });
    const early = rig.slot.admit();
    rig.play('F');
    rig.env.advance(1_000);
    rig.admits();

    rig.slot.settle(early, 'success', 0);

    expect(rig.slot.state).toBe('halfOpen');
  });

  test('B5 late result of an older epoch: a failure does not enter the window of a re-closed breaker', () => {
    const rig = breakerRig({ failureRate: 0.5, minimumCalls: 2, openMs: 1_000, halfOpen: { permits: 1 } });
    const early = rig.slot.admit();
    rig.play('FF');
    rig.env.advance(1_000);
    rig.play('S');

    rig.slot.settle(early, 'failure', 0);

    expect(rig.slot.counts()).toMatchObject({ total: 0, failed: 0 });
  });

  test('B5 defect 2: a late ignored result frees no permit of the new epoch', () => {
    const rig = breakerRig({ consecutiveFailures: 1, openMs: 1_000, halfOpen: { permits: 1 } });
    const early = rig.slot.admit();
    rig.play('F');
    rig.env.advance(1_000);
    rig.admits();

    rig.slot.settle(early, 'ignored', 0);

    expect(rig.admits()).toBe(false);
  });

  test('a freed slot goes on at the next epoch, so the result of its last tenant is stale', () => {
    const rig = breakerRig({ consecutiveFailures: 1 });
    const permit = rig.slot.admit();
    const epoch = rig.slot.epoch;
    rig.slot.release();
    const row = rig.slots.take();

    expect(row.i32[row.word]! >>> 3).toBe(epoch + 2);
    expect(row.i32[row.word]).not.toBe(permit);
  });
});

describe('by hand', () => {
  test.each([
    ['forceOpen', 'forcedOpen', false],
    ['disable', 'disabled', true],
    ['observe', 'metricsOnly', true],
  ] as const)('%s leads to %s, which admits: %s', (event, state, admits) => {
    const rig = breakerRig();

    expect(rig.slot.step(event, 'manual')).toBe(state);
    expect(rig.admits()).toBe(admits);
  });

  test('B13 forcedOpen admits none, records nothing and is left by hand only, whatever settles late and however long it takes', () => {
    const rig = breakerRig({ consecutiveFailures: 1, openMs: 1_000 });
    const early = rig.slot.admit();
    rig.slot.step('forceOpen', 'manual');

    rig.slot.settle(early, 'failure', 0);
    rig.env.advance(3_600_000);

    expect(rig.admits()).toBe(false);
    expect(rig.slot.state).toBe('forcedOpen');
    expect(rig.slot.retryAfterMs()).toBeUndefined();
  });

  test.each([
    ['closed', 'probe'],
    ['metricsOnly', 'open'],
    ['metricsOnly', 'probe'],
  ] as const)('B6 illegal: from %s the chart has no %s, and the state stays', (state, event) => {
    const rig = breakerRig();
    if (state === 'metricsOnly') rig.slot.step('observe', 'manual');
    const epoch = rig.slot.epoch;

    expect(rig.slot.step(event, 'manual')).toBeUndefined();
    expect(rig.slot.state).toBe(state);
    expect(rig.slot.epoch).toBe(epoch);
  });

  test('disabled admits all and records nothing; metricsOnly admits all, records, and never opens', () => {
    const rig = breakerRig({ failureRate: 0.5, minimumCalls: 1 });
    rig.slot.step('disable', 'manual');
    rig.play('FFF');
    expect(rig.slot.counts().total).toBe(0);

    rig.slot.step('observe', 'manual');
    rig.play('FFF');
    expect(rig.slot.counts()).toMatchObject({ total: 3, failed: 3 });
    expect(rig.slot.state).toBe('metricsOnly');
  });
});

test('a rejection is no permit of any slot', () => {
  const rig = breakerRig({ consecutiveFailures: 1 });
  rig.play('F');

  expect(rig.slot.admit()).toBe(REJECTED);
  expect(rig.slot.counts().notPermitted).toBe(1);
});
