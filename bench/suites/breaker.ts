/** A healthy call through a closed breaker costs no more than through cockatiel's, and half of opossum's. */
import { createRuntime } from '../../src/index.ts';
import * as cockatiel from '../against/cockatiel.ts';
import * as opossum from '../against/opossum.ts';
import { ANSWER, inOneFrame, succeed } from '../answer.ts';
import { type Contestant, OURS } from '../contestant.ts';
import { expectTrue } from '../expect-true.ts';
import { inTurn } from '../in-turn.ts';
import { race } from '../race.ts';
import { BREAKER_RULES, CONSECUTIVE_FAILURES, COUNT_RULES, OPEN_MS, WINDOW_CALLS } from '../rules.ts';
import type { Suite } from '../suite.ts';

const FLOORS: readonly Contestant[] = [
  { name: 'await fn()', way: 'resolves', expects: ANSWER, call: succeed, isFloor: true },
  { name: 'one async frame', way: 'resolves', expects: ANSWER, call: () => inOneFrame(succeed), isFloor: true },
];

export const breakerSuite: Suite = {
  async run(plan, progress) {
    await using runtime = await createRuntime({ name: 'bench' });
    const timed = runtime.breaker('time window', BREAKER_RULES);
    const counted = runtime.breaker('count window', COUNT_RULES);
    const inARow = runtime.breaker('consecutive failures', {
      consecutiveFailures: CONSECUTIVE_FAILURES,
      openMs: OPEN_MS,
    });
    const sampling = cockatiel.samplingBreaker();
    const count = cockatiel.countBreaker();
    const consecutive = cockatiel.consecutiveBreaker();
    const circuit = opossum.breakerAlone(succeed);

    const timeWindow: Contestant[] = [
      {
        name: OURS,
        way: 'resolves',
        expects: ANSWER,
        call: () => timed.execute(succeed),
        after: () => expectTrue(timed.state === 'closed' && timed.counts().total > 0, 'a closed breaker that counted'),
      },
      {
        name: 'cockatiel',
        way: 'resolves',
        expects: ANSWER,
        call: () => sampling.execute(succeed),
        after: () => expectTrue(cockatiel.isClosed(sampling), 'a closed cockatiel'),
      },
      {
        name: 'opossum',
        way: 'resolves',
        expects: ANSWER,
        call: () => circuit.fire(),
        after: () => expectTrue(circuit.closed && circuit.stats.fires > 0, 'a closed opossum that counted'),
      },
      ...FLOORS,
    ];
    const countWindow: Contestant[] = [
      {
        name: OURS,
        way: 'resolves',
        expects: ANSWER,
        call: () => counted.execute(succeed),
        after: () => expectTrue(counted.counts().total === WINDOW_CALLS, 'a window that is full'),
      },
      { name: 'cockatiel', way: 'resolves', expects: ANSWER, call: () => count.execute(succeed) },
    ];
    const consecutiveFailures: Contestant[] = [
      { name: OURS, way: 'resolves', expects: ANSWER, call: () => inARow.execute(succeed) },
      { name: 'cockatiel', way: 'resolves', expects: ANSWER, call: () => consecutive.execute(succeed) },
    ];
    const rows = await inTurn(progress, [
      (part) => race('breaker, time window', timeWindow, plan, part),
      (part) => race('breaker, count window', countWindow, plan, part),
      (part) => race('breaker, consecutive failures', consecutiveFailures, plan, part),
    ]);
    circuit.shutdown();
    return rows;
  },
};
