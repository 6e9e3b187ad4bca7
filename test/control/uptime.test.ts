/** The share of the last day in which a component was available, against a model that remembers every second. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Uptime } from '../../src/control/health/uptime.ts';
import { healthRig } from '../support/health-rig.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('availability', () => {
  test('is null while nothing is known, and the share of the known time afterwards', () => {
    const uptime = new Uptime();
    expect(uptime.availabilityAt(0)).toBeNull();

    uptime.observe(1, 1_000);
    expect(uptime.availabilityAt(1_000)).toBeNull();
    uptime.observe(0.49, 4_000);
    expect(uptime.availabilityAt(4_000)).toBe(1);
    expect(uptime.availabilityAt(5_000)).toBe(0.75);
    uptime.observe(0.5, 7_000);

    expect(uptime.availabilityAt(7_000)).toBe(0.5);
    expect(uptime.availabilityAt(13_000)).toBe(0.75);
  });

  test('does not count the time in which there was no score', () => {
    const uptime = new Uptime();
    uptime.observe(1, 0);
    uptime.observe(null, 10_000);
    uptime.observe(0, 90_000);

    expect(uptime.availabilityAt(100_000)).toBe(0.5);
  });

  test('forgets an outage when it is a day old: a bucket of ten minutes at a time', () => {
    const uptime = new Uptime();
    uptime.observe(1, 0);
    uptime.observe(0, HOUR);
    uptime.observe(1, HOUR + 10 * MINUTE);

    expect(uptime.availabilityAt(24 * HOUR)).toBeCloseTo(1 - 10 / (23 * 60 + 50), 10);
    expect(uptime.availabilityAt(24 * HOUR + 59 * MINUTE)).toBeLessThan(1);
    expect(uptime.availabilityAt(25 * HOUR)).toBe(1);
  });

  test('is 0 after a whole day of outage, and knows nothing after a day without a score', () => {
    const down = new Uptime();
    const out = new Uptime();
    down.observe(1, 0);
    down.observe(0, HOUR);
    out.observe(1, 0);
    out.observe(null, HOUR);

    expect(down.availabilityAt(40 * HOUR)).toBe(0);
    expect(out.availabilityAt(40 * HOUR)).toBeNull();
  });

  test('is what a model says that remembers every minute, whatever the changes and wherever the clock begins', () => {
    const score = fc.constantFrom(1, 0.5, 0.49, 0, null);
    const step = fc.record({ score, minutes: fc.integer({ min: 1, max: 700 }) });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: -5_000, max: 5_000 }),
        (steps, from) => {
          const uptime = new Uptime();
          const minutes = new Map<number, number | null>();
          let now = from;
          for (const { score: given, minutes: lasting } of steps) {
            uptime.observe(given, now * MINUTE);
            for (let minute = now; minute < now + lasting; minute++) minutes.set(minute, given);
            now += lasting;
          }

          const expected = modelOf(minutes, now);
          const actual = uptime.availabilityAt(now * MINUTE);

          if (expected === null) expect(actual).toBeNull();
          else expect(actual).toBeCloseTo(expected, 6);
        },
      ),
    );
  });
});

/** Of the minutes since the beginning of the bucket 143 before this one. */
function modelOf(minutes: ReadonlyMap<number, number | null>, now: number): number | null {
  const from = (Math.floor(now / 10) - 143) * 10;
  const known = [...minutes].filter(([minute, score]) => minute >= from && score !== null);
  if (known.length === 0) return null;
  return known.filter(([, score]) => score! >= 0.5).length / known.length;
}

test('a named breaker’s availability falls while it scores below 0.5, and is seen from tick to tick', async () => {
  let score: number | null = 1;
  const { env, health } = healthRig({ breakers: [{ name: 'payments', scoreAt: () => score }] });
  health.start();
  await env.advanceAsync(1_000);

  score = 0;
  await env.advanceAsync(1_000);
  score = 1;
  await env.advanceAsync(8_000);

  expect(health.components()['breaker/payments']).toEqual({
    kind: 'breaker',
    name: 'payments',
    score: 1,
    status: 'healthy',
    availability: 0.88889,
    weight: 1,
    critical: false,
    reason: null,
  });
});
