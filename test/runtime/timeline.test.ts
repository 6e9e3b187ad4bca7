/** What one sample of the timeline holds of the calls: the application's, since the sample before. */
import { expect, test } from 'vitest';
import { createRuntime } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

const NONE = { success: 0, failure: 0, ignored: 0, timeout: 0, aborted: 0, rejected: 0, fallback: 0 };
const failing = (): Promise<never> => Promise.reject(new Error('no'));

test('a sample has the calls that ended since the one before, whatever the form of their pipeline', async () => {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ name: 'orders', env });
  const framed = runtime.pipeline('framed', { breaker: {} });
  const layered = runtime.pipeline('layered', [{ breaker: {} }]);

  await framed.execute(failing).catch(() => {});
  await env.advanceAsync(1_000);
  await Promise.all([framed.execute(() => 'ok'), layered.execute(() => 'ok')]);
  await env.advanceAsync(2_000);

  const samples = Object.values(runtime.readings().samples);
  expect(samples.map(({ outcomes }) => outcomes)).toEqual([{ ...NONE, failure: 1 }, { ...NONE, success: 2 }, NONE]);
});

test('what channels and sinks are told is no call of the application', async () => {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({
    name: 'orders',
    env,
    alerts: { channels: [{ name: 'pager', deliver: () => {} }] },
    metering: { sinks: [{ name: 'usage', deliver: () => {} }] },
  });
  runtime.alerts.rule({ name: 'stock', severity: 'critical', when: () => true });
  runtime.metering.record({ tenant: 'acme', operation: 'summarise' });

  await env.advanceAsync(119_000);

  const { pipelines, samples } = runtime.readings();
  expect(pipelines['channel pager']?.calls).toBeGreaterThan(0);
  expect(pipelines['sink usage']?.calls).toBeGreaterThan(0);
  expect(Object.values(samples).filter(({ outcomes }) => outcomes.success > 0)).toEqual([]);
});
