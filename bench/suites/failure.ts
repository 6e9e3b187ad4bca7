/** A call that fails while the breaker stays closed costs no more than with cockatiel, and the error passes unchanged. */
import { createRuntime } from '../../src/index.ts';
import * as cockatiel from '../against/cockatiel.ts';
import * as opossum from '../against/opossum.ts';
import { FAILURE, fail, inOneFrame, succeed } from '../answer.ts';
import { type Contestant, OURS } from '../contestant.ts';
import { expectTrue } from '../expect-true.ts';
import { race } from '../race.ts';
import { BREAKER_RULES } from '../rules.ts';
import type { Suite } from '../suite.ts';

export const failureSuite: Suite = {
  async run(plan, progress) {
    await using runtime = await createRuntime({ name: 'bench' });
    const breaker = runtime.breaker('patient', { ...BREAKER_RULES, failureRate: 1 });
    const patient = cockatiel.patientBreaker();
    const circuit = opossum.patientBreaker(fail);

    // One success before each batch: a breaker that opens at 100 % never sees it.
    const contestants: Contestant[] = [
      {
        name: OURS,
        way: 'rejects',
        expects: FAILURE,
        call: () => breaker.execute(fail),
        before: () => breaker.execute(succeed),
        after: () =>
          expectTrue(breaker.state === 'closed' && breaker.counts().failed > 0, 'a closed breaker that counted'),
      },
      {
        name: 'cockatiel',
        way: 'rejects',
        expects: FAILURE,
        call: () => patient.execute(fail),
        before: () => patient.execute(succeed),
        after: () => expectTrue(cockatiel.isClosed(patient), 'a closed cockatiel'),
      },
      {
        name: 'opossum',
        way: 'rejects',
        expects: FAILURE,
        call: () => circuit.fire(),
        batch: 10, // it recounts its window at every failure: a thousand take seconds
        after: () => expectTrue(circuit.closed && circuit.stats.failures > 0, 'a closed opossum that counted'),
      },
      { name: 'await fn()', way: 'rejects', expects: FAILURE, call: fail, isFloor: true },
      { name: 'one async frame', way: 'rejects', expects: FAILURE, call: () => inOneFrame(fail), isFloor: true },
    ];
    const rows = await race('failure while closed', contestants, plan, progress);
    circuit.shutdown();
    return rows;
  },
};
