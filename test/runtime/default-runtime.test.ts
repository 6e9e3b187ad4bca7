/** One line without a runtime, and a process that ends by itself. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { breaker, pipeline, withBreaker } from '../../src/index.ts';

test('breaker and pipeline of the default runtime are there by name', async () => {
  const payments = pipeline('payments', { breaker: { consecutiveFailures: 1 } });
  await payments.execute(() => Promise.reject(new Error('no'))).catch(() => {});

  expect(breaker('payments').state).toBe('open');
});

test('withBreaker keeps arguments, this and types, for sync and async functions', async () => {
  const account = {
    rate: 2,
    convert: withBreaker('convert')(function (this: { rate: number }, amount: number) {
      return amount * this.rate;
    }),
  };
  const greet = withBreaker('greet')(async (name: string) => `hello ${name}`);

  const converted: number = await account.convert(21);
  const greeting: string = await greet('you');

  expect([converted, greeting]).toEqual([42, 'hello you']);
});

test('withBreaker falls back, and opens', async () => {
  const quote = withBreaker('quote', { consecutiveFailures: 1, fallback: () => 'yesterday' })((): string => {
    throw new Error('down');
  });

  expect([await quote(), await quote()]).toEqual(['yesterday', 'yesterday']);
  expect(breaker('quote').state).toBe('open');
});

test('withBreaker gives each function a fallback of its own, behind one breaker that counts them all', async () => {
  const down = (): Promise<string> => Promise.reject(new Error('down'));
  const user = withBreaker('users', { consecutiveFailures: 2, fallback: () => 'nobody' })(down);
  const orders = withBreaker('users', { consecutiveFailures: 2, fallback: () => 'none' })(down);
  const bare = withBreaker('users', { consecutiveFailures: 2 })(down);

  expect([await user(), await orders()]).toEqual(['nobody', 'none']);
  await expect(bare()).rejects.toMatchObject({ code: 'BREAKER_OPEN' });
  expect(pipeline('users').reading()).toMatchObject({ calls: 3, outcomes: { fallback: 2, rejected: 1 } });
  expect(() => withBreaker('users', { consecutiveFailures: 2, fallback: 'none' as never })).toThrow(
    'pipeline "users".fallback: expected a function (error, context) => value',
  );
});

test('X8 a process that used one ends by itself, without a thread or a timer', async () => {
  const program = `
    import { breaker, pipeline } from './src/index.ts';
    const before = process.getActiveResourcesInfo().length;
    await breaker('b').execute(() => 1);
    await pipeline('p', { breaker: {}, timeoutMs: 60_000 }).execute(async () => 2);
    await new Promise(setImmediate);
    console.log(process.getActiveResourcesInfo().length - before);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    timeout: 10_000,
  });

  expect(stdout.trim()).toBe('0');
});

test('X8 importing the package patches no global, listens to nothing of the process and starts no timer', async () => {
  const program = `
    void [Response, WebSocket]; // Node makes these when they are first touched, with a global of its own
    const patchable = { globalThis, process, Promise, promise: Promise.prototype, AbortSignal, signal: AbortSignal.prototype, Error, JSON, Math };
    const own = ([name, of]) => Reflect.ownKeys(of).map((key) => [name, key, Object.getOwnPropertyDescriptor(of, key)]);
    const look = () => Object.entries(patchable).flatMap(own);
    const parts = (of) => of && [of.value, of.get, of.set];
    const before = look();
    const around = JSON.stringify([process.eventNames().map(String), process.getActiveResourcesInfo()]);
    for (const entry of ['index', 'testing/index', 'surfaces/client/connect-feed', 'surfaces/fetch/create-fetch', 'surfaces/feed/serve-feed'])
      await import('./src/' + entry + '.ts');
    const isSame = ([name, key, was]) => parts(was).every((part, at) => Object.is(part, parts(Object.getOwnPropertyDescriptor(patchable[name], key))?.[at]));
    const known = new Set(before.map(([name, key]) => name + String(key)));
    console.log(JSON.stringify({
      patched: before.filter((one) => !isSame(one)).map(([name, key]) => name + '.' + String(key)),
      added: look().filter(([name, key]) => !known.has(name + String(key))).map(([name, key]) => name + '.' + String(key)),
      isQuiet: JSON.stringify([process.eventNames().map(String), process.getActiveResourcesInfo()]) === around,
    }));
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--no-warnings', '--input-type=module', '--eval', program],
    {
      timeout: 10_000,
    },
  );

  expect(JSON.parse(stdout)).toEqual({
    patched: [],
    added: ['globalThis.__zod_globalConfig', 'globalThis.__zod_globalRegistry'], // so that copies of zod share them
    isQuiet: true,
  });
});
