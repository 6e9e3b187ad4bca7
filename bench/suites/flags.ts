/** Asking whether a feature is on costs a look into a map, whatever the level did: so much is free on the hot path. */
import { createRuntime } from '../../src/index.ts';
import { type Contestant, OURS } from '../contestant.ts';
import { race } from '../race.ts';
import type { Suite } from '../suite.ts';

const FEATURES = 100;

export const flagsSuite: Suite = {
  async run(plan, progress) {
    await using runtime = await createRuntime({ name: 'bench' });
    const { degradation } = runtime;
    const map = new Map<string, { readonly isOn: boolean }>();
    for (let index = 0; index < FEATURES; index++) {
      degradation.feature(`feature ${index}`, { until: 'reduced' });
      map.set(`feature ${index}`, { isOn: true });
    }
    const contestants: Contestant[] = [
      { name: OURS, way: 'returns', expects: true, call: () => degradation.isEnabled('feature 50') },
      { name: 'a Map', way: 'returns', expects: true, call: () => map.get('feature 50')!.isOn },
    ];
    return await race('isEnabled', contestants, plan, progress);
  },
};
