import { cancel, createActor, raise, setup, type InspectionEvent } from 'xstate';
import { expect, test } from 'vitest';
import { installScheduler } from '../../../actors/scheduler.ts';
import { createVirtualEnv } from '../../../src/testing/index.ts';

const alarm = setup({
  types: {} as { events: { type: 'ARM'; ms: number } | { type: 'CANCEL' | 'ring' | 'END' }; context: { rung: number } },
}).createMachine({
  id: 'alarm',
  context: () => ({ rung: 0 }), // an object would be shared by the actors of all tests
  initial: 'on',
  states: {
    on: {
      after: { 1_000: 'timedOut' },
      on: {
        ARM: { actions: raise({ type: 'ring' }, { id: 'ring', delay: ({ event }) => event.ms }) },
        CANCEL: { actions: cancel('ring') },
        ring: { actions: ({ context }) => void context.rung++ },
        END: 'ended',
      },
    },
    timedOut: {},
    ended: { type: 'final' },
  },
});

function start() {
  const env = createVirtualEnv({ seed: 1 });
  const ended: string[] = [];
  const inspected: InspectionEvent[] = [];
  const actor = createActor(alarm, { id: 'alarm', inspect: (event) => inspected.push(event) });
  installScheduler(actor.system, env, ({ id }) => ended.push(id));
  actor.start();
  return { env, ended, inspected, actor, rung: () => actor.getSnapshot().context.rung };
}

test('delayed events come when the clock says so, one after the other', () => {
  const { env, actor, rung } = start();
  actor.send({ type: 'ARM', ms: 400 });

  env.advance(399);
  expect(rung()).toBe(0);
  env.advance(1);
  expect(rung()).toBe(1);
  env.advance(600);

  expect(actor.getSnapshot().value).toBe('timedOut');
  expect(env.keepsAlive).toBe(false);
});

test('a cancelled one does not come, and a second under one id replaces the first', () => {
  const { env, actor, rung } = start();
  actor.send({ type: 'ARM', ms: 100 });
  actor.send({ type: 'CANCEL' });
  actor.send({ type: 'ARM', ms: 200 });
  actor.send({ type: 'ARM', ms: 300 });

  env.advance(250);
  expect(rung()).toBe(0);
  env.advance(50);

  expect(rung()).toBe(1);
});

test('S6: an actor that ends leaves no timer, and its end is told once', () => {
  const { env, actor, ended } = start();
  actor.send({ type: 'ARM', ms: 100 });
  expect(env.pendingTimers).toBe(2);

  actor.send({ type: 'END' });

  expect([env.pendingTimers, ended]).toEqual([0, ['alarm']]);
});

test('an inspector sees who sent a delayed event', () => {
  const { env, actor, inspected } = start();
  actor.send({ type: 'ARM', ms: 1 });

  env.advance(1);

  const ring = inspected.find((event) => event.type === '@xstate.event' && event.event.type === 'ring');
  expect(ring).toMatchObject({ sourceRef: { id: 'alarm' } });
});
