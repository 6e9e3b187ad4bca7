/** What people were told of outlives the process, where there is a store: what ends it is told by the next one. */
import { expect, test } from 'vitest';
import { createRuntime } from '../../src/index.ts';
import { fileEnv, freshPath } from '../durable/stores/store-rig.ts';

interface Told {
  readonly kind: string;
  readonly alert: string;
  readonly component: string;
}

test('an alert that was raised before a restart is resolved after it, under the same name', async () => {
  const store = { path: freshPath() };
  const told: Told[] = [];
  const pager = (notice: Told): void => void told.push(notice);
  for (const [process, isFull] of [true, false].entries()) {
    const env = fileEnv(process); // another process has other chances
    const runtime = await env.settle(createRuntime({ name: 'shop', env, store, alerts: { channels: [pager] } }));
    if (isFull) runtime.health.signal('disk full', 1);
    await env.advanceAsync(5_000);
    await env.settle(runtime.stop());
  }

  const ofTheDisk = told.filter(({ component }) => component === 'signal/disk full');
  expect(ofTheDisk.map(({ kind }) => kind)).toEqual(['raised', 'resolved']);
  expect(new Set(ofTheDisk.map(({ alert }) => alert)).size).toBe(1);
});
