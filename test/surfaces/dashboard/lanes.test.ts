/** What is drawn below the score, on an axis of 100 seconds: a hundredth of the strip is a second. */
import { describe, expect, test } from 'vitest';
import type { Readings } from '../../../src/index.ts';
import { alertLanes } from '../../../src/surfaces/dashboard/lanes/alert-lanes.ts';
import { breakerLanes } from '../../../src/surfaces/dashboard/lanes/breaker-lanes.ts';
import { featureLanes } from '../../../src/surfaces/dashboard/lanes/feature-lanes.ts';
import type { Lane } from '../../../src/surfaces/dashboard/lanes/lane.ts';
import { lanesOf } from '../../../src/surfaces/dashboard/lanes/lanes-of.ts';
import { levelLane } from '../../../src/surfaces/dashboard/lanes/level-lane.ts';
import { recoveryLanes } from '../../../src/surfaces/dashboard/lanes/recovery-lanes.ts';

type Happening = Readings['timeline'][string];

const AXIS = { lastMs: 200_000, spanMs: 100_000 };
const AT = { oneQuarter: 125_000, half: 150_000, threeQuarters: 175_000, before: 90_000 };

describe('breakers', () => {
  const moved = (atMs: number, from: string, to: string, breaker = 'payments') =>
    ({ breaker, from, to, rule: 'probes', atMs }) as Readings['transitions'][string];

  test('a lane shows which state one was in, also before the strip began', () => {
    const [lane] = breakerLanes(
      { 1: moved(AT.half, 'closed', 'open'), 2: moved(AT.threeQuarters, 'open', 'halfOpen') },
      AXIS,
    );

    expect(lane).toEqual({
      kind: 'breaker',
      subject: 'payments',
      changedAtMs: AT.threeQuarters,
      spells: [
        { state: 'closed', tone: 'good', x: 0, width: 0.5, words: 'payments closed' },
        { state: 'open', tone: 'bad', x: 0.5, width: 0.25, words: 'payments open since 2:30.0: probes' },
        { state: 'halfOpen', tone: 'warn', x: 0.75, width: 0.25, words: 'payments half-open since 2:55.0: probes' },
      ],
    });
  });

  test('one that changed only before the strip began has no lane, and eight have one at most', () => {
    const many = Array.from({ length: 9 }, (_, n) => moved(AT.half, 'closed', 'open', `b${n}`));

    expect(breakerLanes({ 1: moved(AT.before, 'closed', 'open') }, AXIS)).toEqual([]);
    expect(breakerLanes(Object.fromEntries(many.entries()), AXIS).map(({ subject }) => subject)).toEqual(
      many.slice(0, 8).map((one) => one.breaker),
    );
  });
});

describe('the level', () => {
  const fell = happening(AT.half, 'level', 'self', 'full', 'reduced', 'score is 0.5');
  const rose = happening(AT.threeQuarters, 'level', 'self', 'reduced', 'full', 'calm');

  test('is drawn by what it was and became', () => {
    const [lane] = levelLane({ timeline: { 1: fell, 2: rose }, degradation: level('full', AT.threeQuarters) }, AXIS);

    expect(lane).toMatchObject({ kind: 'level', subject: '', changedAtMs: AT.threeQuarters });
    expect(drawn(lane)).toEqual(['full 0–0.5', 'reduced 0.5–0.75', 'full 0.75–1']);
    expect(lane?.spells[1]).toMatchObject({ tone: 'warn', words: 'level reduced since 2:30.0: score is 0.5' });
  });

  test('that is held or released without a change changes nothing', () => {
    const held = happening(AT.half, 'level', 'self', null, 'held at full', 'ada: the launch');

    expect(levelLane({ timeline: { 1: held }, degradation: level('full', 0) }, AXIS)).toEqual([]);
  });

  test('that is not full has a lane however long ago it changed, also where the timeline has lost it', () => {
    const long = { ...fell, atMs: AT.before };
    const known = levelLane({ timeline: { 1: long }, degradation: level('reduced', AT.before) }, AXIS);
    const lost = levelLane({ timeline: {}, degradation: level('emergency', AT.before) }, AXIS);

    expect(drawn(known[0])).toEqual(['reduced 0–1']);
    expect(drawn(lost[0])).toEqual(['emergency 0–1']);
  });

  test('that is full and did not change within the strip has no lane, nor has one that nobody knows', () => {
    const long = { 1: { ...fell, atMs: 10_000 }, 2: { ...rose, atMs: 20_000 } };

    expect(levelLane({ timeline: long, degradation: level('full', 20_000) }, AXIS)).toEqual([]);
    expect(levelLane({ timeline: {}, degradation: level('full', 0) }, AXIS)).toEqual([]);
    expect(levelLane({ timeline: {}, degradation: {} }, AXIS)).toEqual([]);
  });
});

