import { expect, onTestFinished, test } from 'vitest';
import { startTree } from '../../../actors/root.ts';
import { Dispatcher } from '../../../src/core/dispatcher.ts';
import { Storage } from '../../../src/storage.ts';
import { fileEnv, freshPath } from './store-rig.ts';

let started = 0;

async function open(path: string | undefined) {
  const env = fileEnv(++started);
  const dispatcher = new Dispatcher(env, 'hash');
  const tree = startTree({ env, events: dispatcher, onFatal: () => {} });
  const options = path === undefined ? undefined : { path, retention: { ageMs: 86_400_000, maxBytes: 67_108_864 } };
  const storage = new Storage({ env, dispatcher, tree, name: 'test', policyHash: 'hash', options });
  await env.settle(storage.open(() => {}));
  const stop = (): Promise<void> => env.settle(tree.stop());
  onTestFinished(stop);
  return { env, dispatcher, keep: storage.keep, stop };
}

test('P7: what is kept is found by the next process: the last value under each name, and nothing that was forgotten', async () => {
  const path = freshPath();
  const first = await open(path);

  first.keep.put('flag', 'dark', { on: true });
  first.keep.put('flag', 'dark', { on: false, since: 5 });
  first.keep.put('flag', '__proto__', { on: true });
  first.keep.put('flag', 'gone', { on: true });
  await first.env.advanceAsync(1_000);
  first.keep.put('flag', 'gone', null);
  first.keep.put('degradation', 'level', { level: 'reduced' });
  await first.stop();
  const { keep } = await open(path);

  expect(await keep.all('flag')).toEqual(
    new Map<string, object>([
      ['__proto__', { on: true }],
      ['dark', { on: false, since: 5 }],
    ]),
  );
  expect(await keep.all('degradation')).toEqual(new Map([['level', { level: 'reduced' }]]));
  expect(await keep.all('recovery')).toEqual(new Map());
});

test('what JSON has no word for is not kept, is counted, and throws at nobody', async () => {
  const { dispatcher, keep } = await open(freshPath());
  const circle: { self?: object } = {};
  circle.self = circle;

  for (const value of [circle, { n: 1n }, { toJSON: () => undefined }]) keep.put('flag', 'bad', value);

  expect(dispatcher.callbackFailures).toBe(3);
});

test('without a store nothing is kept and nothing is found', async () => {
  const { keep } = await open(undefined);

  keep.put('flag', 'dark', { on: true });

  expect(await keep.all('flag')).toEqual(new Map());
});
