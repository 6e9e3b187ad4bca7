/** Asking the Env for the time costs no more than asking Node itself: being testable is free. */
import { performance } from 'node:perf_hooks';
import { createRuntime } from '../../src/index.ts';
import { type Contestant, OURS } from '../contestant.ts';
import { race } from '../race.ts';
import type { Suite } from '../suite.ts';

export const clockSuite: Suite = {
  async run(plan, progress) {
    await using runtime = await createRuntime({ name: 'bench' });
    const { env } = runtime;
    const contestants: Contestant[] = [
      { name: OURS, way: 'returns', expects: true, call: () => env.now() > 0 },
      { name: 'performance.now()', way: 'returns', expects: true, call: () => performance.now() > 0 },
    ];
    return await race('clock, env.now()', contestants, plan, progress);
  },
};
