/** When everything goes down at once, the loop is not blocked for long. */
import { createRuntime } from '../../src/index.ts';
import { expectTrue } from '../expect-true.ts';
import type { Plan } from '../plan.ts';
import { rowFor } from '../row-for.ts';
import type { Suite } from '../suite.ts';

/** A hundred thousand, but for a quick run. */
const keysOf = ({ breakers }: Plan): number => breakers * 10;

export const stormSuite: Suite = {
  async run(plan, progress) {
    const times: number[] = [];
    for (let repeat = 0; repeat < plan.repeats; repeat++) {
      times.push(await stormOnce(keysOf(plan)));
      progress((repeat + 1) / plan.repeats);
    }
    return [rowFor('100,000 keyed breakers trip', { times })];
  },
};

async function stormOnce(keys: number): Promise<number> {
  await using runtime = await createRuntime({ name: 'bench', capacity: { breakers: keys + 1, meteringGroups: 16 } });
  const keyed = runtime.keyedBreaker('keyed', { maxKeys: keys, consecutiveFailures: 1 });
  const permits = Array.from({ length: keys }, (_, key) => keyed.for(`key ${key}`).admit());
  const from = performance.now();
  for (const permit of permits) permit.settle('failure');
  const tookNs = (performance.now() - from) * 1e6;
  expectTrue(keyed.for('key 0').state === 'open', 'every key open');
  return tookNs;
}
