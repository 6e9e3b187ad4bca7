/**
 * With workers and feed dead and the disk hanging, calls still decide: their p99 stays below 5 ms, and is what it was.
 *
 * Each call takes a turn of the loop, as one that does I/O would: what the loop does in our thread because nobody else
 * does it any more, drains, ticks, and attempts to start, is in the figure.
 */
import { setImmediate } from 'node:timers/promises';
import { realEnv } from '../../src/core/real-env.ts';
import { createRuntime, type Env, type Runtime } from '../../src/index.ts';
import { serveFeed } from '../../src/surfaces/feed/serve-feed.ts';
import { ANSWER, FALLBACK } from '../answer.ts';
import { type Contestant, OURS } from '../contestant.ts';
import { expectTrue } from '../expect-true.ts';
import { race } from '../race.ts';
import { BREAKER_RULES, TIMEOUT_MS } from '../rules.ts';
import type { Suite } from '../suite.ts';

export const isolationSuite: Suite = {
  async run(plan, progress) {
    const runtime = await createRuntime({ name: 'bench, isolated', env: brokenEnv() });
    await serveFeed(runtime, { port: 0 });
    await runtime.supervisor.kill('root/surfaces/feed', { by: 'bench', reason: 'a dead feed is measured' });
    await using well = await createRuntime({ name: 'bench, well' });
    const contestants = [{ ...through(OURS, runtime), after: () => expectDead(runtime) }, through('all is well', well)];
    const rows = await race('pipeline, all around it dead', contestants, plan, progress);
    void runtime.stop(); // waits for the disk as long as its parts may; the process ends before
    return rows;
  },
};

/** No thread can be started, no port bound a second time, and nothing on a disk ever ends. */
function brokenEnv(): Env {
  const real = realEnv();
  const never = new Promise<never>(() => {});
  let hasListened = false;
  return {
    ...real,
    pool: () => Promise.reject(new Error('no thread can be started')),
    database: () => never,
    files: { readText: () => never, writeText: () => never, remove: () => never, freeShare: () => never },
    listen: (server, where) => {
      if (hasListened) return Promise.reject(new Error('no port can be bound'));
      hasListened = true;
      return real.listen(server, where);
    },
  };
}

/** What should be dead must be, or nothing was measured. */
function expectDead(runtime: Runtime): void {
  const { children, engine } = runtime.readings();
  for (const path of ['root/compute/pool', 'root/surfaces/feed'])
    expectTrue(
      ['backoff', 'starting'].includes(children[path]?.state ?? 'missing'),
      `${path} to be down, received ${children[path]?.state}`,
    );
  expectTrue(engine['self']?.threads === 0, 'no thread');
}

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
    return pipeline.execute(aTurnLater);
  };
  return { name, way: 'resolves', expects: ANSWER, call };
}

function aTurnLater(): Promise<typeof ANSWER> {
  return setImmediate(ANSWER);
}
