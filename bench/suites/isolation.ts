/**
 * With store, workers and feed dead, calls still decide: their p99 stays below 5 ms, and is what it was.
 *
 * Each call takes a turn of the loop, as one that does I/O would: what the loop does in our thread because nobody else
 * does it any more, drains, ticks, and attempts to start, is in the figure.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { realEnv } from '../../src/core/real-env.ts';
import { createRuntime, type Env, type Runtime, type RuntimeOptions } from '../../src/index.ts';
import { serveFeed } from '../../src/surfaces/feed/serve-feed.ts';
import { ANSWER, FALLBACK } from '../answer.ts';
import { type Contestant, OURS } from '../contestant.ts';
import { expectTrue } from '../expect-true.ts';
import { race } from '../race.ts';
import { BREAKER_RULES, TIMEOUT_MS } from '../rules.ts';
import type { Suite } from '../suite.ts';

export const isolationSuite: Suite = {
  async run(plan, progress) {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
    const store = (name: string): RuntimeOptions['store'] => ({ path: join(folder, name) });
    const { env, breakStore } = brokenEnv();
    const runtime = await createRuntime({ name: 'bench, isolated', env, store: store('isolated.db') });
    await serveFeed(runtime, { port: 0 });
    await runtime.supervisor.kill('root/surfaces/feed', { by: 'bench', reason: 'a dead feed is measured' });
    breakStore();
    const well = await createRuntime({ name: 'bench, well', store: store('well.db') });
    const contestants = [{ ...through(OURS, runtime), after: () => expectDead(runtime) }, through('all is well', well)];
    const rows = await race('pipeline, all around it dead', contestants, plan, progress);
    await Promise.all([runtime.stop(), well.stop()]);
    rmSync(folder, { recursive: true });
    return rows;
  },
};

/** No worker can be started, no port bound a second time; the store's thread dies when it is told, and none comes up. */
function brokenEnv(): { readonly env: Env; readonly breakStore: () => void } {
  const real = realEnv();
  const never = new Promise<never>(() => {});
  let hasListened = false;
  let loseThread: (() => void) | undefined;
  const env: Env = {
    ...real,
    pool: () => Promise.reject(new Error('no thread can be started')),
    thread: async (options) => {
      if (loseThread !== undefined) return never;
      const thread = await real.thread(options);
      loseThread = () => {
        void thread.kill();
        options.onLost(new Error('the disk is gone'));
      };
      return thread;
    },
    listen: (server, where) => {
      if (hasListened) return Promise.reject(new Error('no port can be bound'));
      hasListened = true;
      return real.listen(server, where);
    },
  };
  return { env, breakStore: () => loseThread?.() };
}

/** What should be dead must be, or nothing was measured. */
function expectDead(runtime: Runtime): void {
  const { children, engine, store } = runtime.readings();
  for (const path of ['root/store/writer', 'root/compute/pool', 'root/surfaces/feed'])
    expectTrue(
      ['backoff', 'starting'].includes(children[path]?.state ?? 'missing'),
      `${path} to be down, received ${children[path]?.state}`,
    );
  expectTrue(engine['self']?.threads === 0, 'no thread');
  expectTrue(store['self']?.state === 'degraded', `a store that is degraded, received ${store['self']?.state}`);
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
