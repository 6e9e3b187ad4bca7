/** The supervisor against its slow twin, on random histories. `SUPERVISOR_RUNS=200000 vitest run …` for more of them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolveChildSpec } from '../../../actors/supervisor/child-spec.ts';
import { countChildren } from '../../../actors/supervisor/supervisor.ts';
import { OtpModel, type Setup } from './otp-model.ts';
import { fail, Stage } from './stage.ts';

const RUNS = Number(process.env['SUPERVISOR_RUNS'] ?? 20_000);

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const restart = fc.constantFrom('permanent', 'transient', 'temporary');
const setup: fc.Arbitrary<Setup> = fc.record({
  strategy: fc.constantFrom('oneForOne', 'oneForAll', 'restForOne'),
  intensity: fc.integer({ min: 0, max: 6 }),
  periodMs: fc.constant(1_000),
  children: fc.uniqueArray(fc.record({ id, restart }), { selector: (child) => child.id, maxLength: 5 }),
});

/** One step: to the model, and to the real one. */
type Step = (model: OtpModel, stage: Stage) => void;
const named = (step: Step, name: string): Step => Object.assign(step, { [fc.toStringMethod]: () => name });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(
        id,
        fc.constantFrom(
          ['CRASH', 'error'],
          ['CRASH', 'error'],
          ['FINISH', 'normal'],
          ['SHUT', 'shutdown'],
        ) as fc.Arbitrary<readonly [string, 'error' | 'normal' | 'shutdown']>,
      )
      .map(([at, [type, reason]]) =>
        named((model, stage) => {
          if (!model.isUp(at)) return;
          stage.ref(at)!.send({ type });
          model.exit(at, reason);
        }, `${type} ${at}`),
      ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(id, id).map(([at, other]) =>
      named((model, stage) => {
        if (!model.isUp(at) || !model.isUp(other)) return;
        stage.ref(at)!.send({ type: 'DO', what: () => (stage.crash(other), fail('and then I')) });
        model.crashBoth(at, other);
      }, `crashBoth ${at} ${other}`),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(id, fc.constantFrom('terminate', 'restart', 'delete')).map(([at, what]) =>
      named((model, stage) => {
        if (model.status !== 'active') return;
        stage.ask({ type: `supervisor.${what}Child`, id: at });
        model[what](at);
      }, `${what} ${at}`),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(id, restart).map(([at, life]) =>
      named((model, stage) => {
        if (model.status !== 'active') return;
        stage.ask({ type: 'supervisor.startChild', spec: resolveChildSpec(stage.worker(at, { restart: life })) });
        model.add(at, life);
      }, `add ${at} ${life}`),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(id, fc.integer({ min: 1, max: 3 }))
      .map(([at, times]) =>
        named((model, stage) => (stage.failNext(at, times), model.failNext(at, times)), `failNext ${at} ${times}`),
      ),
  },
  {
    weight: 6,
    arbitrary: fc.integer({ min: 0, max: 6 }).map((quarters) =>
      named(
        (model, stage) => {
          stage.env.advance(quarters * 250);
          model.nowMs += quarters * 250;
        },
        `advance ${quarters * 250}`,
      ),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constant(
      named((model, stage) => {
        if (model.status !== 'active') return;
        stage.shutdown();
        model.end('done');
      }, 'shutdown'),
    ),
  },
);

test('S1–S5, S10, S11: every history is OTP’s, start for start and stop for stop', () => {
  fc.assert(
    fc.property(setup, fc.array(step, { maxLength: 40, size: 'max' }), (given, steps) => {
      const model = new OtpModel(given);
      const stage = new Stage();
      const { children, ...flags } = given;
      stage.run({ ...flags, children: children.map((child) => stage.worker(child.id, { restart: child.restart })) });

      for (const take of [() => {}, ...steps]) {
        take(model, stage);
        expect([stage.status, stage.take()]).toEqual([model.status, model.log.splice(0).join(' ')]);
        if (model.status === 'active') {
          expect(stage.children).toBe(model.children);
          expect(countChildren(stage.root).specs).toBe(model.size);
        }
      }

      expect(stage.errors.length).toBe(model.status === 'error' ? 1 : 0);
      expect(stage.env.pendingTimers).toBe(0);
    }),
    { numRuns: RUNS },
  );
}, 180_000);
