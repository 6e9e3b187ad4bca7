/** A healthy call through fallback, retry, breaker, bulkhead and timeout costs a fifteenth of cockatiel's wrap of the same. */
import { createRuntime, type Pipeline } from '../../src/index.ts';
import * as cockatiel from '../against/cockatiel.ts';
import * as opossum from '../against/opossum.ts';
import { ANSWER, EIGHT, FALLBACK, readSignal, succeed } from '../answer.ts';
import { type Contestant, OURS } from '../contestant.ts';
import { expectTrue } from '../expect-true.ts';
import { inTurn } from '../in-turn.ts';
import { race } from '../race.ts';
import { rowFor } from '../row-for.ts';
import type { Row } from '../row.ts';
import { BREAKER_RULES, MAX_ATTEMPTS, MAX_CONCURRENT, MAX_QUEUED, TIMEOUT_MS } from '../rules.ts';
import type { Suite } from '../suite.ts';

type Quote = typeof ANSWER;

export const pipelineSuite: Suite = {
  async run(plan, progress) {
    await using runtime = await createRuntime({ name: 'bench' });
    const fallback = (): Quote => FALLBACK;
    const policies = {
      breaker: BREAKER_RULES,
      retry: { maxAttempts: MAX_ATTEMPTS },
      bulkhead: { maxConcurrent: MAX_CONCURRENT, maxQueued: MAX_QUEUED },
      fallback,
    };
    const four = runtime.pipeline('four', policies);
    const five = runtime.pipeline('five', { ...policies, timeoutMs: TIMEOUT_MS });
    const { breaker, retry, bulkhead } = policies;
    const layers = [{ fallback }, { retry }, { breaker }, { bulkhead }, { timeoutMs: TIMEOUT_MS }];
    const array = runtime.pipeline('array', layers);
    const theirFour = cockatiel.fourPolicies();
    const theirFive = cockatiel.fivePolicies();
    const circuit = opossum.fourPolicies(succeed);

    const unread: Contestant[] = [
      ours(() => five.execute(succeed), five),
      theirs(() => theirFive.execute(succeed)),
      {
        name: 'opossum',
        way: 'resolves',
        expects: ANSWER,
        call: () => circuit.fire(),
        after: () => expectTrue(circuit.closed && circuit.stats.fallbacks === 0, 'an opossum that never fell back'),
      },
    ];
    const read = [ours(() => five.execute(readSignal), five), theirs(() => theirFive.execute(readSignal))];
    const noTimeout = [ours(() => four.execute(succeed), four), theirs(() => theirFour.execute(succeed))];
    const asArray = [
      ours(() => array.execute(succeed), array),
      { ...ours(() => five.execute(succeed), five), name: 'fused' },
    ];
    let our = 0;
    let their = 0;
    const eight = [
      ours(() => five.execute(EIGHT[our++ & 7]!), five),
      theirs(() => theirFive.execute(EIGHT[their++ & 7]!)),
    ];
    const rows = await inTurn(progress, [
      async (part) => withBytes(await race('pipeline, signal unread', unread, plan, part)),
      (part) => race('pipeline, signal read', read, plan, part),
      (part) => race('pipeline, no timeout', noTimeout, plan, part),
      (part) => race('pipeline, eight functions', eight, plan, part),
      (part) => race('pipeline, as an array', asArray, plan, part),
    ]);
    circuit.shutdown();
    return rows;
  },
};

function ours(call: () => unknown, pipeline: Pipeline<Quote>): Contestant {
  const after = (): void => {
    const { calls, inFlight, outcomes } = pipeline.reading();
    expectTrue(calls > 0 && outcomes.success === calls && inFlight === 0, 'a pipeline whose calls all succeeded');
  };
  return { name: OURS, way: 'resolves', expects: ANSWER, call, after };
}

function theirs(call: () => unknown): Contestant {
  return { name: 'cockatiel', way: 'resolves', expects: ANSWER, call };
}

/** The bytes of the same race, as a row of their own: they have limits of their own. */
function withBytes(rows: readonly Row[]): Row[] {
  const bytesOf = (suffix: string): number => rows.find((row) => row.name.endsWith(suffix))!.bytes!;
  const bytes = bytesOf('unread');
  const ratio = { cockatiel: bytes / bytesOf('cockatiel'), opossum: bytes / bytesOf('opossum') };
  return [...rows, rowFor('pipeline, bytes a call', { bytes, ratio })];
}
