/** A whole runtime with its store under the virtual Env: threads die by the seed, and what is metered stays exact. */
import { expect, test } from 'vitest';
import type { Thread } from '../../../src/core/env.ts';
import { createRuntime } from '../../../src/runtime.ts';
import { createVirtualEnv, type VirtualEnv } from '../../../src/testing/virtual-env.ts';

const SEEDS = Array.from({ length: 25 }, (_, seed) => seed + 1);

interface Dying {
  readonly thread: Thread;
  die(): Promise<void>;
}

/** One turn of what is deferred, with the promises after it; no time passes. */
async function step(env: VirtualEnv): Promise<void> {
  env.turn();
  await new Promise((resolve) => void setImmediate(resolve));
}

async function settle<T>(env: VirtualEnv, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  promise.then(
    () => (isSettled = true),
    () => (isSettled = true),
  );
  while (!isSettled) await env.advanceAsync(1);
  return promise;
}

test.each(SEEDS)(
  'M2, P7: seed %i: every record is in the file once, whenever the writer died, and so is every trip',
  async (seed) => {
    const env = createVirtualEnv({ seed });
    const random = env.fork('deaths');
    const threads: Dying[] = [];
    const { thread: open } = env;
    env.thread = async (options) => {
      const thread = await open(options);
      const die = async (): Promise<void> => {
        await thread.kill();
        options.onLost(new Error('killed by the test'));
      };
      if ((options.shared as { role: string }).role === 'writer') threads.push({ thread, die });
      return thread;
    };
    const store = { path: 'simulated.db' };
    const first = await settle(env, createRuntime({ env, store }));
    const breaker = first.breaker('pay');
    let recorded = 0;
    let trips = 0;

    for (let turn = 0; turn < 60; turn++) {
      const chance = random();
      if (chance < 0.3) recorded += Number(first.metering.record({ tenant: `tenant ${turn % 3}`, operation: 'ask' }));
      else if (chance < 0.5) {
        breaker.open({ by: 'test', reason: 'again' });
        breaker.close({ by: 'test', reason: 'again' });
        trips++;
      } else if (chance < 0.6) void first.metering.flush().catch(() => {});
      else if (chance < 0.75) {
        void first.history.trips(); // has all that waits written
        for (let steps = Math.floor(random() * 6); steps > 0; steps--) await step(env);
        await threads.at(-1)!.die();
      } else await env.advanceAsync(random() * 400);
    }
    while (first.readings().store['self']!.state !== 'ready') await env.advanceAsync(100);
    await settle(env, first.stop());

    const second = await settle(env, createRuntime({ env, store }));
    const usage = Object.values(second.readings().usage).reduce((sum, { count }) => sum + count, 0);
    const { records } = second.readings().store['self']!;
    const kept = await settle(env, second.history.trips());
    await settle(env, second.stop());

    expect({ usage, records, trips: kept.length }).toEqual({ usage: recorded, records: recorded, trips });
  },
);
