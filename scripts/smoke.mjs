// The installed package, as an application sees it: one call that succeeds, one that falls back, and the process ends.
import assert from 'node:assert/strict';
import { createRuntime } from 'holdfast';

const runtime = await createRuntime({ name: 'smoke' });
const quotes = runtime.pipeline('quotes', {
  breaker: { failureRate: 0.5, window: { ms: 5_000 }, minimumCalls: 10, openMs: 2_000 },
  timeoutMs: 1_000,
  fallback: () => 'last known',
});

assert.equal(await quotes.execute(async () => 'fresh'), 'fresh');
assert.equal(await quotes.execute(() => Promise.reject(new Error('down'))), 'last known');
await runtime.stop();
console.log(`smoke: ${process.version} is well`);
