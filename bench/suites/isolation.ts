/** With every worker dead, calls still decide: their p99 stays below 5 ms, and is what it was. */
import { realEnv } from '../../src/core/real-env.ts';
import { createRuntime, type Env, type Runtime } from '../../src/index.ts';
import { ANSWER, FALLBACK, succeed } from '../answer.ts';
import { type Contestant, OURS } from '../contestant.ts';
import { race } from '../race.ts';
import { BREAKER_RULES, TIMEOUT_MS } from '../rules.ts';
import type { Suite } from '../suite.ts';

export const isolationSuite: Suite = {
  async run(plan, progress) {
    const noThreads: Env = { ...realEnv(), pool: () => Promise.reject(new Error('no thread can be started')) };
    await using dead = await createRuntime({ name: 'bench, dead', env: noThreads });
    await using alive = await createRuntime({ name: 'bench, alive' });
    const contestants = [through(OURS, dead), through('workers alive', alive)];
    return await race('pipeline, all workers dead', contestants, plan, progress);
  },
};

/** A pipeline whose every call is metered, so that what the workers would do piles up, or is done in the thread. */
function through(name: string, runtime: Runtime): Contestant {
  const { metering } = runtime;
  const pipeline = runtime.pipeline('all', {
    breaker: BREAKER_RULES,
    timeoutMs: TIMEOUT_MS,
    fallback: () => FALLBACK,
  });
  const call = (): Promise<typeof ANSWER> => {
    metering.record({ tenant: 'acme', operation: 'quote', tokens: 1 });
    return pipeline.execute(succeed);
  };
  return { name, way: 'resolves', expects: ANSWER, call };
}
