/** The array form, on random histories. `LAYERS_RUNS=50000 vitest run …` for more of them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isHoldfastError } from '../../src/core/errors.ts';
import { REJECTED } from '../../src/policies/breaker/slot.ts';
import type { PipelineLayer } from '../../src/policies/layers/options.ts';
import { inDefaultOrder, type LayeredRig, layeredRig } from '../support/layered-rig.ts';
import { type PipelineRig, type PipelineRigOptions, pipelineRig } from '../support/pipeline-rig.ts';
import { type Given, leftOver, policies, script, Stage, type Trace } from '../support/pipeline-script.ts';

const RUNS = Number(process.env['LAYERS_RUNS'] ?? 2_500);

test('in the default order the array does what the fused frame does, and leaves as little behind', async () => {
  const options = fc.record(policies, { requiredKeys: [] }) as fc.Arbitrary<Given>;
  const array = (given: PipelineRigOptions): PipelineRig => layeredRig(inDefaultOrder(given), given.vote);

  const fusedIsArray = fc.asyncProperty(options, script, async (given, steps) => {
    const [ours, theirs] = await Promise.all(
      [pipelineRig, array].map(async (make) => {
        const stage = new Stage();
        const rig = make({ ...stage.equip(given), vote: stage.vote });
        return afterwards(rig, await stage.play(rig, steps));
      }),
    );

    expect(theirs).toEqual(ours);
    expect(theirs!.left).toEqual([]);
  });

  await fc.assert(fusedIsArray, { numRuns: RUNS });
}, 120_000);

test('X1 X2 B1 B4 K1 K2 hold in any order, also with policies that stand twice', async () => {
  const layer = fc.oneof(
    ...Object.entries(policies).map(([name, arbitrary]) =>
      (arbitrary as fc.Arbitrary<unknown>).map((given) => ({ [name]: given }) as Given),
    ),
  );
  const once = (layers: readonly Given[]): readonly Given[] =>
    layers.filter(({ breaker, totalTimeoutMs }, place) => {
      const before = layers.slice(0, place);
      const isSecond =
        (breaker && before.some((each) => each.breaker)) ||
        (totalTimeoutMs !== undefined && before.some((each) => each.totalTimeoutMs));
      return !isSecond;
    });
  const layers = fc.array(layer, { maxLength: 7, size: 'max' }).map(once);

  const invariants = fc.asyncProperty(layers, script, async (given, steps) => {
    const stage = new Stage();
    const rig = layeredRig(
      given.map((each) => stage.equip(each) as PipelineLayer<unknown>),
      stage.vote,
    );
    const permits = watchPermits(rig);
    const wrong: string[] = [];
    // A resource may take its time, and the breaker open meanwhile.
    const isGuarded = given.some(({ breaker }) => breaker) && !given.some(({ bulkhead }) => bulkhead?.isPooled);
    stage.onCall = () => {
      const isOpen = rig.slot.state === 'open' || rig.slot.state === 'forcedOpen';
      if (isOpen && isGuarded) wrong.push('called while open');
      for (const { active, limit } of rig.bulkheads.map((each) => each.reading()))
        if (active > limit) wrong.push(`${active} in a bulkhead for ${limit}`);
    };

    const trace = await stage.play(rig, steps);

    expect(wrong).toEqual([]);
    expect(leftOver(rig, trace)).toEqual([]);
    expect(permits()).toEqual([]);
    expect(rig.bulkheads.map((each) => each.reading())).toEqual(
      rig.bulkheads.map(() => expect.objectContaining({ active: 0, queued: 0, zombies: 0 }) as unknown),
    );
    for (const { value } of trace.settled.values()) expect(trace.given.has(value) || isHoldfastError(value)).toBe(true);
  });

  await fc.assert(invariants, { numRuns: RUNS });
}, 120_000);

function afterwards(rig: PipelineRig, trace: Trace) {
  return {
    events: trace.events.toSorted(), // within an instant, who comes first is a matter of microtasks
    reading: rig.pipeline.reading(),
    transitions: rig.transitions,
    counts: rig.slot.counts(),
    bulkhead: rig.bulkhead?.reading(),
    left: leftOver(rig, trace),
  };
}

/** out  what is wrong with the permits so far: each of the epoch that is now must have gone back exactly once */
function watchPermits({ slot }: LayeredRig): () => readonly string[] {
  const taken = new Map<number, number>();
  const admit = slot.admit.bind(slot);
  const settle = slot.settle.bind(slot);
  const wrong: string[] = [];
  let isAsking = false;
  slot.admit = () => {
    if (isAsking) return admit(); // it asks itself again when it has moved on to half-open
    isAsking = true;
    const permit = admit();
    isAsking = false;
    if (permit !== REJECTED) taken.set(permit, (taken.get(permit) ?? 0) + 1);
    return permit;
  };
  slot.settle = (permit, ...rest) => {
    const left = (taken.get(permit) ?? 0) - 1;
    if (left < 0) wrong.push(`a permit of word ${permit} went back twice`);
    taken.set(permit, left);
    settle(permit, ...rest);
  };
  return () => {
    const kept = [...taken].filter(([permit, count]) => count > 0 && slot.stillAdmits(permit));
    return [...wrong, ...kept.map(([permit, count]) => `${count} permits of word ${permit} never went back`)];
  };
}
