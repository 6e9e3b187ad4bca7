/** What rules know of the last minutes: calls and downtime, in bounded buckets, and how long breakers have been open. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { breakerCounts, CallWindow, pipelineCounts } from '../../../src/control/alerts/call-window.ts';
import { Downtime } from '../../../src/control/alerts/downtime.ts';
import { OpenTime } from '../../../src/control/alerts/open-time.ts';
import type { RecentCalls } from '../../../src/control/alerts/sample.ts';
import type { BreakerGlance, PipelineReading, Section } from '../../../src/core/readings.ts';
import { breakerOf, componentOf } from '../../support/alert-sample.ts';

const NONE = { success: 0, failure: 0, ignored: 0, timeout: 0, aborted: 0, rejected: 0, fallback: 0 };

function pipelineOf(outcomes: Partial<typeof NONE>, rateLimited = 0): PipelineReading {
  return {
    calls: 0,
    inFlight: 0,
    outcomes: { ...NONE, ...outcomes },
    rejections: { RATE_LIMITED: rateLimited },
    late: 0,
    policies: { retries: 0, overBudget: 0, waiting: 0, zombies: 0, lent: 0, tenants: 0, sharing: 0 },
  };
}

function lookIn<T>(calls: CallWindow<T>, readings: Section<T>, nowMs: number): Section<RecentCalls> {
  const section: Record<string, RecentCalls> = {};
  calls.look(readings, nowMs, section);
  return section;
}

const pipelineWindow = (): CallWindow<PipelineReading> => new CallWindow('pipeline', pipelineCounts);
const breakerWindow = (): CallWindow<BreakerGlance> => new CallWindow('breaker', breakerCounts);

test('failures, timeouts and rejections are errors; what says nothing does not count, and a fallback is an answer', () => {
  const calls = pipelineWindow();
  const reading = pipelineOf(
    { success: 50, failure: 3, timeout: 2, rejected: 7, fallback: 8, ignored: 9, aborted: 9 },
    4,
  );

  expect(lookIn(calls, { quotes: reading }, 1_000)['pipeline/quotes']).toEqual({
    total: 66,
    errors: 8,
    rateLimited: 4,
  });
});

test('what was counted before anybody looked is not of the last minute', () => {
  const calls = pipelineWindow();
  calls.begin({ quotes: pipelineOf({ failure: 100 }) });

  const section = lookIn(calls, { quotes: pipelineOf({ failure: 101 }), later: pipelineOf({ success: 5 }) }, 1_000);

  expect(section['pipeline/quotes']).toEqual({ total: 1, errors: 1, rateLimited: 0 });
  expect(section['pipeline/later']).toEqual({ total: 5, errors: 0, rateLimited: 0 });
});

test('rejections by the rate limit that a fallback replaced hide no other rejection', () => {
  const calls = pipelineWindow();
  lookIn(calls, { quotes: pipelineOf({ rejected: 5 }) }, 1_000);

  const section = lookIn(calls, { quotes: pipelineOf({ rejected: 5, fallback: 9 }, 9) }, 2_000);

  expect(section['pipeline/quotes']).toEqual({ total: 14, errors: 5, rateLimited: 9 });
});

test('of a breaker alone its votes count, and what it turned away; one whose calls a pipeline counts is left to it', () => {
  const calls = breakerWindow();
  const solo = breakerOf({ calls: { success: 5, failure: 3, notPermitted: 2 } });

  expect(lookIn(calls, { db: solo, quotes: breakerOf({ calls: null }) }, 1_000)).toEqual({
    'breaker/db': { total: 10, errors: 5, rateLimited: 0 },
  });
});

test('a breaker that was reset counts from nothing', () => {
  const calls = breakerWindow();
  lookIn(calls, { db: breakerOf({ calls: { success: 50, failure: 3, notPermitted: 2 } }) }, 1_000);

  const section = lookIn(calls, { db: breakerOf({ calls: { success: 1, failure: 1, notPermitted: 0 } }) }, 2_000);

  expect(section['breaker/db']).toEqual({ total: 57, errors: 6, rateLimited: 0 });
});

test('of any calls at any times, those of the last 55 to 60 s are in the window, and none twice', () => {
  const steps = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 90_000 }), failures: fc.nat(50) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, (script) => {
      const calls = pipelineWindow();
      const past: { atMs: number; failures: number }[] = [];
      let nowMs = 0;
      let failure = 0;
      for (const { ms, failures } of script) {
        nowMs += ms;
        failure += failures;
        past.push({ atMs: nowMs, failures });
        const { errors } = lookIn(calls, { quotes: pipelineOf({ failure }) }, nowMs)['pipeline/quotes']!;
        const firstMs = (Math.floor(nowMs / 5_000) - 11) * 5_000;
        expect(errors).toBe(past.filter(({ atMs }) => atMs >= firstMs).reduce((sum, each) => sum + each.failures, 0));
      }
    }),
  );
});

test('fifteen seconds of an outage in five minutes are exactly 95 %, and forgotten five minutes later', () => {
  const downtime = new Downtime();
  const look = (score: number, atMs: number): number =>
    downtime.look({ 'check/disk': componentOf({ score }) }, atMs)['check/disk']!;
  let share = look(0.49, 0);
  for (let atMs = 1_000; atMs < 15_000; atMs += 1_000) share = look(0.49, atMs);
  expect(share).toBeGreaterThan(0.95);

  expect(look(0.5, 15_000)).toBe(0.95);
  expect(look(1, 200_000)).toBe(0.95);
  expect(look(1, 309_000)).toBeGreaterThan(0.95);
  expect(look(1, 310_000)).toBe(1);
});

test('a score that is not there says nothing, and a signal is no dependency', () => {
  const downtime = new Downtime();
  const components = {
    'check/disk': componentOf({ score: null }),
    'signal/pain': componentOf({ kind: 'signal', score: 0 }),
  };

  expect(downtime.look(components, 0)).toEqual({});
});

test('a component that went away down and comes back is not charged for the time it was away', () => {
  const downtime = new Downtime();
  downtime.look({ 'check/disk': componentOf({ score: 0 }) }, 0);
  downtime.look({}, 1_000);

  expect(downtime.look({ 'check/disk': componentOf({ score: 0 }) }, 9_000)['check/disk']).toBe(1);
});

describe('a breaker is open', () => {
  const busy = (stateSinceMs: number) => [{ component: 'breaker/db', isIdle: false, stateSinceMs }];
  const idle = (stateSinceMs: number) => [{ component: 'breaker/db', isIdle: true, stateSinceMs }];

  test('from its first opening on, as long as it waits for a call for less than half a minute in between', () => {
    const openTime = new OpenTime();
    openTime.look(busy(0), 5_000);
    expect(openTime.look(idle(0), 34_000)['breaker/db']).toBe(34_000);

    expect(openTime.look(busy(34_999), 35_000)['breaker/db']).toBe(35_000);
  });

  test('no more when it has waited for half a minute, and anew from then on', () => {
    const openTime = new OpenTime();
    openTime.look(busy(0), 5_000);
    expect(openTime.look(idle(0), 35_000)).toEqual({});

    expect(openTime.look(busy(35_000), 36_000)['breaker/db']).toBe(1_000);
    expect(openTime.look(idle(40_000), 41_000)['breaker/db']).toBe(6_000);
  });

  test('for as long as its openings follow each other, also where no look sees one of them', () => {
    const openTime = new OpenTime();
    openTime.look(busy(0), 0);
    openTime.look(idle(20_500), 21_000);

    expect(openTime.look(busy(45_000), 45_000)['breaker/db']).toBe(45_000);
  });

  test('no longer when it has closed', () => {
    const openTime = new OpenTime();
    openTime.look(busy(0), 20_000);
    openTime.look([], 21_000);

    expect(openTime.look(busy(22_000), 22_000)['breaker/db']).toBe(0);
  });

  test('and one that does not say since when, since it was first seen so; half-open for long, it begins anew', () => {
    const openTime = new OpenTime();
    const look = (isIdle: boolean, nowMs: number) =>
      openTime.look([{ component: 'foreign/mail', isIdle }], nowMs)['foreign/mail'];

    expect([look(false, 1_000), look(false, 31_000), look(true, 60_000), look(false, 60_999)]).toEqual([
      0, 30_000, 59_000, 59_999,
    ]);
    expect([look(true, 90_999), look(false, 91_000), look(false, 92_000)]).toEqual([undefined, 0, 1_000]);
  });
});
