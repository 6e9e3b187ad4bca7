/** A promise nobody waits for does no harm, whoever made it. */
/* oxlint-disable unicorn/no-thenable -- a thenable is what it is given */
import { runInNewContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import { disown } from '../../src/core/disown.ts';

/** All microtasks have run, and Node has looked for rejections nobody heard. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const reason = new Error('no');

test.each<[string, () => unknown]>([
  ['a promise', () => Promise.reject(reason)],
  ['a promise of another realm', () => runInNewContext('Promise').reject(reason)],
  ['a thenable', () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(reason) })],
  [
    'a thenable that throws',
    () => ({
      then: () => {
        throw reason;
      },
    }),
  ],
  [
    'a thenable that cannot be read',
    () => ({
      get then() {
        throw reason;
      },
    }),
  ],
  [
    'a function with a then',
    () => Object.assign(() => {}, { then: (_: unknown, reject: (e: Error) => void) => reject(reason) }),
  ],
])('%s that is rejected is heard of once, and by nobody else', async (_, make) => {
  const unheard = vi.fn();
  process.on('unhandledRejection', unheard);
  const heard = vi.fn();

  disown(make(), heard);
  disown(make());
  await turn();
  process.off('unhandledRejection', unheard);

  expect(heard.mock.calls).toEqual([[reason]]);
  expect(unheard).not.toHaveBeenCalled();
});

test.each([undefined, null, 0, 'then', {}, [], () => {}, { then: 5 }, Promise.resolve(1)])(
  '%j has nothing to be heard of',
  async (value) => {
    const heard = vi.fn();

    disown(value, heard);
    await turn();

    expect(heard).not.toHaveBeenCalled();
  },
);