describe('features', () => {
  test('that went off or on within the strip have a lane each, holds have none', () => {
    const lanes = featureLanes(
      {
        timeline: {
          1: happening(AT.before, 'feature', 'search', 'on', 'off', 'the level is minimal'),
          2: happening(AT.oneQuarter, 'feature', 'reviews', 'on', 'off', 'the level is reduced'),
          3: happening(AT.half, 'feature', 'checkout', null, 'held on', 'ada: the launch'),
          4: happening(AT.half, 'feature', 'reviews', 'off', 'on', 'the level is full'),
        },
      },
      AXIS,
    );

    expect(lanes.map(({ subject }) => subject)).toEqual(['reviews']);
    expect(drawn(lanes[0])).toEqual(['on 0–0.25', 'off 0.25–0.5', 'on 0.5–1']);
  });
});

describe('recoveries', () => {
  const scheduled = happening(AT.oneQuarter, 'recovery', 'pay', null, 'scheduled', 'it opened');
  const failed = happening(AT.half, 'recovery', 'pay', null, 'attempt 1 failed', 'ECONNREFUSED');

  test('wait for the next attempt after one that failed, until they have ended', () => {
    const [lane] = recoveryLanes(
      {
        timeline: {
          1: scheduled,
          2: failed,
          3: happening(AT.half, 'recovery', 'pay', null, 'escalated', 'call the bank'),
          4: happening(AT.threeQuarters, 'recovery', 'pay', null, 'attempt 2 succeeded', null),
          5: happening(AT.threeQuarters, 'recovery', 'pay', null, 'succeeded', 'after 2 attempts'),
        },
        recoveries: recoveries('succeeded'),
      },
      AXIS,
    );

    expect(drawn(lane)).toEqual(['scheduled 0.25–0.5', 'scheduled 0.5–0.75', 'succeeded 0.75–1']);
    expect(lane?.spells[1]?.words).toBe('pay scheduled since 2:30.0: attempt 1 failed, ECONNREFUSED');
  });

  test('are in the state they are in now, of which nobody tells the beginning', () => {
    const timeline = { 1: scheduled, 2: failed };

    expect(drawn(recoveryLanes({ timeline, recoveries: recoveries('inProgress') }, AXIS)[0])).toEqual([
      'scheduled 0.25–0.5',
      'inProgress 0.5–1',
    ]);
  });

  test('that the timeline has lost have a lane while they are under way, and none when they are over', () => {
    expect(drawn(recoveryLanes({ timeline: {}, recoveries: recoveries('awaitingManual') }, AXIS)[0])).toEqual([
      'awaitingManual 0–1',
    ]);
    expect(recoveryLanes({ timeline: {}, recoveries: recoveries('failed') }, AXIS)).toEqual([]);
  });

  test('that ended before the strip began have none', () => {
    const ended = happening(AT.before, 'recovery', 'pay', null, 'succeeded', 'after 1 attempt');

    expect(recoveryLanes({ timeline: { 1: ended }, recoveries: recoveries('succeeded') }, AXIS)).toEqual([]);
  });
});

