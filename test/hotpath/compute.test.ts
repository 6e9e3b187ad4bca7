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
    abandonDying: () => [],
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

/** A pool whose threads do not die: each kill leaves one dying, until it is given up. */
async function undying() {
  const env = createVirtualEnv({ seed: 1 });
  const tasks: PromiseWithResolvers<string>[] = [];
  const undead: PromiseWithResolvers<void>[] = [];
  const destroyed = Promise.withResolvers<void>();
  let dying = 0;
  const pool: Pool = {
    threads: 1,
    isThreadLoss: (error) => error instanceof ThreadLoss,
    run: () => {
      tasks.push(Promise.withResolvers());
      return tasks.at(-1)!.promise;
    },
    killThread: async () => void dying++,
    abandonDying: () => {
      const given = Array.from({ length: dying }, () => Promise.withResolvers<void>());
      dying = 0;
      undead.push(...given);
      tasks.at(-1)?.reject(new ThreadLoss(new Error('given up')));
      destroyed.resolve();
      return given.map(({ promise }) => promise);
    },
    destroy: () => ((dying = 1), destroyed.promise),
  };
  const compute = new Compute<string, string>({
    env: { ...env, pool: async (_: PoolOptions) => pool },
    events: { emit() {} },
    threads: 1,
    entry: new URL('file:///worker.ts'),
    shared: undefined,
    core: () => () => 'here',
  });
  await compute.start(() => {});
  return { env, compute, pool, tasks, undead };
}

test('fault 4: a thread that was killed and is still there a budget later is a zombie until it has ended', async () => {
  const { env, compute, tasks, undead } = await undying();
  const answer = compute.run('task');
  await env.advanceAsync(TASK_BUDGET_MS);
  expect([compute.reading.zombies, tasks.length]).toEqual([0, 1]);

  await env.advanceAsync(TASK_BUDGET_MS);
  tasks[1]!.resolve('by the successor');

  expect(await answer).toBe('by the successor');
  expect(compute.reading).toMatchObject({ zombies: 1, overdue: 2 });
  undead[0]!.resolve();
  await Promise.resolve();
  expect(compute.reading.zombies).toBe(0);
});

test('fault 4: with four zombies no task is given a thread, nor run here, until one of them has ended', async () => {
  const { env, compute, tasks, undead } = await undying();
  for (let task = 0; task < 2; task++) {
    const failed = compute.run('task').catch((error: unknown) => error);
    await env.advanceAsync(4 * TASK_BUDGET_MS);
    expect(await failed).toMatchObject({ code: 'TIMEOUT' });
  }
  expect([compute.reading.zombies, tasks.length]).toEqual([4, 4]);

  await expect(compute.run('task')).rejects.toMatchObject({ code: 'TIMEOUT', component: 'compute' });
  expect(tasks.length).toBe(4);

  undead[0]!.resolve();
  await Promise.resolve();
  const answer = compute.run('task');
  tasks[4]!.resolve('again');
  expect(await answer).toBe('again');
});

test('S9: a stop waits a budget for a thread that does not die, and no longer', async () => {
  const { env, compute, pool } = await undying();
  let isOver = false;
  const stopped = compute.stop(pool).then(() => (isOver = true));
  await env.advanceAsync(TASK_BUDGET_MS - 1);
  expect(isOver).toBe(false);

  await env.advanceAsync(1);
  await stopped;

  expect(compute.reading.zombies).toBe(1);
  expect(env.pendingTimers).toBe(0);
});
