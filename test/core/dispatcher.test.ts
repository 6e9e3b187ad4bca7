/** Listeners hear after the fact, in order, and cannot hurt anyone. */
import { expect, test, vi } from 'vitest';
import { Dispatcher } from '../../src/core/dispatcher.ts';
import type { HoldfastEvent } from '../../src/core/events.ts';
import { createVirtualEnv } from '../../src/testing/virtual-env.ts';

const make = () => {
  const env = createVirtualEnv({ seed: 1 });
  return { env, dispatcher: new Dispatcher(env, 'hash') };
};
const started = (child: string) => ['child.started', { child, incarnation: 1 }] as const;

test('an event carries its envelope and is frozen', () => {
  const { env, dispatcher } = make();
  const heard: HoldfastEvent[] = [];
  dispatcher.on('child.started', (event) => heard.push(event));
  env.advance(250);

  dispatcher.emit(...started('a'));

  expect(heard).toEqual([
    { v: 1, type: 'child.started', atMs: 250, wallMs: env.wall(), policyHash: 'hash', child: 'a', incarnation: 1 },
  ]);
  expect(Object.isFrozen(heard[0])).toBe(true);
});

test('an event emitted by a listener waits its turn, so every listener sees the same order', () => {
  const { dispatcher } = make();
  const order: string[] = [];
  dispatcher.on('child.started', ({ child }) => {
    order.push(`first ${child}`);
    if (child === 'a') dispatcher.emit(...started('b'));
  });
  dispatcher.on('*', (event) => order.push(`second ${(event as { child: string }).child}`));

  dispatcher.emit(...started('a'));

  expect(order).toEqual(['first a', 'second a', 'first b', 'second b']);
});

test('a listener that throws or rejects is counted and announced, and the others still hear', async () => {
  const { dispatcher } = make();
  const failures: string[] = [];
  const heard = vi.fn();
  dispatcher.on('callback.failed', ({ callback, error }) => failures.push(`${callback}: ${error}`));
  dispatcher.on('child.started', () => {
    throw new Error('sync');
  });
  dispatcher.on('child.started', () => Promise.reject(new Error('async')) as never);
  dispatcher.on('child.started', heard);

  dispatcher.emit(...started('a'));
  await Promise.resolve();

  expect(heard).toHaveBeenCalledTimes(1);
  expect(failures).toEqual(['listener of child.started: Error: sync', 'listener of child.started: Error: async']);
  expect(dispatcher.callbackFailures).toBe(2);
});

test('a failing listener of failures does not breed', () => {
  const { dispatcher } = make();
  dispatcher.on('callback.failed', () => {
    throw new Error('again');
  });

  dispatcher.callbackFailed('classify', new Error('first'));

  expect(dispatcher.callbackFailures).toBe(2);
});

test('the same function may listen twice and is ended one at a time', () => {
  const { dispatcher } = make();
  const listener = vi.fn();
  const end = dispatcher.on('child.started', listener);
  dispatcher.on('child.started', listener);
  end();
  end();

  dispatcher.emit(...started('a'));

  expect(listener).toHaveBeenCalledTimes(1);
});

test('a storm of events that breed events lets go of the thread', async () => {
  const { dispatcher } = make();
  let count = 0;
  dispatcher.on('child.started', () => {
    if (++count < 3_000) dispatcher.emit(...started('a'));
  });

  dispatcher.emit(...started('a'));
  const atOnce = count;
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();

  expect(atOnce).toBe(1_024);
  expect(count).toBe(3_000);
});
