/** `runtime.inspect`: whoever watches sees all of the tree, also late, and can hurt nobody. */
import type { AnyActorRef, InspectionEvent } from 'xstate';
import { describe, expect, test } from 'vitest';
import { INTERNAL_EVENTS } from '../../actors/inspect-tree.ts';
import { startTree } from '../../actors/root.ts';
import { createRuntime, type HoldfastEvent } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';
import { Stage } from './supervisor/stage.ts';

const failing = (): Promise<never> => Promise.reject(new Error('no'));

/** What an observer was told, a line an event: who, what, and in which state. */
function notebook() {
  const lines: string[] = [];
  const observe = (event: InspectionEvent): void => {
    const { id } = event.actorRef as AnyActorRef;
    if (event.type === '@xstate.actor') lines.push(`${id} is there`);
    if (event.type === '@xstate.event') lines.push(`${id} hears ${event.event.type}`);
    if (event.type === '@xstate.snapshot') {
      const { status, value } = event.snapshot as unknown as Record<string, string>;
      lines.push(`${id} is ${status === 'active' ? value : status}`);
    }
  };
  return { lines, observe, take: () => lines.splice(0) };
}

async function shop() {
  const env = createVirtualEnv({ seed: 1 });
  return { env, runtime: await createRuntime({ name: 'shop', env }) };
}

describe('who comes late', () => {
  test('is told of every actor alive, each before what stands under it, with its state', async () => {
    const { runtime } = await shop();
    await runtime
      .breaker('payments', { consecutiveFailures: 1 })
      .execute(failing)
      .catch(() => {});
    const { observe, take } = notebook();

    runtime.inspect(observe);

    expect(take()).toEqual([
      'root is there',
      'root is running',
      'core is there',
      'core is running',
      'payments is there',
      'payments is open',
      'store is there',
      'store is running',
      'compute is there',
      'compute is running',
      'control is there',
      'control is running',
      'health is there',
      'health is running',
      'surfaces is there',
      'surfaces is running',
    ]);
  });

  test('hears from then on what happens, until they have had enough', async () => {
    const { runtime } = await shop();
    const breaker = runtime.breaker('payments');
    const { observe, take } = notebook();
    const end = runtime.inspect({ next: observe });
    take();

    breaker.open({ by: 'test', reason: 'watch' });
    expect(take()).toEqual(['payments hears open', 'payments is open']);

    end();
    end();
    breaker.close({ by: 'test', reason: 'watch' });
    expect(take()).toEqual([]);
  });

  test('an actor that an observer causes to be born meanwhile is told once', async () => {
    const { runtime } = await shop();
    const { observe, take } = notebook();

    runtime.inspect((event) => {
      observe(event);
      runtime.breaker('born-meanwhile');
    });

    expect(take().filter((line) => line === 'born-meanwhile is there')).toEqual(['born-meanwhile is there']);
  });
});

test('S8: an observer that throws is announced, and the actors live', async () => {
  const { runtime } = await shop();
  const heard: HoldfastEvent[] = [];
  runtime.events.on('callback.failed', (event) => heard.push(event));
  runtime.inspect(() => {
    throw new Error('observer');
  });

  runtime.breaker('payments').open({ by: 'test', reason: 'watch' });

  expect(heard[0]).toMatchObject({ callback: 'inspect', error: 'Error: observer' });
  expect(runtime.readings().children['root/core/payments']).toMatchObject({ state: 'running', restarts: 0 });
});

test('an actor that crashes is shown crashed, once, and its next life is shown', () => {
  const stage = new Stage();
  const tree = startTree({ env: stage.env, events: { emit() {} }, onFatal() {} });
  const a = tree.add('core', stage.worker('a'));
  const { observe, take } = notebook();
  let error: unknown;
  tree.inspect((event) => {
    observe(event);
    if (event.type === '@xstate.snapshot' && event.snapshot.status === 'error') error = event.snapshot.error;
  });
  take();

  a.send({ type: 'CRASH' });
  expect(take().filter((line) => line.startsWith('a '))).toEqual(['a hears CRASH', 'a is error']);
  expect(error).toBe('Error: crash');

  stage.env.advance(60);
  expect(take().filter((line) => line.startsWith('a '))).toEqual(['a is there', 'a hears xstate.init', 'a is up']);
});

test('a resource that fails is shown failed, once, though XState tells of it too', async () => {
  const { runtime } = await shop();
  let fail = (_: unknown): void => {};
  await runtime.supervise({ id: 'link', start: (given) => void (fail = given), stop() {} }).ready;
  const { observe, take } = notebook();
  runtime.inspect(observe);
  take();

  fail(new Error('reset'));

  expect(take().filter((line) => line.startsWith('link is'))).toEqual(['link is failing', 'link is error']);
});

test('what supervisors say among themselves is not told, and nothing an application gave them', async () => {
  const { runtime } = await shop();
  const told: InspectionEvent[] = [];
  runtime.inspect((event) => told.push(event));
  const secret = 'a secret of the application';

  const part = runtime.supervise({
    id: 'link',
    start: (fail) => ({ fail, secret }),
    stop: () => Promise.reject(new TypeError('does not stop')),
  });
  await part.ready;
  runtime.breaker('payments');
  await part.terminate();

  const heard = told.flatMap((event) => (event.type === '@xstate.event' ? [event.event.type] : []));
  expect(heard).toContain('supervisor.childReady');
  expect(heard.filter((type) => INTERNAL_EVENTS.includes(type) || type.startsWith('xstate.done'))).toEqual([]);
  const events = told.flatMap((event) => ('event' in event ? [event.event] : []));
  expect(events).toContainEqual({ type: 'resource.stopFailed', error: 'TypeError: does not stop' });
  const fields = new Set(events.flatMap((event) => Object.keys(event)));
  expect([...fields].toSorted()).toEqual(['error', 'forget', 'id', 'life', 'type']);
  const snapshots = told.flatMap((event) => ('snapshot' in event ? [event.snapshot] : []));
  expect(JSON.stringify(snapshots)).not.toContain(secret);
});
