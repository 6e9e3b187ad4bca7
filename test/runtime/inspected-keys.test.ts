/** A key's breaker has no actor, until somebody looks. */
import { expect, test } from 'vitest';
import { createRuntime, type Runtime } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

const failing = (): Promise<never> => Promise.reject(new Error('no'));

async function rig() {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ env });
  const tenants = runtime.keyedBreaker('tenants', {
    maxKeys: 2,
    consecutiveFailures: 1,
    openMs: 1_000,
    halfOpen: { permits: 1 },
  });
  return { env, runtime, tenants };
}

/** The actors of the group `core`, with the states they are in. */
function actors(runtime: Runtime): readonly string[] {
  return Object.entries(runtime.readings().children)
    .filter(([path]) => path.startsWith('root/core/'))
    .map(([path, { at }]) => `${path} ${at.join()}`);
}

test('a key has a live actor while it is inspected, which follows it, and none before and after', async () => {
  const { env, runtime, tenants } = await rig();
  await tenants.for('acme').execute(() => 1);
  expect(actors(runtime)).toEqual([]);

  const end = tenants.inspect('acme');
  const endAsWell = tenants.inspect('acme');
  const seen = [...actors(runtime)];
  await tenants
    .for('acme')
    .execute(failing)
    .catch(() => {});
  seen.push(...actors(runtime));
  await env.advanceAsync(1_000);
  await tenants.for('acme').execute(() => 1);
  seen.push(...actors(runtime));
  end();
  end();
  seen.push(...actors(runtime));
  endAsWell();
  await env.advanceAsync(0);

  expect(seen).toEqual(['closed', 'open', 'closed', 'closed'].map((state) => `root/core/tenants/acme #1 ${state}`));
  expect(actors(runtime)).toEqual([]);
});

test('an open key that is inspected only then is shown open, and one that made place is followed when it is back', async () => {
  const { runtime, tenants } = await rig();
  await tenants
    .for('acme')
    .execute(failing)
    .catch(() => {});
  tenants.inspect('acme');
  tenants.inspect('umbra');
  await tenants.for('umbra').execute(() => 1);
  await tenants.for('other').execute(() => 1); // umbra makes place
  await tenants
    .for('umbra')
    .execute(failing)
    .catch(() => {});

  expect(actors(runtime)).toEqual(['root/core/tenants/acme #1 open', 'root/core/tenants/umbra #2 open']);
});

test('a probe that hangs is seen in the actor, too, when its deadline has passed', async () => {
  const { env, runtime, tenants } = await rig();
  tenants.inspect('acme');
  await tenants
    .for('acme')
    .execute(failing)
    .catch(() => {});
  await env.advanceAsync(1_000);
  void tenants.for('acme').execute(() => new Promise(() => {}));
  const seen = [...actors(runtime)];
  await env.advanceAsync(60_000);

  expect([...seen, ...actors(runtime)]).toEqual(
    ['halfOpen', 'open'].map((state) => `root/core/tenants/acme #1 ${state}`),
  );
});

test('at most 256 keys are inspected, a key is a name, and names may be as long as they like', async () => {
  const { tenants } = await rig();
  tenants.inspect('k'.repeat(256));
  for (let key = 1; key < 256; key++) tenants.inspect(`key ${key}`);

  expect(() => tenants.inspect('one more')).toThrow(expect.objectContaining({ code: 'CAPACITY_EXHAUSTED' }));
  expect(() => tenants.inspect('')).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
});
