/** What both Envs promise of a thread of its own; and what only a real one can do. */
import { expect, onTestFinished, test } from 'vitest';
import type { Env, Thread, ThreadCore } from '../../src/core/env.ts';
import { realEnv } from '../../src/core/real-env.ts';
import { createVirtualEnv } from '../../src/testing/virtual-env.ts';
import { type Request, threadCore } from './fixtures/thread-core.ts';

const entry = new URL('./fixtures/thread-entry.ts', import.meta.url);

interface World {
  readonly env: Env;
  readonly settle: <T>(promise: Promise<T>) => Promise<T>;
}

function realWorld(): World {
  return { env: realEnv(), settle: (promise) => promise };
}

function virtualWorld(): World {
  const env = createVirtualEnv({ seed: 7 });
  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    let isSettled = false;
    promise.then(
      () => (isSettled = true),
      () => (isSettled = true),
    );
    while (!isSettled) await env.advanceAsync(1);
    return promise;
  };
  return { env, settle };
}

async function open({ env }: World, file = entry) {
  const lost: unknown[] = [];
  const core = threadCore as ThreadCore;
  const thread = await env.thread({ entry: file, shared: 100, core, onLost: (cause) => lost.push(cause) });
  onTestFinished(() => thread.kill());
  const ask = (thread as Thread).ask.bind(thread) as (request: Request) => Promise<unknown>;
  return { thread, ask, lost };
}

const worlds = [
  ['real', realWorld],
  ['virtual', virtualWorld],
] as const;

test.each(worlds)('a thread of the %s Env answers in order, and remembers', async (_name, createWorld) => {
  const world = createWorld();
  const { ask } = await open(world);

  const answers = Promise.all([1, 2, 3].map((amount) => ask({ kind: 'add', amount })));

  expect(await world.settle(answers)).toEqual([101, 103, 106]);
});

test.each(worlds)(
  'a request of the %s Env that throws is an answer, and the next is heard',
  async (_name, createWorld) => {
    const world = createWorld();
    const { ask, lost } = await open(world);

    const error: unknown = await world.settle(ask({ kind: 'throw', message: 'no' }).catch((thrown: unknown) => thrown));

    expect(error).toEqual(new RangeError('no'));
    expect(await world.settle(ask({ kind: 'add', amount: 1 }))).toBe(101);
    expect(lost).toEqual([]);
  },
);

test.each(worlds)('a thread of the %s Env that is killed answers nobody any more', async (_name, createWorld) => {
  const world = createWorld();
  const { thread, ask, lost } = await open(world);
  const answer = ask({ kind: 'park' }).catch((error: unknown) => error);

  await world.settle(thread.kill());
  await thread.kill();

  expect(await answer).toMatchObject({ code: 'STOPPED' });
  await expect(ask({ kind: 'add', amount: 1 })).rejects.toMatchObject({ code: 'STOPPED' });
  expect(lost).toEqual([]);
});

test('a thread that dies by itself says so once, and rejects what it was asked', async () => {
  const { ask, lost } = await open(realWorld());

  await expect(ask({ kind: 'exit' })).rejects.toMatchObject({ code: 'STOPPED' });

  expect(lost).toEqual([new Error('the thread exited with code 3')]);
});

test('a thread whose entry is broken is lost, with the reason', async () => {
  const { ask, lost } = await open(realWorld(), new URL('./fixtures/broken-entry.ts', import.meta.url));

  await expect(ask({ kind: 'add', amount: 1 })).rejects.toMatchObject({ code: 'STOPPED' });

  expect(lost).toEqual([new Error('the entry is broken')]);
});

test('a request that cannot be cloned is rejected, and the thread is none the worse', async () => {
  const { thread, ask } = await open(realWorld());

  await expect(thread.ask(() => {})).rejects.toMatchObject({ name: 'DataCloneError' });

  expect(await ask({ kind: 'add', amount: 1 })).toBe(101);
});

test('a request that died with its virtual thread may have been done or not, as the seed says', async () => {
  const outcomes = new Set<number>();

  for (let seed = 0; seed < 20; seed++) {
    const env = createVirtualEnv({ seed });
    let done = 0;
    const core = (() => () => ++done) as ThreadCore;
    const thread = await env.thread({ entry, shared: null, core, onLost: () => {} });
    const asked = [thread.ask(1), thread.ask(2)].map((answer) => answer.catch(() => 'lost'));
    await thread.kill();
    expect(await Promise.all(asked)).toEqual(['lost', 'lost']);
    outcomes.add(done);
  }

  expect(outcomes).toEqual(new Set([0, 1]));
});
