/** A drill is a crash to everyone: the tables of restarts hold, and so do the counts. */
import { expect, test } from 'vitest';
import { startTree } from '../../../actors/root.ts';
import { Stage, type Told } from './stage.ts';

function plant() {
  const stage = new Stage();
  const told: Told[] = [];
  const events = { emit: (type: string, payload: object) => void told.push({ type, ...payload }) };
  const fatal: unknown[] = [];
  const tree = startTree({ env: stage.env, events, onFatal: (error) => fatal.push(error) });
  return { stage, tree, told, fatal };
}

const DRILL = new Error('drill');

test('an actor that is killed is restarted, and that counts; its exit names the drill', async () => {
  const { stage, tree, told } = plant();
  const a = tree.add('core', stage.worker('a', { restart: 'transient' }));

  await tree.kill('root/core/a', DRILL);
  stage.env.advance(60);

  expect(stage.take()).toBe('+a -a +a');
  expect(tree.reading()['root/core/a']).toMatchObject({ state: 'running', restarts: 1, incarnation: 2 });
  expect(told).toContainEqual(
    expect.objectContaining({ type: 'child.exited', child: 'root/core/a', reason: 'error', error: 'Error: drill' }),
  );
  a.send({ type: 'CRASH' });
  expect(stage.take()).toBe('-a');
});

test('a resource that is killed is stopped before it is started again', async () => {
  const { stage, tree } = plant();
  const stopped = Promise.withResolvers<void>();
  const log: string[] = [];
  await tree.add('compute', {
    id: 'pool',
    start: () => log.push('start'),
    stop: () => (log.push('stop'), stopped.promise),
  }).ready;

  await tree.kill('root/compute/pool', DRILL);
  stage.env.advance(60);
  expect(log).toEqual(['start', 'stop']);
  stopped.resolve();
  await stage.env.advanceAsync(60);

  expect(log).toEqual(['start', 'stop', 'start']);
  expect(tree.reading()['root/compute/pool']).toMatchObject({ state: 'running', restarts: 1 });
});

test('a group that is killed takes what stands below it along, and all come back', async () => {
  const { stage, tree } = plant();
  tree.add('core', stage.worker('breaker'));
  tree.add('control', stage.worker('health'));
  tree.add('surfaces', stage.worker('feed'));
  stage.take();

  await tree.kill('root/control', DRILL);
  stage.env.advance(60);

  expect(stage.take()).toBe('-health -feed +health +feed');
  expect(tree.reading()['root/control']).toMatchObject({ restarts: 1, incarnation: 2 });
});

test('a path may have slashes of its own', async () => {
  const { stage, tree } = plant();
  tree.add('core', stage.worker('a'));
  tree.add('core', stage.worker('a/b'));
  stage.take();

  await tree.kill('root/core/a/b', DRILL);

  expect(stage.take()).toBe('-a/b');
});

test('who is not there, not up, or the root itself cannot be killed', async () => {
  const { stage, tree } = plant();
  tree.add('core', stage.worker('a')).send({ type: 'CRASH' });

  for (const path of ['root', 'root/core/b', 'core', ''])
    await expect(tree.kill(path, DRILL)).rejects.toMatchObject({ code: 'INVALID_OPTIONS', component: 'kill.path' });
  await expect(tree.kill('root/core/a', DRILL)).rejects.toMatchObject({
    code: 'ILLEGAL_TRANSITION',
    message: 'root/core/a: expected a child that is up, received one that is backoff',
  });
  await tree.stop();
  await expect(tree.kill('root/core', DRILL)).rejects.toMatchObject({ code: 'STOPPED' });
});

test('killed too often, it is the end of its supervisor as any crash would be', async () => {
  const { stage, tree, fatal } = plant();
  for (let time = 0; time < 6; time++) {
    await tree.kill('root/core', DRILL);
    stage.env.advance(6_000);
  }

  expect(fatal).toMatchObject([{ code: 'RESTARTS_EXHAUSTED', cause: DRILL }]);
});
