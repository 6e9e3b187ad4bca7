/** When everything goes down at once, the loop is not blocked for long; and when it is over, nothing is left of it. */
import { setImmediate } from 'node:timers/promises';
import { createRuntime, type KeyedBreaker, type Runtime } from '../../src/index.ts';
import { collectGarbage } from '../bytes-per-call.ts';
import { expectTrue } from '../expect-true.ts';
import type { Plan } from '../plan.ts';
import { quantile } from '../quantile.ts';
import { rowFor } from '../row-for.ts';
import type { Suite } from '../suite.ts';

/** A hundred thousand, but for a quick run. */
const keysOf = ({ breakers }: Plan): number => breakers * 10;

const HEALTHY_CALLS = 3;

export const stormSuite: Suite = {
  async run(plan, progress) {
    const storms: Storm[] = [];
    for (let repeat = 0; repeat < plan.repeats; repeat++) {
      storms.push(await stormOnce(keysOf(plan)));
      progress((repeat + 1) / plan.repeats);
    }
    const heap = quantile(
      storms.map(({ heapAfter }) => heapAfter),
      0.5,
    );
    return [
      rowFor('100,000 keyed breakers trip', { times: storms.map(({ tookNs }) => tookNs) }),
      rowFor('heap, when the storm is over', { ratio: { 'before it': heap } }),
    ];
  },
};

interface Storm {
  readonly tookNs: number;
  /** Over the heap before. */
  readonly heapAfter: number;
}

async function stormOnce(keys: number): Promise<Storm> {
  await using runtime = await createRuntime({ name: 'bench', capacity: { breakers: keys + 1, meteringGroups: 16 } });
  const keyed = runtime.keyedBreaker('keyed', { maxKeys: keys, consecutiveFailures: 1 });
  // A healthy day comes first: what a breaker, and the map of them, come to in use is no part of the storm.
  for (let call = 0; call < HEALTHY_CALLS * keys; call++)
    keyed
      .for(`key ${call % keys}`)
      .admit()
      .settle('success');
  const before = await settledHeap();
  const tookNs = trip(keyed, keys);
  await setImmediate(); // whoever listens has heard of it
  expectTrue(keyed.for('key 0').state === 'open', 'every key open');
  close(runtime);
  expectTrue(keyed.for(`key ${keys - 1}`).state === 'closed', 'every key closed');
  return { tookNs, heapAfter: (await settledHeap()) / before };
}

/** Only the votes are timed: who calls has its permit already. Nothing of it is in scope when the heap is weighed. */
function trip(keyed: KeyedBreaker, keys: number): number {
  const permits = Array.from({ length: keys }, (_, key) => keyed.for(`key ${key}`).admit());
  const from = performance.now();
  for (const permit of permits) permit.settle('failure');
  return (performance.now() - from) * 1e6;
}

function close(runtime: Runtime): void {
  runtime.resetAll({ by: 'bench', reason: 'the storm is over' });
}

async function settledHeap(): Promise<number> {
  await setImmediate();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
