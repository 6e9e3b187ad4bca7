/** What rules know of the last minutes: calls and downtime, in bounded buckets. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CallWindow } from '../../../src/control/alerts/call-window.ts';
import { Downtime } from '../../../src/control/alerts/downtime.ts';
import type { PipelineReading } from '../../../src/core/readings.ts';
import { componentOf } from '../../support/alert-sample.ts';

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

test('failures, timeouts and rejections are errors; what says nothing does not count, and a fallback is an answer', () => {
  const calls = new CallWindow();
  const reading = pipelineOf(
    { success: 50, failure: 3, timeout: 2, rejected: 7, fallback: 8, ignored: 9, aborted: 9 },
    4,
  );

  expect(calls.look({ quotes: reading }, 1_000)['quotes']).toEqual({ total: 66, errors: 8, rateLimited: 4 });
});

test('what was counted before anybody looked is not of the last minute', () => {
  const calls = new CallWindow();
  calls.begin({ quotes: pipelineOf({ failure: 100 }) });

  const section = calls.look({ quotes: pipelineOf({ failure: 101 }), later: pipelineOf({ success: 5 }) }, 1_000);

  expect(section['quotes']).toEqual({ total: 1, errors: 1, rateLimited: 0 });
  expect(section['later']).toEqual({ total: 5, errors: 0, rateLimited: 0 });
});

test('rejections by the rate limit that a fallback replaced hide no other rejection', () => {
  const calls = new CallWindow();
  calls.look({ quotes: pipelineOf({ rejected: 5 }) }, 1_000);

  const section = calls.look({ quotes: pipelineOf({ rejected: 5, fallback: 9 }, 9) }, 2_000);

  expect(section['quotes']).toEqual({ total: 14, errors: 5, rateLimited: 9 });
});

test('of any calls at any times, those of the last 55 to 60 s are in the window, and none twice', () => {
  const steps = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 90_000 }), failures: fc.nat(50) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, (script) => {
      const calls = new CallWindow();
      const past: { atMs: number; failures: number }[] = [];
      let nowMs = 0;
      let failure = 0;
      for (const { ms, failures } of script) {
        nowMs += ms;
        failure += failures;
        past.push({ atMs: nowMs, failures });
        const { errors } = calls.look({ quotes: pipelineOf({ failure }) }, nowMs)['quotes']!;
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
