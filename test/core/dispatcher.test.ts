/** Listeners hear after the fact, in order, and cannot hurt anyone. */
import { runInNewContext } from 'node:vm';
import { describe, expect, test, vi } from 'vitest';
import { Dispatcher } from '../../src/core/dispatcher.ts';
import type { HoldfastEvent } from '../../src/core/events.ts';
import { realEnv } from '../../src/core/real-env.ts';
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

test('what is emitted together is told when all of it is done, before what a listener adds', () => {
  const { dispatcher } = make();
  const order: string[] = [];
  dispatcher.on('child.started', ({ child }) => {
    order.push(child);
    if (child !== 'a') return;
    dispatcher.together(() => {
      dispatcher.emit(...started('c'));
      order.push('within the listener');
    });
  });

  dispatcher.together(() => {
    dispatcher.emit(...started('a'));
    dispatcher.together(() => dispatcher.emit(...started('b')));
    order.push('done');
  });

  expect(order).toEqual(['done', 'a', 'within the listener', 'b', 'c']);
});

test('what was emitted together before something threw is told, and so is what comes after', () => {
  const { dispatcher } = make();
  const heard = vi.fn();
  dispatcher.on('child.started', heard);
  const broken = (): void =>
    dispatcher.together(() => {
      dispatcher.emit(...started('a'));
      throw new Error('no');
    });

  expect(broken).toThrow('no');
  expect(heard).toHaveBeenCalledTimes(1);
  dispatcher.emit(...started('b'));
  expect(heard).toHaveBeenCalledTimes(2);
});

test('a listener that throws or rejects is counted and announced, and the others still hear', async () => {
  const { env, dispatcher } = make();
  const failures: string[] = [];
  const heard = vi.fn();
  dispatcher.on('callback.failed', ({ callback, error }) => failures.push(`${callback}: ${error}`));
  dispatcher.on('child.started', () => {
    throw new Error('sync');
  });
  dispatcher.on('child.started', () => Promise.reject(new Error('async')) as never);
  dispatcher.on('child.started', () => runInNewContext('Promise').reject(new Error('other realm')));
  dispatcher.on('child.started', heard);

  dispatcher.emit(...started('a'));
  await env.advanceAsync(0);

  expect(heard).toHaveBeenCalledTimes(1);
  expect(failures).toEqual([
    'listener of child.started: Error: sync',
    'listener of child.started: Error: async',
    'listener of child.started: Error: other realm',
  ]);
  expect(dispatcher.callbackFailures).toBe(3);
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

test('a storm of events that breed events goes on a burst a turn', () => {
  const { env, dispatcher } = make();
  let count = 0;
  dispatcher.on('child.started', () => {
    if (++count < 3_000) dispatcher.emit(...started('a'));
  });
  const counts: number[] = [];

  dispatcher.emit(...started('a'));
  for (let turn = 0; turn < 3; turn++) {
    counts.push(count);
    env.turn();
  }

  expect(counts).toEqual([1_024, 2_048, 3_000]);
});

test('a storm without end lets timers and I/O have their turn', async () => {
  const dispatcher = new Dispatcher(realEnv(), 'hash');
  let count = 0;
  const end = dispatcher.on('child.started', () => {
    if (++count < 100_000) dispatcher.emit(...started('a'));
  });
  const nextTurn = new Promise((resolve) => setImmediate(resolve));

  dispatcher.emit(...started('a'));
  await nextTurn;
  end();

  expect(count).toBe(1_024);
});

test('an event emitted between two bursts of a storm waits behind it', () => {
  const { env, dispatcher } = make();
  const order: string[] = [];
  dispatcher.on('child.started', ({ child }) => {
    order.push(child);
    if (order.length < 1_030) dispatcher.emit(...started('storm'));
  });
  dispatcher.emit(...started('storm'));

  dispatcher.emit(...started('later'));
  env.turn();

  expect(order.slice(1_024, 1_027)).toEqual(['storm', 'later', 'storm']);
});

test('X6 what waits is bounded, what is beyond is dropped and counted, and the rest is told in order', () => {
  const { env, dispatcher } = make();
  const heard: number[] = [];
  dispatcher.on('child.started', ({ child, incarnation }) => {
    if (child === 'child') heard.push(incarnation);
    else for (let incarnation = 1; incarnation <= 70_000; incarnation++) emitChild(incarnation);
  });
  const emitChild = (incarnation: number) => dispatcher.emit('child.started', { child: 'child', incarnation });

  dispatcher.emit(...started('flood'));
  for (let turn = 0; turn < 64; turn++) env.turn();
  emitChild(70_001);

  expect(heard.length + dispatcher.droppedEvents).toBe(70_001);
  expect(heard.slice(0, -1)).toEqual(Array.from({ length: 65_535 }, (_, index) => index + 1));
  expect(heard.at(-1)).toBe(70_001);
});

describe('who may listen', () => {
  test.each(['nonsense', 'toString', undefined, null, 5])('%j is no type of event', (type) => {
    const { dispatcher } = make();

    expect(() => dispatcher.on(type as never, () => {})).toThrow(
      /^events\.on type: expected \* or one of breaker\.transitioned, .*callback\.failed, received /,
    );
  });

  test.each([undefined, null, 5, {}])('%j is no listener', (listener) => {
    const { dispatcher } = make();

    expect(() => dispatcher.on('*', listener as never)).toThrow(
      'events.on "*" listener: expected a function (event) => void, received ',
    );
  });

  test('X6 listeners of a type are bounded; who ends makes room, and another type has its own', () => {
    const { dispatcher } = make();
    const ends = Array.from({ length: 65_536 }, () => dispatcher.on('*', () => {}));
    const add = () => dispatcher.on('*', () => {});

    expect(add).toThrow('events.on "*": expected at most 65536 listeners, received one more');
    expect(add).toThrow(expect.objectContaining({ code: 'CAPACITY_EXHAUSTED', component: 'events.on "*"' }));
    dispatcher.on('child.started', () => {});
    ends[0]!();
    expect(add).not.toThrow();
  });
});
