/** Breakers of other libraries count by their state, whatever they do. */
import { once } from 'node:events';
import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleAll } from 'cockatiel';
import CircuitBreaker from 'opossum';
import { describe, expect, test } from 'vitest';
import { healthRig } from '../support/health-rig.ts';

const failing = (): Promise<never> => Promise.reject(new Error('no'));

test('opossum: a real circuit is followed from closed to open, half-open and back', async () => {
  const { health, told } = healthRig();
  let isDown = true;
  const circuit = new CircuitBreaker(async () => (isDown ? failing() : 'ok'), {
    resetTimeout: 5,
    errorThresholdPercentage: 1,
    timeout: false,
  });
  health.registerBreaker('mail', {
    state: () => (circuit.opened ? 'open' : circuit.halfOpen ? 'half-open' : 'closed'),
    onChange: (listener) => {
      for (const event of ['open', 'halfOpen', 'close'] as const) circuit.on(event as 'open', listener);
    },
  });
  const scoreNow = async (): Promise<number | null> => (await health.tick(), health.report().score);

  expect(await scoreNow()).toBe(1);
  await circuit.fire().catch(() => {});
  expect(await scoreNow()).toBe(0.5); // ours at 1, the circuit at 0
  await once(circuit, 'halfOpen');
  expect(await scoreNow()).toBe(0.75);
  isDown = false;
  await circuit.fire();
  expect(await scoreNow()).toBe(1);

  circuit.shutdown();
  expect(told.filter(({ type }) => type === 'foreign.changed')).toMatchObject([
    { breaker: 'mail', from: null, to: 'closed' },
    { from: 'closed', to: 'open' },
    { from: 'open', to: 'halfOpen' },
    { from: 'halfOpen', to: 'closed' },
  ]);
});

test('cockatiel: a real breaker’s states are read by their names, and its isolation is a forced opening', async () => {
  const { health } = healthRig();
  const policy = circuitBreaker(handleAll, { halfOpenAfter: 0, breaker: new ConsecutiveBreaker(1) });
  const seen: (number | null | undefined)[] = [];
  const end = health.registerBreaker('mail', {
    state: () => CircuitState[policy.state],
    onChange: (listener) => {
      const { dispose } = policy.onStateChange(listener);
      return dispose;
    },
  });
  const component = () => health.components()['foreign/mail'];
  await health.tick();
  seen.push(component()?.score);

  await policy.execute(failing).catch(() => {});
  seen.push(component()?.score); // told, between ticks
  await policy.execute(() => seen.push(component()?.score));
  seen.push(component()?.score);
  const isolated = policy.isolate();

  expect(seen).toEqual([1, 0, 0.5, 1]);
  expect(component()).toMatchObject({ score: 0, status: 'critical', reason: 'forcedOpen' });
  isolated.dispose();
  end();
  expect(component()).toBeUndefined();
});

describe('a state', () => {
  test.each([
    ['closed', 1],
    ['CLOSED', 1],
    ['halfOpen', 0.5],
    ['half-open', 0.5],
    ['HALF_OPEN', 0.5],
    ['half open', 0.5],
    ['open', 0],
    ['opened', 0],
    ['forcedOpen', 0],
    ['isolated', 0],
    ['disabled', null],
    ['metricsOnly', null],
  ])('%s scores %s', async (state, score) => {
    const { health, failures } = healthRig();
    health.registerBreaker('a', { state: () => state });

    await health.tick();

    expect([health.components()['foreign/a']?.score, failures]).toEqual([score, []]);
  });

  test.each([
    ['throws', () => expect.unreachable('no'), 'no'],
    ['is rubbish', () => 'ajar', 'received "ajar"'],
    ['is a name every object has', () => 'constructor', 'received "constructor"'],
    ['is a number', () => 2, 'received 2'],
    ['is a promise that rejects', failing, 'received an object'],
  ])('that %s scores 0, is told each time, and hides no other', async (_, state, error) => {
    const { health, failures } = healthRig();
    health.registerBreaker('a', { state: state as () => string });
    health.registerBreaker('b', { state: () => 'closed' });

    await health.tick();
    await health.tick();

    expect(failures).toEqual([expect.stringContaining(error), expect.stringContaining(error)]);
    expect(health.components()).toMatchObject({ 'foreign/a': { score: 0 }, 'foreign/b': { score: 1 } });
  });
});

describe('what a breaker is registered with', () => {
  test('its weight and whether it is critical count as a check’s do', async () => {
    const { health } = healthRig({ sum: { sum: 9, count: 9 } });
    const end = health.registerBreaker('a', { state: () => 'open' }, { weight: 3 });
    await health.tick();
    expect(health.report().score).toBe(0.75);

    end();
    health.registerBreaker('a', { state: () => 'open' }, { critical: true });
    await health.tick();

    expect(health.report()).toMatchObject({ score: 0.49, status: 'critical' });
  });

  test('an onChange that throws, or an end that does, is told, and the state is read each tick all the same', async () => {
    const { health, failures } = healthRig();
    const no = (): never => {
      throw new Error('no');
    };
    health.registerBreaker('a', { state: () => 'open', onChange: no });
    const end = health.registerBreaker('b', { state: () => 'open', onChange: () => no });

    await health.tick();
    end();
    end();

    expect(failures).toEqual(['foreign breaker "a" onChange Error: no', 'foreign breaker "b" onChange end Error: no']);
    expect(health.components()).toMatchObject({ 'foreign/a': { score: 0 } });
  });

  test('an outage between two ticks is not lost where it says that it changed', async () => {
    const { env, health } = healthRig();
    let state = 'closed';
    let changed = (): void => {};
    health.registerBreaker('a', { state: () => state, onChange: (listener) => void (changed = listener) });
    health.start();
    await env.advanceAsync(1_100);

    state = 'open';
    changed();
    await env.advanceAsync(500);
    state = 'closed';
    changed();
    await env.advanceAsync(3_400);

    expect(health.components()['foreign/a']).toMatchObject({ score: 1, availability: 0.875 });
  });

  test('an onChange that is asynchronous, and fails, is told', async () => {
    const { env, health, failures } = healthRig();
    health.registerBreaker('a', { state: () => 'open', onChange: () => Promise.reject(new Error('no')) });

    await env.advanceAsync(1);

    expect(failures).toEqual(['foreign breaker "a" onChange Error: no']);
  });

  test('what it says after its end is not heard', async () => {
    const { health, told } = healthRig();
    let say = (): void => {};
    const end = health.registerBreaker('a', { state: () => 'open', onChange: (listener) => void (say = listener) });

    end();
    say();

    expect(told).toEqual([]);
  });

  test('names are its own, and there are at most 1,024', () => {
    const { health } = healthRig();
    const breaker = { state: () => 'closed' };
    for (let i = 0; i < 1_024; i++) health.registerBreaker(`breaker ${i}`, breaker);

    expect(() => health.registerBreaker('breaker 5', breaker)).toThrow('expected one that no other has');
    expect(() => health.registerBreaker('one', {} as never)).toThrow(
      'foreign breaker "one".state: expected a function () => state, received undefined',
    );
    expect(() => health.registerBreaker('one', breaker, { weigth: 2 } as never)).toThrow('did you mean "weight"?');
    expect(() => health.registerBreaker('one', breaker)).toThrow(
      expect.objectContaining({ code: 'CAPACITY_EXHAUSTED', component: 'foreign breaker "one"' }),
    );
  });
});
