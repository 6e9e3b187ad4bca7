/**
 * A crash is mended within 100 µs, however many siblings there are; and being able to be watched costs nothing.
 *
 * The crash is a following breaker's: its callback throws, XState ends the actor, the supervisor announces both and
 * starts the next incarnation from its snapshot. Without a backoff all of that happens inside the `send`.
 */
import { createActor, type AnyActorRef } from 'xstate';
import { breakerChild } from '../../actors/breaker-child.ts';
import { startTree } from '../../actors/root.ts';
import { installScheduler } from '../../actors/scheduler.ts';
import { resolveSupervisor } from '../../actors/supervisor/child-spec.ts';
import { stopOrphans } from '../../actors/supervisor/orphans.ts';
import { liveChild, supervisorLogic } from '../../actors/supervisor/supervisor.ts';
import { realEnv } from '../../src/core/real-env.ts';
import { FAILURE } from '../answer.ts';
import { collectGarbage } from '../bytes-per-call.ts';
import { type Contestant, OURS } from '../contestant.ts';
import { expectTrue } from '../expect-true.ts';
import { type Half, inPairs } from '../in-pairs.ts';
import { inTurn } from '../in-turn.ts';
import type { Plan } from '../plan.ts';
import { quantile } from '../quantile.ts';
import { race } from '../race.ts';
import { rowFor } from '../row-for.ts';
import type { Row } from '../row.ts';
import type { Progress, Suite } from '../suite.ts';

const env = realEnv();
const SILENT = { emit: () => {} };
/** Restarts of so long ago are forgotten: the supervisor is never out of patience. */
const NO_TIME_MS = 1e-6;
/** So many times as many pairs as elsewhere: two percent is less than one pair differs from the next. */
const PAIRS = 5;

export const supervisionSuite: Suite = {
  run: (plan, progress) =>
    inTurn(progress, [
      (part) => race('crash and restart, 10,000 siblings', [crashing(plan.breakers)], plan, part),
      (part) => watching(plan, part),
    ]),
};

/** Each call crashes the next of so many children. */
function crashing(siblings: number): Contestant {
  const children = Array.from({ length: siblings }, (_, child) =>
    breakerChild(`breaker ${child}`, { state: 'open', expireOpening: crash, expireProbes: crash }),
  );
  const supervisor = resolveSupervisor({
    id: 'root',
    type: 'supervisor',
    intensity: siblings,
    periodMs: NO_TIME_MS,
    children,
  });
  const world = { env, events: SILENT };
  const root = createActor(supervisorLogic, { input: { supervisor, path: 'root', world } }) as AnyActorRef;
  installScheduler(root.system, env, stopOrphans);
  root.subscribe({ error: () => {} });
  root.start();
  let calls = 0;
  return {
    name: OURS,
    way: 'returns',
    expects: true,
    call: () => {
      const { id } = children[calls++ % siblings]!;
      const victim = liveChild(root, id)!;
      victim.send({ type: 'due' });
      const successor = liveChild(root, id);
      return successor !== undefined && successor !== victim;
    },
    batch: 100,
    after: () => root.send({ type: 'supervisor.shutdown' }),
  };
}

function crash(): never {
  throw FAILURE;
}

async function watching(plan: Plan, progress: Progress): Promise<Row[]> {
  const [ours, end] = transitions(plan);
  const [theirs, endTheirs] = transitions(plan);
  const watched = new Set<string>();
  // Looked at once, and no more: what is left of the observer is what is measured.
  ours.inspect((event) => void watched.add(event.type))();
  expectTrue(watched.has('@xstate.snapshot'), 'an observer that saw something');
  const { ours: times, theirs: never, ratios } = await inPairs(PAIRS * plan.pairs, ours.half, theirs.half, progress);
  await Promise.all([end(), endTheirs()]);
  return [
    rowFor('transition, nobody watches', { times, ratio: { 'never watched': quantile(ratios, 0.5) } }),
    rowFor('transition, nobody watches · never watched', { times: never }),
  ];
}

interface Stepping {
  readonly half: Half;
  readonly inspect: ReturnType<typeof startTree>['inspect'];
}

/** A following breaker that opens and closes `plan.breakers` times in each half. */
function transitions(plan: Plan): readonly [Stepping, () => Promise<void>] {
  const tree = startTree({ env, events: SILENT, onFatal: crash });
  const breaker = tree.add('core', breakerChild('b', { state: 'closed', expireOpening() {}, expireProbes() {} }));
  const half = (): number => {
    collectGarbage();
    const from = performance.now();
    for (let step = 0; step < plan.breakers; step++) breaker.send({ type: step % 2 === 0 ? 'open' : 'close' });
    return ((performance.now() - from) * 1e6) / plan.breakers;
  };
  return [{ half, inspect: (observer) => tree.inspect(observer) }, () => tree.stop()];
}