describe('alerts', () => {
  test('of one component are one lane: the worst that fires, and the rules of all that do', () => {
    const lanes = alertLanes(
      {
        alerts: {
          a: alert('slow', 'warning', AT.oneQuarter, null),
          b: alert('down', 'critical', AT.half, AT.threeQuarters),
        },
      },
      AXIS,
    );

    expect(lanes.map(({ subject }) => subject)).toEqual(['breaker/pay']);
    expect(drawn(lanes[0])).toEqual(['warning 0.25–0.5', 'critical 0.5–0.75', 'warning 0.75–1']);
    expect(lanes[0]?.spells[1]?.words).toBe('breaker/pay critical since 2:30.0: slow, down');
    expect(lanes[0]?.changedAtMs).toBe(AT.threeQuarters);
  });

  test('that are over leave a gap', () => {
    const alerts = {
      a: alert('slow', 'warning', AT.oneQuarter, AT.half),
      b: alert('slow', 'warning', AT.threeQuarters, null),
    };

    expect(drawn(alertLanes({ alerts }, AXIS)[0])).toEqual(['warning 0.25–0.5', 'warning 0.75–1']);
  });

  test('that are hints, that wait still, or that were over before the strip began have none', () => {
    const alerts = {
      a: alert('level', 'info', AT.half, null),
      b: { ...alert('slow', 'warning', AT.half, null), raisedAtMs: null },
      c: alert('down', 'critical', 10_000, AT.before),
    };

    expect(alertLanes({ alerts }, AXIS)).toEqual([]);
  });
});

describe('all of them', () => {
  test('stand in the order of the story, so that a row keeps its place when it changes', () => {
    const { lanes, of } = lanesOf(
      {
        timeline: {
          1: happening(AT.oneQuarter, 'level', 'self', 'full', 'reduced', null),
          2: happening(AT.half, 'feature', 'reviews', 'on', 'off', null),
          3: happening(AT.threeQuarters, 'recovery', 'pay', null, 'scheduled', null),
        },
        degradation: level('reduced', AT.oneQuarter),
        recoveries: recoveries('scheduled'),
        alerts: { a: alert('slow', 'warning', AT.half, null) },
      },
      AXIS,
    );

    expect(lanes.map(({ kind }) => kind)).toEqual(['recovery', 'level', 'feature', 'alert']);
    expect(of).toBe(4);
  });

  test('are twelve at most, those that changed last, and how many there are is told', () => {
    const features = Array.from({ length: 14 }, (_, n) =>
      happening(AT.half + n, 'feature', `f${n}`, 'on', 'off', null),
    );

    const { lanes, of } = lanesOf(
      { timeline: Object.fromEntries(features.entries()), degradation: {}, recoveries: {}, alerts: {} },
      AXIS,
    );

    expect(lanes.map(({ subject }) => subject)).toEqual(Array.from({ length: 12 }, (_, n) => `f${n + 2}`));
    expect(of).toBe(14);
  });

  test('are not all alerts, however many of those there are', () => {
    const alerts = Object.fromEntries(
      Array.from({ length: 20 }, (_, n) => [
        n,
        { ...alert('down', 'critical', AT.half + n, null), component: `c${n}` },
      ]),
    );
    const timeline = { 1: happening(AT.oneQuarter, 'level', 'self', 'full', 'reduced', null) };

    const { lanes, of } = lanesOf({ timeline, degradation: {}, recoveries: {}, alerts }, AXIS);

    expect(lanes.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
      'level ',
      ...[15, 16, 17, 18, 19].map((n) => `alert c${n}`),
    ]);
    expect(of).toBe(21);
  });
});

/** shape  ['open 0.25–0.5'] */
function drawn(lane: Lane | undefined): readonly string[] | undefined {
  return lane?.spells.map(({ state, x, width }) => `${state} ${x}–${x + width}`);
}

function happening(
  atMs: number,
  kind: Happening['kind'],
  subject: string,
  was: string | null,
  became: string,
  because: string | null,
): Happening {
  return { atMs, kind, subject, was, became, because };
}

function level(now: 'full' | 'reduced' | 'emergency', sinceMs: number): Readings['degradation'] {
  return { self: { level: now, sinceMs, reason: 'score' } as Readings['degradation'][string] };
}

function recoveries(state: Readings['recoveries'][string]['state']): Readings['recoveries'] {
  return { pay: { state, scheduledAtMs: AT.before, reason: 'it opened' } as Readings['recoveries'][string] };
}

function alert(
  rule: string,
  severity: Readings['alerts'][string]['severity'],
  raisedAtMs: number,
  resolvedAtMs: number | null,
): Readings['alerts'][string] {
  return { rule, severity, raisedAtMs, resolvedAtMs, component: 'breaker/pay' } as Readings['alerts'][string];
}
