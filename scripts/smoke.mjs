// The installed package, as an application sees it: one call that succeeds, one that falls back, its threads at work,
// the same errors behind every entry, and the process ends.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createRuntime, HoldfastError } from 'holdfast';
import { connectFeed } from 'holdfast/client';
import { serveFeed } from 'holdfast/feed';
import { createFetch } from 'holdfast/fetch';
import { createVirtualEnv } from 'holdfast/testing';

const folder = mkdtempSync(join(tmpdir(), 'smoke-'));
const runtime = await createRuntime({ name: 'smoke', store: { path: join(folder, 'smoke.db') } });
const quotes = runtime.pipeline('quotes', {
  breaker: { failureRate: 0.5, window: { ms: 5_000 }, minimumCalls: 10, openMs: 2_000 },
  timeoutMs: 1_000,
  fallback: () => 'last known',
});

assert.equal(await quotes.execute(async () => 'fresh'), 'fresh');
assert.equal(await quotes.execute(() => Promise.reject(new Error('down'))), 'last known');

// A worker that is not found is replaced again and again, and the work is done without it: so they are asked after.
runtime.metering.record({ tenant: 'acme', operation: 'quote' });
const workerTicks = () => runtime.readings().engine.self.workerTicks;
for (let looks = 0; workerTicks() === 0 && looks < 100; looks++) await setTimeout(100);
assert.ok(workerTicks() > 0, 'expected a tick on a worker, received none within 10 s');
assert.equal(runtime.readings().engine.self.threadsLost, 0);
assert.equal(runtime.readings().store.self.state, 'ready');

const feed = await serveFeed(runtime, { port: 0 });
const client = connectFeed({ url: feed.url, token: feed.token });
await client.waitFor((readings) => readings.runtime.self !== undefined);
client.close();

await assert.rejects(serveFeed(runtime, { port: -1 }), HoldfastError);
assert.throws(() => createVirtualEnv({ seed: 1 }).advance(NaN), HoldfastError);
assert.equal(typeof createFetch(quotes), 'function');

await runtime.stop();
rmSync(folder, { recursive: true });
console.log(`smoke: ${process.version} is well`);
