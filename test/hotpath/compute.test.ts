/** The budget of a task, on a virtual clock and with a pool that answers when the test says so. */
import { expect, test } from 'vitest';
import type { Pool, PoolOptions } from '../../src/core/env.ts';
import { ThreadLoss } from '../../src/core/thread-loss.ts';
import { Compute, TASK_BUDGET_MS } from '../../src/hotpath/compute.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

/** `kills` is how many threads have to be killed until the one is hit that runs the task. */
async function started(kills = 1) {
  const env = createVirtualEnv({ seed: 1 });
  const tasks: PromiseWithResolvers<string>[] = [];
  let killed = 0;
  const pool: Pool = {
    threads: 1,
    isThreadLoss: (error) => error instanceof ThreadLoss,
    run: () => {
      tasks.push(Promise.withResolvers());
      return tasks.at(-1)!.promise;
    },
    killThread: async () => void (++killed % kills === 0 && tasks.at(-1)!.reject(new ThreadLoss(new Error('killed')))),
    destroy: async () => {},
  };
  const compute = new Compute<string, string>({
    env: { ...env, pool: async (_: PoolOptions) => pool },
    events: { emit() {} },
    threads: 1,
    entry: new URL('file:///worker.ts'),
    shared: undefined,
    core: () => () => 'here',
  });
  const failures: unknown[] = [];
  await compute.start((error) => failures.push(error));
  return { env, compute, tasks, failures };
}

test('an answer that came while the loop stood still is heard before the budget is', async () => {
  const { env, compute, tasks } = await started();
  env.setTimer(() => env.defer(() => tasks[0]!.resolve('in time')), TASK_BUDGET_MS, false);
  const answer = compute.run('task');

  await env.advanceAsync(TASK_BUDGET_MS);

  expect(await answer).toBe('in time');
  expect(compute.reading).toMatchObject({ overdue: 0 });
  expect(env.pendingTimers).toBe(0);
});

test('a task that is overdue loses its thread and is run again; its timer is gone with it', async () => {
  const { env, compute, tasks } = await started();
  const answer = compute.run('task');

  await env.advanceAsync(TASK_BUDGET_MS - 1);
  expect(compute.reading).toMatchObject({ overdue: 0 });
  await env.advanceAsync(1);
  tasks[1]!.resolve('again');

  expect(await answer).toBe('again');
  expect(compute.reading).toMatchObject({ overdue: 1 });
  expect(env.pendingTimers).toBe(0);
});

test('when the kill hit another thread, the next one comes a budget later', async () => {
  const { env, compute, tasks } = await started(3);
  const answer = compute.run('task');

  await env.advanceAsync(3 * TASK_BUDGET_MS);
  tasks[1]!.resolve('again');

  expect(await answer).toBe('again');
  expect(compute.reading).toMatchObject({ overdue: 3 });
});

test('a task that is overdue twice is TIMEOUT, not run here, and no fault of the pool', async () => {
  const { env, compute, tasks, failures } = await started();
  for (let time = 1; time <= 3; time++) {
    const answer = compute.run('task').catch((error: unknown) => error);
    await env.advanceAsync(2 * TASK_BUDGET_MS);

    expect(await answer).toMatchObject({ code: 'TIMEOUT', component: 'compute', cause: expect.any(ThreadLoss) });
  }

  expect(tasks.length).toBe(6);
  expect(failures).toEqual([]);
  expect(compute.reading.threads).toBeGreaterThan(0);
});
