/** Saying no while open costs a fifth of what it costs the peers: the error is an answer, not an accident. */
import { rejectSoon } from '../../src/core/reject-soon.ts';
import { createRuntime, isHoldfastError } from '../../src/index.ts';
import * as cockatiel from '../against/cockatiel.ts';
import * as opossum from '../against/opossum.ts';
import { FAILURE, succeed } from '../answer.ts';
import { type Contestant, OURS } from '../contestant.ts';
import { expectTrue } from '../expect-true.ts';
import { race } from '../race.ts';
import { BREAKER_RULES, LONG_MS } from '../rules.ts';
import type { Suite } from '../suite.ts';

export const rejectionSuite: Suite = {
  async run(plan, progress) {
    await using runtime = await createRuntime({ name: 'bench' });
    const breaker = runtime.breaker('open', { ...BREAKER_RULES, openMs: LONG_MS });
    breaker.open({ by: 'bench', reason: 'rejections are measured' });
    const broken = await cockatiel.openBreaker();
    const circuit = opossum.openBreaker(succeed);

    const contestants: Contestant[] = [
      {
        name: OURS,
        way: 'rejects',
        expects: 'BREAKER_OPEN',
        read: (error: unknown) => (isHoldfastError(error) ? error.code : error),
        call: () => breaker.execute(succeed),
        after: () => expectTrue(breaker.state === 'open', 'an open breaker'),
      },
      {
        name: 'cockatiel',
        way: 'rejects',
        expects: true,
        read: cockatiel.isOpenError,
        call: () => broken.execute(succeed),
      },
      {
        name: 'opossum',
        way: 'rejects',
        expects: 'EOPENBREAKER',
        read: (error: { readonly code: unknown }) => error.code,
        call: () => circuit.fire(),
      },
      // what the promise alone costs: born rejected, and rejected one microtask later
      {
        name: 'Promise.reject()',
        way: 'rejects',
        expects: FAILURE,
        call: () => Promise.reject(FAILURE),
        isFloor: true,
      },
      { name: 'rejectSoon()', way: 'rejects', expects: FAILURE, call: () => rejectSoon(FAILURE), isFloor: true },
    ];
    const rows = await race('rejection while open', contestants, plan, progress);
    circuit.shutdown();
    return rows;
  },
};
