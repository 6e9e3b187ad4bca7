import { createActor, fromCallback, setup, type AnyActorLogic, type AnyActorRef } from 'xstate';
import { expect, test } from 'vitest';
import { fail, Stage } from './stage.ts';

/** A chart that crashes on CRASH while it invokes another such chart, `depth` deep; each life writes to the log. */
function nest(log: string[], depth: number): AnyActorLogic {
  return setup({
    actors: {
      life: fromCallback<{ type: 'none' }>(() => (log.push(`+${depth}`), () => void log.push(`-${depth}`))),
      inner: depth === 0 ? fromCallback(() => {}) : nest(log, depth - 1),
    },
    actions: { crash: () => fail('crash') },
  }).createMachine({
    id: `nest${depth}`,
    invoke: [
      { id: 'life', src: 'life' },
      { id: 'inner', src: 'inner', onError: {} },
    ],
    on: { CRASH: { actions: 'crash' } },
  });
}

const inner = (ref: AnyActorRef, levels: number): AnyActorRef =>
  levels === 0 ? ref : inner((ref.getSnapshot() as { children: { inner: AnyActorRef } }).children.inner, levels - 1);

test('S6: what a crashed actor had invoked is stopped, three levels deep', () => {
  const stage = new Stage();
  stage.run({ intensity: 1, children: [{ id: 'nest', restart: 'temporary', logic: nest(stage.log, 3) }] });
  expect(stage.take()).toBe('+3 +2 +1 +0');

  stage.ref('nest')!.send({ type: 'CRASH' });

  expect(stage.take().split(' ').toSorted()).toEqual(['-0', '-1', '-2', '-3']);
});

test('S6: so is what an actor in the middle had invoked, though its parent goes on', () => {
  const stage = new Stage();
  stage.run({ children: [{ id: 'nest', logic: nest(stage.log, 3) }] });
  stage.take();

  inner(stage.ref('nest')!, 1).send({ type: 'CRASH' });

  expect(stage.take().split(' ').toSorted()).toEqual(['-0', '-1', '-2']);
  expect(stage.children).toBe('nest');
});

test('without us they would run on: the reason this exists', () => {
  const log: string[] = [];
  const root = createActor(nest(log, 2));
  root.subscribe({ error: () => {} });
  root.start();

  root.send({ type: 'CRASH' });

  expect(log).toEqual(['+2', '+1', '+0']);
});
