/** Breakers of known services are made all together, or not at all. */
import { describe, expect, test } from 'vitest';
import { type BreakerOptions, createRuntime, type Runtime, type RuntimeOptions } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

type Service = BreakerOptions & { readonly name: string };

const start = (capacity: RuntimeOptions['capacity'] = {}): Promise<Runtime> =>
  createRuntime({ env: createVirtualEnv({ seed: 1 }), capacity });
const namesIn = (runtime: Runtime): string[] => Object.keys(runtime.readings().breakers);

test('they are made in the order of the list, and a known one is the same', async () => {
  const runtime = await start();
  const known = runtime.breaker('b', { openMs: 1_000 });

  const [a, b] = runtime.initializeBreakers([{ name: 'a' }, { name: 'b', openMs: 1_000 }, { name: 'a' }]);

  expect(namesIn(runtime)).toEqual(['b', 'a']);
  expect(a).toBe(runtime.breaker('a'));
  expect(b).toBe(known);
});

describe('none is made', () => {
  test.each<[string, readonly Service[], string]>([
    ['a name is none', [{ name: 'a' }, { name: '' }], 'breaker name: expected a name of 1 to 256 characters'],
    ['an option is bad', [{ name: 'a' }, { name: 'b', openMs: -1 }], 'breaker "b".openMs: expected'],
    [
      'an entry is no object',
      [{ name: 'a' }, null as never],
      'initializeBreakers.1: expected an object with a name, received null',
    ],
    [
      'a known name has other options',
      [{ name: 'a' }, { name: 'known', openMs: 2_000 }],
      'breaker "known".openMs: expected 1000 as it was created with, received 2000',
    ],
    [
      'two of the list conflict',
      [{ name: 'a' }, { name: 'a', openMs: 2_000 }],
      'breaker "a".openMs: expected 5000 as it was created with, received 2000',
    ],
  ])('when %s', async (_, services, message) => {
    const runtime = await start();
    runtime.breaker('known', { openMs: 1_000 });

    expect(() => runtime.initializeBreakers(services)).toThrow(message);
    expect(namesIn(runtime)).toEqual(['known']);
  });

  test('when there are not so many slots', async () => {
    const runtime = await start({ breakers: 16 });
    const services = Array.from({ length: 17 }, (_, index) => ({ name: `b${index}` }));

    expect(() => runtime.initializeBreakers(services)).toThrow('capacity.breakers: expected at most 16 breakers');
    expect(namesIn(runtime)).toEqual([]);
    expect(runtime.initializeBreakers(services.slice(1))).toHaveLength(16);
  });

  test('when there is no room for their windows', async () => {
    const runtime = await start({ windowBytes: 8_192 });
    const services = ['a', 'b', 'c'].map((name) => ({ name, latency: true }) as const);

    expect(() => runtime.initializeBreakers(services)).toThrow(
      'capacity.windowBytes: expected room for one more block',
    );
    expect(namesIn(runtime)).toEqual([]);
    expect(runtime.initializeBreakers(services.slice(1))).toHaveLength(2);
  });

  test('when the runtime was stopped, or the list is none', async () => {
    const runtime = await start();

    expect(() => runtime.initializeBreakers({} as never)).toThrow('initializeBreakers: expected an array of breakers');
    void runtime.stop();
    expect(() => runtime.initializeBreakers([{ name: 'a' }])).toThrow('expected a runtime that runs');
  });
});
