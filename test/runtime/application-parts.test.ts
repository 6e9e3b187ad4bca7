/** What an application hangs into the tree may be as broken as it likes. */
import { expect, test } from 'vitest';
import { createRuntime } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

const MINUTE_MS = 60_000;

test('two parts that never start cost the runtime nothing, however long they are tried', async () => {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ env });
  let tries = 0;
  const broken = (id: string): void => {
    const start = (): never => {
      tries++;
      throw new Error('no');
    };
    runtime.supervise({ id, start, stop: () => {} }).ready.catch(() => {});
  };
  broken('one');
  broken('other');

  await env.advanceAsync(5 * MINUTE_MS);
  const { engine, runtime: self } = runtime.readings();
  runtime.metering.record({ tenant: 'acme', operation: 'o' });
  await env.advanceAsync(1_000);

  expect(self['self']).toMatchObject({ degraded: false });
  expect(engine['self']).toMatchObject({ ticks: 300 });
  expect(runtime.readings().metering['total']).toMatchObject({ recorded: 1, flushed: 1, dropped: 0 });
  expect(runtime.breaker('payments').state).toBe('closed');
  expect(runtime.readings().children).toMatchObject({
    'root/surfaces': { state: 'running', incarnation: 1 },
    'root/surfaces/one': { state: 'backoff' },
  });
  expect(tries).toBeGreaterThan(2 * 60); // each is still tried every 5 s
  await Promise.all([runtime.stop(), env.advanceAsync(0)]);
  expect(env.pendingTimers).toBe(0);
});
