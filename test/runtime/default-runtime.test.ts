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
