/** The level: which step is wanted, when it may be taken, whose word counts, and what a broken sensor does. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stepLevel } from '../../actors/step-level.ts';
import { adviceFor, availabilityOf } from '../../src/control/degradation/advice.ts';
import { degradationOptions } from '../../src/control/degradation/options.ts';
import { Sensors } from '../../src/control/degradation/sensors.ts';
import { wantedStep } from '../../src/control/degradation/wanted-step.ts';
import { everyLevel, LEVELS, rankOf } from '../../src/core/levels.ts';
import { parseOptions } from '../../src/core/schema.ts';
import { createVirtualEnv } from '../../src/testing/virtual-env.ts';
import { BOUNDS, degradationRig, DWELL, HOT } from '../support/degradation-rig.ts';

const SCORE: typeof BOUNDS = { worsen: [0.7, 0.5, 0.3], improve: [0.8, 0.6, 0.4] };
const BY_HAND = { by: 'ada', reason: 'the launch' };

const queue = (value: number | null) => ({ sensor: 'queueDepth', value, bounds: BOUNDS }) as const;
const score = (value: number | null) => ({ sensor: 'score', value, bounds: SCORE }) as const;

describe('the step that is wanted', () => {
  test.each([
    ['full', 100, 'hold'],
    ['full', 101, 'worsen'],
    ['reduced', 200, 'hold'],
    ['reduced', 201, 'worsen'],
    ['reduced', 51, 'hold'],
    ['reduced', 50, 'improve'],
    ['minimal', 301 - 1, 'hold'],
    ['minimal', 100, 'improve'],
    ['emergency', HOT, 'hold'],
    ['emergency', 150, 'improve'],
    ['full', 0, 'hold'],
    ['full', NaN, 'hold'],
    ['emergency', NaN, 'hold'],
    ['emergency', null, 'improve'],
  ] as const)('at %s with a queue of %s → %s', (level, depth, step) => {
    expect(wantedStep(rankOf(level), [queue(depth)]).step).toBe(step);
  });

  test('a score is worse below its bound, and calm on it', () => {
    expect(wantedStep(0, [score(0.4)])).toEqual({ step: 'worsen', reason: 'score is 0.4, below 0.7' });
    expect(wantedStep(0, [score(0.7)]).step).toBe('hold');
    expect(wantedStep(1, [score(0.8)]).step).toBe('improve');
  });

  test('one sensor is enough to worsen, all are needed to improve', () => {
    expect(wantedStep(1, [score(1), queue(HOT)]).reason).toBe('queueDepth is 1000, above 200');
    expect(wantedStep(1, [score(1), queue(51)]).step).toBe('hold');
    expect(wantedStep(1, [score(NaN), queue(0)]).step).toBe('hold');
    expect(wantedStep(1, [score(1), queue(0)]).step).toBe('improve');
  });

  test('G3: at the same level, more load never asks for a better one', () => {
    const weight = { improve: -1, hold: 0, worsen: 1 };
    const load = fc.double({ min: 0, max: 400, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 }), load, load, load, load, (rank, a, moreOfA, b, moreOfB) => {
        const step = (depth: number, ill: number) => wantedStep(rank, [queue(depth), score(1 - ill / 400)]).step;

        const [less, more] = [step(a, b), step(a + moreOfA, Math.min(400, b + moreOfB))];

        expect(weight[more]).toBeGreaterThanOrEqual(weight[less]);
      }),
    );
  });
});

describe('the options', () => {
  const refused = (options: object): string => {
    try {
      parseOptions(degradationOptions, options, 'degradation');
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };

  test.each([
    [
      { score: { improve: [0.7, 0.6, 0.4] } },
      'degradation.score.improve.0: expected a number above worsen.0, which is 0.7, received 0.7',
    ],
    [
      { queueDepth: { worsen: [10, 20, 30], improve: [1, 20, 3] } },
      'degradation.queueDepth.improve.1: expected a number below worsen.1, which is 20, received 20',
    ],
    [
      { queueDepth: { worsen: [10, 20, 30] } },
      'degradation.queueDepth.improve: expected three numbers, each below its one of worsen, [10, 20, 30], which the default [100, 1000, 5000] is not, received undefined',
    ],
    [
      { queueDepth: { worsen: [10, 20, 30], improve: [100, 1_000, 5_000] } },
      'degradation.queueDepth.improve.0: expected a number below worsen.0, which is 10, received 100',
    ],
    [
      { queueDepth: { worsen: [30, 20, 40], improve: [1, 1, 1] } },
      'degradation.queueDepth.worsen.1: expected a number not below worsen.0, which is 30, received 20',
    ],
    [
      { heapRatio: { worsen: [0.9, 0.95] } },
      'degradation.heapRatio.worsen: expected three numbers: from full to reduced, from reduced to minimal, from minimal to emergency, received an array of 2',
    ],
    [{ queueDepth: true }, 'degradation.queueDepth: expected false, or { worsen, improve }, received true'],
    [{ dwellMs: 5 }, 'degradation: has no key "dwellMs"; the keys are'],
  ])('G2: %j is refused, both bounds named', (options, message) => {
    expect(refused(options)).toContain(message);
  });

  test('a level that is left out has the value of the next better one', () => {
    expect(everyLevel({ full: 9, minimal: 1 })).toEqual({ full: 9, reduced: 9, minimal: 1, emergency: 1 });
    expect(everyLevel({ full: 9 })).toEqual({ full: 9, reduced: 9, minimal: 9, emergency: 9 });
  });
});

describe('the level', () => {
  test('goes one step a dwell to the worse under load, and back one step a dwell when it is calm', async () => {
    const rig = degradationRig();
    rig.load = HOT;
    await rig.env.advanceAsync(11_000);
    rig.load = 0;
    await rig.env.advanceAsync(20_000);

    expect(rig.changes).toEqual([
      '3000 full → reduced',
      '6000 reduced → minimal',
      '9000 minimal → emergency',
      '16000 emergency → minimal',
      '21000 minimal → reduced',
      '26000 reduced → full',
    ]);
    expect(rig.degradation.reading()).toMatchObject({ level: 'full', sinceMs: 26_000, by: null, changes: 6 });
  });

  test('has to have been calm all through the dwell: one moment that was not begins it again', async () => {
    const rig = degradationRig();
    rig.load = 101;
    await rig.env.advanceAsync(3_000);
    rig.load = 0;
    await rig.env.advanceAsync(4_000);
    rig.load = 75;
    await rig.env.advanceAsync(1_000);
    rig.load = 0;
    await rig.env.advanceAsync(10_000);

    expect(rig.changes).toEqual(['3000 full → reduced', '13000 reduced → full']);
  });

  test('G1: under any load, with any signals, it goes one step at a time, at most once a dwell', async () => {
    const moment = fc.record({
      load: fc.oneof(fc.constantFrom(0, 50, 51, 100, 101, 150, 200, 201, 300, 301, NaN, HOT), fc.nat(400)),
      severity: fc.constantFrom(0, 0.3, 0.6, 0.9, 1),
      signal: fc.constantFrom('a', 'b', undefined),
      ttlMs: fc.integer({ min: 1, max: 20_000 }),
      waitMs: fc.integer({ min: 1, max: 2_500 }),
    });
    const dwellMs = fc.integer({ min: 1, max: 8_000 });
    await fc.assert(
      fc.asyncProperty(
        dwellMs,
        dwellMs,
        fc.array(moment, { minLength: 20, maxLength: 60 }),
        async (worsenDwellMs, improveDwellMs, moments) => {
          const rig = degradationRig({ worsenDwellMs, improveDwellMs, failSafeAfter: 2 });
          for (const { load, severity, signal, ttlMs, waitMs } of moments) {
            rig.load = load;
            if (signal !== undefined) rig.signal(severity, { signal, ttlMs });
            await rig.env.advanceAsync(waitMs);
          }

          let beforeMs = 0;
          for (const event of rig.events) {
            if (event.type !== 'degradation.changed') continue;
            const steps = rankOf(event.to) - rankOf(event.from);
            expect(Math.abs(steps)).toBe(1);
            expect(event.atMs - beforeMs).toBeGreaterThanOrEqual(steps > 0 ? worsenDwellMs : improveDwellMs);
            beforeMs = event.atMs;
          }
          await rig.tree.stop();
        },
      ),
      { numRuns: 60 },
    );
  });

  test('G1: a saw-tooth around the bound moves it once a dwell at most', async () => {
    const rig = degradationRig({ worsenDwellMs: 3_000, improveDwellMs: 3_000 });
    for (let second = 0; second < 60; second++) {
      rig.load = second % 2 === 0 ? 101 : 50;
      await rig.env.advanceAsync(1_000);
    }

    expect(rig.changes).toEqual(['3000 full → reduced']);
  });

  test('G3: under constant load, more of it is never at a better level, at any moment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(400), fc.nat(400), async (load, more) => {
        const rigs = [degradationRig(), degradationRig()] as const;
        rigs[0].load = load;
        rigs[1].load = load + more;
        for (let second = 0; second < 20; second++) {
          for (const { env } of rigs) await env.advanceAsync(1_000);

          expect(rankOf(rigs[1].degradation.level)).toBeGreaterThanOrEqual(rankOf(rigs[0].degradation.level));
        }
      }),
      { numRuns: 40 },
    );
  });

  test('G4: without load it is full within the dwells, whatever came before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(400), { maxLength: 40 }), async (loads) => {
        const rig = degradationRig();
        for (const load of loads) {
          rig.load = load;
          await rig.env.advanceAsync(1_000);
        }
        rig.load = 0;

        await rig.env.advanceAsync(3 * DWELL.improveDwellMs + 1_000);

        expect(rig.degradation.level).toBe('full');
      }),
      { numRuns: 40 },
    );
  });

  test('a restart of its machine loses neither the level nor the dwell', async () => {
    const rig = degradationRig();
    rig.load = HOT;
    await rig.env.advanceAsync(4_000);
    await rig.tree.kill('root/control/degradation', new Error('drill'));
    expect(rig.degradation.level).toBe('reduced');

    await rig.env.advanceAsync(6_000);

    expect(rig.changes).toEqual(['3000 full → reduced', '6000 reduced → minimal', '9000 minimal → emergency']);
    expect(rig.tree.reading()['root/control/degradation']).toMatchObject({ restarts: 1, at: ['emergency'] });
  });

  test('a restart of its sensors looks on, once a second', async () => {
    const rig = degradationRig();
    await rig.tree.kill('root/control/sensors', new Error('drill'));
    await rig.env.advanceAsync(1_000);
    expect(rig.env.pendingTimers).toBe(1);

    rig.load = HOT;
    await rig.env.advanceAsync(4_000);

    expect(rig.degradation.level).toBe('reduced');
  });

  test('leaves no timer when the tree is stopped, and none that keeps the process alive before', async () => {
    const rig = degradationRig();
    await rig.env.advanceAsync(1_000);
    expect(rig.env.keepsAlive).toBe(false);

    await rig.tree.stop();

    expect(rig.env.pendingTimers).toBe(0);
  });
});

describe('a step of the chart', () => {
  const may = (yes: boolean) => ({ mayWorsen: () => yes, mayImprove: () => yes });

  test.each([
    ['full', 'worsen', 'reduced'],
    ['full', 'improve', undefined],
    ['reduced', 'worsen', 'minimal'],
    ['reduced', 'improve', 'full'],
    ['minimal', 'worsen', 'emergency'],
    ['minimal', 'improve', 'reduced'],
    ['emergency', 'worsen', undefined],
    ['emergency', 'improve', 'minimal'],
  ] as const)('from %s on %s leads to %s, where the dwell is over', (from, event, to) => {
    expect(stepLevel(from, event, may(true))).toBe(to);
    expect(stepLevel(from, event, may(false))).toBeUndefined();
  });

  test('that a person orders leads from every level to every other, whatever the dwell', () => {
    const orders = ['overrideFull', 'overrideReduced', 'overrideMinimal', 'overrideEmergency'] as const;
    for (const from of LEVELS)
      expect(orders.map((order) => stepLevel(from, order, may(false)))).toEqual(
        LEVELS.map((to) => (to === from ? undefined : to)),
      );
  });

  test('is followed by the supervised actor, whoever wants it', async () => {
    const rig = degradationRig();
    const at = (): unknown => rig.tree.reading()['root/control/degradation']!.at;
    rig.load = HOT;
    await rig.env.advanceAsync(6_000);
    expect(at()).toEqual(['minimal']);
    rig.degradation.override('emergency', { ...BY_HAND, forMs: 1_000 });
    expect(at()).toEqual(['emergency']);
    rig.load = 0;
    await rig.env.advanceAsync(7_000);

    expect([at(), rig.degradation.level]).toEqual([['minimal'], 'minimal']);
  });
});

describe('a signal that hurts', () => {
  test('takes a step at once', async () => {
    const rig = degradationRig();
    await rig.env.advanceAsync(3_500);

    rig.signal(0.9);

    expect(rig.changes).toEqual(['3500 full → reduced']);
    expect(rig.degradation.reading().reason).toBe('signal "pain" hurts, 0.9 of 1');
  });

  test('within the dwell waits for its end, and a hundred of them are one step', async () => {
    const rig = degradationRig();
    await rig.env.advanceAsync(1_500);
    for (let i = 0; i < 100; i++) rig.signal();
    expect(rig.changes).toEqual([]);

    await rig.env.advanceAsync(6_000);

    expect(rig.changes).toEqual(['3000 full → reduced']);
  });

  test('at the worst level holds it there, and asks for nothing that would be remembered', async () => {
    const rig = degradationRig();
    rig.load = HOT;
    await rig.env.advanceAsync(9_000);
    rig.load = 0;
    rig.signal(1, { ttlMs: 20_000 });
    await rig.env.advanceAsync(20_000);
    expect(rig.degradation.level).toBe('emergency');
    await rig.env.advanceAsync(20_000);

    expect(rig.degradation.level).toBe('full');
  });

  test.each([
    ['once, for an hour', Infinity, 3_600_000],
    ['again every twenty seconds, for a minute each', 20, 60_000],
  ])('and is said %s costs one step, and the level stays there until it ends', async (_, everySeconds, ttlMs) => {
    const rig = degradationRig();
    await rig.env.advanceAsync(4_000);
    for (let second = 0; second < 300; second++) {
      if (second === 0 || second % everySeconds === 0) rig.signal(1, { ttlMs });
      await rig.env.advanceAsync(1_000);
    }
    expect(rig.changes).toEqual(['4000 full → reduced']);
    rig.signal(0);
    await rig.env.advanceAsync(5_000);

    expect(rig.changes).toEqual(['4000 full → reduced', '309000 reduced → full']);
  });

  test('lets go when its time is over, to the moment, whoever tells of it or not', async () => {
    const rig = degradationRig();
    await rig.env.advanceAsync(4_000);
    rig.signal(1, { ttlMs: 10_500 });
    await rig.env.advanceAsync(60_000);

    expect(rig.changes).toEqual(['4000 full → reduced', '20000 reduced → full']);
  });

  test('costs a step for each that begins, once the dwell is over, and holds what they came to while one stays', async () => {
    const rig = degradationRig();
    await rig.env.advanceAsync(4_000);
    rig.signal(1, { signal: 'disk' });
    rig.signal(1, { signal: 'heat' });
    await rig.env.advanceAsync(10_000);
    rig.signal(0, { signal: 'disk' });
    await rig.env.advanceAsync(30_000);

    expect(rig.changes).toEqual(['4000 full → reduced', '7000 reduced → minimal']);
  });

  test('is a new one when it comes again after its end', async () => {
    const rig = degradationRig();
    await rig.env.advanceAsync(4_000);
    rig.signal();
    rig.signal(0);
    await rig.env.advanceAsync(4_000);
    rig.signal();

    expect(rig.changes).toEqual(['4000 full → reduced', '8000 reduced → minimal']);
  });

  test.each([
    [0.5, 0.69, 1],
    [0.5, 0.7, 2],
    [0.7, 0.9, 2],
    [0.9, 1, 1],
  ])('of %d that is said again as %d has cost %d', async (first, second, steps) => {
    const rig = degradationRig();
    await rig.env.advanceAsync(4_000);
    rig.signal(first);
    await rig.env.advanceAsync(4_000);
    for (let time = 0; time < 10; time++) {
      rig.signal(second);
      rig.signal(first);
      await rig.env.advanceAsync(4_000);
    }

    expect(rig.changes).toHaveLength(steps);
  });

  test('is a person’s to answer while one holds the level, and costs its step at the end where that is full', async () => {
    const rig = degradationRig();
    rig.degradation.override('full', { ...BY_HAND, forMs: 10_000 });
    await rig.env.advanceAsync(5_000);
    rig.signal();
    await rig.env.advanceAsync(4_000);
    expect(rig.changes).toEqual([]);
    await rig.env.advanceAsync(3_000);
    expect(rig.changes).toEqual(['10000 full → reduced']);
    rig.degradation.override('minimal', { ...BY_HAND, forMs: 10_000 });
    await rig.env.advanceAsync(40_000);

    expect(rig.changes).toEqual(['10000 full → reduced', '12000 reduced → minimal']);
  });

  test('of a hundred names is felt for sixty-four, and the rest when there is room', async () => {
    const rig = degradationRig();
    await rig.env.advanceAsync(4_000);
    for (let i = 0; i < 100; i++) rig.signal(1, { signal: `pain ${i}` });
    await rig.env.advanceAsync(10_000);
    expect(rig.degradation.level).toBe('minimal');
    for (let i = 0; i < 64; i++) rig.signal(0, { signal: `pain ${i}` });
    await rig.env.advanceAsync(1_000);
    expect(rig.degradation.reading()).toMatchObject({ level: 'emergency', reason: 'signal "pain 64" hurts, 1 of 1' });
    for (let i = 64; i < 100; i++) rig.signal(0, { signal: `pain ${i}` });
    await rig.env.advanceAsync(16_000);

    expect(rig.degradation.level).toBe('full');
  });
});

describe('G5: a sensor that is broken', () => {
  test.each([
    ['gives no number', NaN],
    ['gives no finite number', Infinity],
    ['throws', new Error('no')],
  ])('and %s holds the level, then costs one step, counted', async (_, broken) => {
    const rig = degradationRig();
    rig.load = broken;
    await rig.env.advanceAsync(4_000);
    expect(rig.degradation.reading()).toMatchObject({ level: 'full', broken: ['queueDepth'], failSafes: 0 });
    expect(rig.degradation.reading().sensors).toEqual({ queueDepth: null });

    await rig.env.advanceAsync(60_000);

    expect(rig.changes).toEqual(['5000 full → reduced']);
    expect(rig.degradation.reading()).toMatchObject({ reason: 'cannot be read: queueDepth', failSafes: 1 });
  });

  test('costs another step only after it was well in between', async () => {
    const rig = degradationRig();
    rig.load = NaN;
    await rig.env.advanceAsync(6_000);
    rig.load = 75;
    await rig.env.advanceAsync(1_000);
    rig.load = NaN;
    await rig.env.advanceAsync(10_000);

    expect(rig.changes).toEqual(['5000 full → reduced', '12000 reduced → minimal']);
    expect(rig.degradation.reading().failSafes).toBe(2);
  });

  test('never lets the level improve while it lasts', async () => {
    const rig = degradationRig({ failSafeAfter: 1_000 });
    rig.load = 101;
    await rig.env.advanceAsync(3_000);
    rig.load = NaN;
    await rig.env.advanceAsync(60_000);

    expect(rig.degradation.level).toBe('reduced');
  });

  test('is a score whose next tick is four seconds late; one whose tick has never been is not there yet', () => {
    const env = createVirtualEnv({ seed: 1 });
    const tick: { atMs: number | undefined } = { atMs: undefined };
    const sensors = new Sensors(parseOptions(degradationOptions, {}, 'degradation'), {
      env,
      score: () => 0.9,
      scoredAtMs: () => tick.atMs,
      tickMs: () => 30_000,
      queueDepth: () => 0,
    });
    const read = (): number | null => sensors.read()[0]!.value;

    expect(read()).toBeNull();
    tick.atMs = env.now();
    env.advance(34_000);
    expect(read()).toBe(0.9);
    env.advance(1);
    expect(read()).toBeNaN();
  });

  test('is each of two that come from the same vitals', () => {
    const env = createVirtualEnv({ seed: 1 });
    const answers = [env.vitals()];
    const vitals = () => {
      const answer = answers.shift();
      if (answer === undefined) throw new Error('no');
      return answer;
    };
    const sensors = new Sensors(parseOptions(degradationOptions, { queueDepth: false }, 'degradation'), {
      env: { now: env.now, vitals },
      score: () => null,
      scoredAtMs: () => undefined,
      tickMs: () => 1_000,
      queueDepth: () => 0,
    });
    expect(sensors.read().map(({ value }) => value)).toEqual([null, 0, 20 / 4_096]);

    expect(sensors.read().map(({ sensor, value }) => [sensor, value])).toEqual([
      ['score', null],
      ['loopDelayMs', NaN],
      ['heapRatio', NaN],
    ]);
  });
});

describe('G7: a level that is held by hand', () => {
  test('is in force at once, past dwell and single steps, and whatever is measured', async () => {
    const rig = degradationRig();
    rig.load = HOT;
    rig.degradation.override('minimal', { ...BY_HAND, forMs: 60_000 });
    expect(rig.degradation.level).toBe('minimal');

    await rig.env.advanceAsync(30_000);
    rig.signal();

    expect(rig.changes).toEqual(['0 full → minimal']);
    expect(rig.degradation.reading()).toMatchObject({
      by: 'ada',
      reason: 'the launch',
      override: { level: 'minimal', by: 'ada', reason: 'the launch', untilMs: 60_000 },
    });
  });

  test('ends with its time, and then what is measured decides, a step a dwell from there', async () => {
    const rig = degradationRig();
    rig.degradation.override('emergency', { ...BY_HAND, forMs: 10_000 });
    await rig.env.advanceAsync(25_000);

    expect(rig.changes).toEqual([
      '0 full → emergency',
      '15000 emergency → minimal',
      '20000 minimal → reduced',
      '25000 reduced → full',
    ]);
  });

  test('ends to the moment, the one in force only, also while whoever looks was being restarted', async () => {
    const rig = degradationRig();
    const ends = (): readonly number[] =>
      rig.events.flatMap(({ type, atMs }) => (type === 'degradation.released' ? [atMs] : []));
    rig.degradation.override('reduced', { ...BY_HAND, forMs: 1_234 });
    await rig.env.advanceAsync(1_233);
    expect(ends()).toEqual([]);
    await rig.env.advanceAsync(1);
    expect(ends()).toEqual([1_234]);

    rig.degradation.override('reduced', { ...BY_HAND, forMs: 10 });
    rig.degradation.override('minimal', { ...BY_HAND, forMs: 2_000 });
    await rig.tree.kill('root/control/sensors', new Error('drill'));
    rig.degradation.override('reduced', { ...BY_HAND, forMs: 500 });
    await rig.env.advanceAsync(5_000);

    expect(ends()).toEqual([1_234, 1_734]);
  });

  test('is told of when it begins and ends, with who and why, also where the level stays', async () => {
    const rig = degradationRig();
    rig.degradation.override('full', { ...BY_HAND, forMs: 1_000 });
    await rig.env.advanceAsync(1_000);
    rig.degradation.override('full', { ...BY_HAND, forMs: 5_000 });
    expect(rig.degradation.release({ by: 'bob', reason: 'all is well' })).toBe(true);
    expect(rig.degradation.release({ by: 'bob', reason: 'all is well' })).toBe(false);

    const told = rig.events.filter(({ type }) => type.startsWith('degradation.'));
    expect(told).toMatchObject([
      { type: 'degradation.overridden', level: 'full', by: 'ada', reason: 'the launch', forMs: 1_000 },
      { type: 'degradation.released', level: 'full', reason: 'its time is over' },
      { type: 'degradation.overridden', level: 'full', forMs: 5_000 },
      { type: 'degradation.released', level: 'full', by: 'bob', reason: 'all is well' },
    ]);
  });

  test('is in force at once also while the actor that follows is down, which begins there', async () => {
    const rig = degradationRig();
    await rig.tree.kill('root/control/degradation', new Error('drill'));
    rig.degradation.override('minimal', { ...BY_HAND, forMs: 60_000 });
    expect(rig.degradation.level).toBe('minimal');

    await rig.env.advanceAsync(1_000);

    expect(rig.tree.reading()['root/control/degradation']).toMatchObject({ restarts: 1, at: ['minimal'] });
  });

  test('needs a level, a name, a reason and an end', () => {
    const { degradation } = degradationRig();

    expect(() => degradation.override('low' as never, { ...BY_HAND, forMs: 1 })).toThrow(
      'degradation.override level: expected one of full, reduced, minimal, emergency, received "low"',
    );
    expect(() => degradation.override('full', BY_HAND as never)).toThrow('degradation.override.forMs: expected');
    expect(() => degradation.override('full', { reason: 'x', forMs: 1 } as never)).toThrow('degradation.override.by');
  });
});

describe('what is kept', () => {
  const keeping = (kept: Record<string, object> = {}) => {
    const store = new Map(Object.entries(kept));
    const put = (_: string, id: string, value: object | null): void =>
      void (value === null ? store.delete(id) : store.set(id, value));
    return { store, keep: { put, all: async () => new Map(store), onLate: () => {} } };
  };
  const WALL_MS = createVirtualEnv({ seed: 1 }).wall();

  test('is the hand that was laid on last, also by who heard of the other', async () => {
    const { store, keep } = keeping();
    const rig = degradationRig({}, keep);
    await rig.env.advanceAsync(0);
    rig.onOverridden = ({ level }) =>
      void (level === 'minimal' && rig.degradation.override('reduced', { ...BY_HAND, forMs: 5_000 }));
    rig.degradation.override('minimal', { ...BY_HAND, forMs: 60_000 });

    expect(store.get('override')).toMatchObject({ level: 'reduced', forMs: 5_000 });
    expect(store.get('level')).toEqual({ level: 'reduced' });
  });

  test('is every level, and the hand on it for as long as it is there', async () => {
    const { store, keep } = keeping();
    const rig = degradationRig({}, keep);
    await rig.env.advanceAsync(0);
    rig.degradation.override('minimal', { ...BY_HAND, forMs: 60_000 });

    expect(Object.fromEntries(store)).toEqual({
      level: { level: 'minimal' },
      override: { level: 'minimal', ...BY_HAND, forMs: 60_000, atWallMs: WALL_MS },
    });
    rig.degradation.release(BY_HAND);
    expect([...store.keys()]).toEqual(['level']);
  });

  test('is taken up: the level, from where it improves a step a dwell', async () => {
    const rig = degradationRig({}, keeping({ level: { level: 'minimal' } }).keep);
    await rig.env.advanceAsync(10_000);

    expect(rig.changes).toEqual(['0 full → minimal', '5000 minimal → reduced', '10000 reduced → full']);
    expect(rig.events.find(({ type }) => type === 'degradation.changed')).toMatchObject({
      reason: 'so it was before the restart',
    });
  });

  test.each([
    ['what is left of it', -20_000, 40_000],
    ['no more than it was made for, where the wall clock was set back', 3_600_000, 60_000],
  ])('is taken up: a hand, for %s', async (_, agoMs, leftMs) => {
    const override = { level: 'reduced', ...BY_HAND, forMs: 60_000, atWallMs: WALL_MS + agoMs };
    const rig = degradationRig({}, keeping({ level: { level: 'reduced' }, override }).keep);
    await rig.env.advanceAsync(0);

    expect(rig.degradation.reading()).toMatchObject({ level: 'reduced', override: { untilMs: leftMs, by: 'ada' } });
  });

  test('and whose time was over in the meantime is forgotten', async () => {
    const { store, keep } = keeping({
      override: { level: 'reduced', ...BY_HAND, forMs: 60_000, atWallMs: WALL_MS - 60_000 },
    });
    const rig = degradationRig({}, keep);
    await rig.env.advanceAsync(0);

    expect(rig.degradation.reading()).toMatchObject({ level: 'full', override: null });
    expect(store.size).toBe(0);
  });

  test('is not taken up by a runtime that has been stopped meanwhile', async () => {
    const override = { level: 'reduced', ...BY_HAND, forMs: 60_000, atWallMs: WALL_MS };
    const rig = degradationRig({}, keeping({ level: { level: 'reduced' }, override }).keep);
    rig.isOpen = false;
    await rig.env.advanceAsync(0);

    expect(rig.degradation.reading()).toMatchObject({ level: 'full', override: null });
  });

  test('is older than a hand that was laid on before it could be read', async () => {
    const rig = degradationRig({}, keeping({ level: { level: 'emergency' } }).keep);
    rig.degradation.override('reduced', { ...BY_HAND, forMs: 60_000 });
    await rig.env.advanceAsync(0);

    expect(rig.degradation.level).toBe('reduced');
  });

  test.each([false, true])(
    'is older than a hand that was taken off before it could be read: laid on first, %s',
    async (isLaid) => {
      const override = { level: 'emergency', ...BY_HAND, forMs: 60_000, atWallMs: WALL_MS };
      const { store, keep } = keeping({ level: { level: 'emergency' }, override });
      const rig = degradationRig({}, keep);
      if (isLaid) rig.degradation.override('full', { ...BY_HAND, forMs: 60_000 });
      expect(rig.degradation.release(BY_HAND)).toBe(isLaid);
      await rig.env.advanceAsync(0);

      expect(rig.degradation.reading()).toMatchObject({ level: 'full', override: null });
      expect(Object.fromEntries(store)).toEqual({ level: { level: 'full' } });
    },
  );

  test.each([{ level: 5 }, { level: { level: 'low' } }, { override: { level: 'full' } }])(
    'and makes no sense is told, and hurts nobody: %j',
    async (kept) => {
      const rig = degradationRig({}, keeping(kept as never).keep);
      await rig.env.advanceAsync(0);

      expect(rig.degradation.level).toBe('full');
      expect(rig.failures).toHaveLength(1);
    },
  );
});

describe('advice', () => {
  const nothing = {
    breaker: undefined,
    foreign: undefined,
    check: undefined,
    isFeatureOn: undefined,
    level: 'full',
  } as const;

  test.each([
    [{}, 'proceed', 'the level is full', 'available'],
    [{ breaker: 'closed', check: 'healthy' }, 'proceed', 'its breaker is closed', 'available'],
    [{ breaker: 'open' }, 'pause', 'its breaker is open', 'unavailable'],
    [{ breaker: 'halfOpen' }, 'reduce', 'its breaker is halfOpen', 'degraded'],
    [{ breaker: 'forcedOpen', level: 'emergency' }, 'halt', 'its breaker is forcedOpen', 'unavailable'],
    [{ breaker: 'disabled' }, 'proceed', 'its breaker is disabled', 'available'],
    [{ breaker: 'closed', foreign: 'open' }, 'pause', 'its breaker is open', 'unavailable'],
    [{ foreign: 'halfOpen' }, 'reduce', 'its breaker is halfOpen', 'degraded'],
    [{ foreign: 'forcedOpen' }, 'halt', 'its breaker is forcedOpen', 'unavailable'],
    [{ foreign: null }, 'reduce', 'its breaker cannot be asked', 'degraded'],
    [{ check: 'degraded' }, 'reduce', 'its check says degraded', 'degraded'],
    [{ check: 'unhealthy', breaker: 'closed' }, 'pause', 'its check says unhealthy', 'unavailable'],
    [{ level: 'reduced' }, 'reduce', 'the level is reduced', 'degraded'],
    [{ level: 'minimal', breaker: 'halfOpen' }, 'pause', 'the level is minimal', 'degraded'],
    [{ level: 'emergency' }, 'halt', 'the level is emergency', 'degraded'],
    [{ level: 'emergency', isFeatureOn: true }, 'reduce', 'the level is emergency', 'degraded'],
    [{ isFeatureOn: false }, 'halt', 'the feature is off', 'unavailable'],
  ] as const)('%j → %s, because %s; %s', (known, advice, reason, availability) => {
    expect(adviceFor({ ...nothing, ...known })).toEqual({ advice, reason });
    expect(availabilityOf({ ...nothing, ...known })).toBe(availability);
  });

  test('never gets better as the level gets worse', () => {
    const order = ['proceed', 'reduce', 'pause', 'halt'];
    const ranks = LEVELS.map((level) => order.indexOf(adviceFor({ ...nothing, level }).advice));

    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
  });
});
