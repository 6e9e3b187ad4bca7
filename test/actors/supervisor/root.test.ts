import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startTree, type Tree } from '../../../actors/root.ts';
import type { EventSink } from '../../../src/core/events.ts';
import { fail, Stage, type Told } from './stage.ts';

function plant(emit?: EventSink['emit']) {
  const stage = new Stage(); // lends its workers, its clock and its log
  stage.env.advance(1_000); // the clock's origin is not the tree's
  const told: Told[] = [];
  const fatal: unknown[] = [];
  const events: EventSink = { emit: emit ?? ((type, payload) => void told.push({ type, ...payload })) };
  const tree = startTree({ env: stage.env, events, onFatal: (error) => fatal.push(error) });
  return { stage, tree, told, fatal };
}

const states = (tree: Tree) => Object.entries(tree.reading()).map(([path, { state }]) => `${path} ${state}`);

test('a fresh tree is its five groups, and no timer', () => {
  const { tree, stage, told } = plant();

  expect(states(tree)).toEqual([
    'root running',
    'root/core running',
    'root/store running',
    'root/compute running',
    'root/control running',
    'root/surfaces running',
  ]);
  expect(told.map(({ child }) => child)).toEqual([
    'root/core',
    'root/store',
    'root/compute',
    'root/control',
    'root/surfaces',
  ]);
  expect(stage.env.pendingTimers).toBe(0);
  expect(tree.reading()['root/core']).toEqual({
    state: 'running',
    kind: 'supervisor',
    incarnation: 1,
    restarts: 0,
    startedAtMs: 0,
    chart: 'supervisor',
    at: ['running'],
  });
  expect(Object.getPrototypeOf(tree.reading())).toBe(null);
});

describe('add', () => {
  test('an actor runs when it returns', async () => {
    const { stage, tree } = plant();

    const a = tree.add('core', stage.worker('a'));

    expect(stage.take()).toBe('+a');
    await a.ready;
  });

  test('an id that is taken is DUPLICATE_CHILD, in its own group only', () => {
    const { stage, tree } = plant();
    tree.add('core', stage.worker('a'));

    expect(() => tree.add('core', stage.worker('a'))).toThrow(
      expect.objectContaining({ code: 'DUPLICATE_CHILD', message: expect.stringContaining('"a"') }),
    );
    tree.add('control', stage.worker('a'));
  });

  test.each([
    [{ id: '' }, 'child.id: expected a string of 1 to 256 characters, received ""'],
    [
      { id: 'x' },
      `child "x": expected actor logic, functions start and stop, or type 'supervisor', received an object`,
    ],
    [
      { id: 'x', start() {}, stop() {}, shutdownMs: -1 },
      `child "x".shutdownMs: expected a number of at least 0, Infinity or 'brutal', received -1`,
    ],
    [
      { id: 'x', start() {}, stop() {}, restart: 'always' },
      'child "x".restart: expected permanent, transient, temporary, received "always"',
    ],
    [
      { id: 'x', start() {}, stop() {}, significant: true },
      'child "x".significant: expected false, because a permanent child never ends, received true',
    ],
    [
      { id: 'x', type: 'supervisor', intensity: Infinity },
      'supervisor "x".backoff: expected a backoff, because intensity is Infinity, received undefined',
    ],
    [
      { id: 'x', type: 'supervisor', strategy: 'one_for_one' },
      'supervisor "x".strategy: expected oneForOne, oneForAll, restForOne, simpleOneForOne, received "one_for_one"',
    ],
  ])('%j is refused with its path', (spec, message) => {
    const { tree } = plant();

    expect(() => tree.add('core', spec as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS', message }),
    );
  });

  test('ready rejects when the first start fails; it is tried again all the same', async () => {
    const { stage, tree } = plant();
    stage.failNext('a', 1);

    const a = tree.add('store', stage.worker('a'));

    await expect(a.ready).rejects.toMatchObject({ code: 'START_FAILED', component: 'root/store/a' });
    stage.env.advance(60);
    expect(stage.take()).toBe('!a +a');
  });

  test('a child called __proto__ is a child like any other', () => {
    const { stage, tree } = plant();

    tree.add('core', stage.worker('__proto__'));

    expect(tree.reading()['root/core/__proto__']).toMatchObject({ state: 'running', kind: 'worker', incarnation: 1 });
  });
});

describe('a handle', () => {
  test('S5: reaches the incarnation that is alive; what is sent while there is none is dropped', () => {
    const { stage, tree } = plant();
    const a = tree.add('core', stage.worker('a'));
    a.send({ type: 'CRASH' });
    a.send({ type: 'CRASH' });
    stage.env.advance(60);

    a.send({ type: 'FINISH' });

    expect(stage.take()).toBe('+a -a +a -a');
  });

  test('terminate is for good and frees the id; a second one finds nothing to do', async () => {
    const { stage, tree } = plant();
    const a = tree.add('core', stage.worker('a'));

    await a.terminate();
    const again = tree.add('core', stage.worker('a'));
    await a.terminate();
    a.send({ type: 'CRASH' });

    expect(stage.take()).toBe('+a -a +a');
    await expect(a.restart()).rejects.toMatchObject({ code: 'STOPPED' });
    await again.restart();
    expect(stage.take()).toBe('-a +a');
  });

  test('S1: restart does not count, and brings back a temporary child too', async () => {
    const { stage, tree } = plant();
    const a = tree.add('control', stage.worker('a', { restart: 'temporary' }));

    for (let time = 0; time < 20; time++) await a.restart();

    expect(tree.reading()['root/control/a']).toMatchObject({ state: 'running', incarnation: 21, restarts: 0 });
  });

  test('a temporary child that ends is gone, and its id free', () => {
    const { stage, tree } = plant();
    tree.add('core', stage.worker('a', { restart: 'temporary' })).send({ type: 'FINISH' });

    tree.add('core', stage.worker('a'));

    expect(stage.take()).toBe('+a -a +a');
  });
});

describe('groups', () => {
  test('S7: store never gives up: it is degraded, and the others do not notice', () => {
    const { stage, tree, fatal } = plant();
    tree.add('core', stage.worker('breaker'));
    const db = tree.add('store', stage.worker('db'));
    stage.failNext('db', 1_000);

    db.send({ type: 'CRASH' });
    stage.env.advance(60 * 60 * 1_000);

    expect(tree.reading()['root/store/db']).toMatchObject({ state: 'backoff' });
    expect(tree.reading()['root/core/breaker']).toMatchObject({ state: 'running', incarnation: 1 });
    expect(fatal).toEqual([]);
  });

  test('a group that gives up comes back with all that was added, and with all below it', async () => {
    const { stage, tree, told } = plant();
    tree.add('core', stage.worker('breaker'));
    const many = [...'abcdefghijk'].map((id) => tree.add('control', stage.worker(id)));
    tree.add('control', stage.worker('once', { restart: 'temporary' }));
    tree.add('surfaces', stage.worker('feed'));
    stage.take();

    for (const child of many) child.send({ type: 'CRASH' });
    stage.env.advance(100);

    expect(told).toContainEqual(expect.objectContaining({ type: 'supervisor.escalated', child: 'root/control' }));
    expect(tree.reading()['root/control']).toMatchObject({ state: 'running', incarnation: 2, restarts: 1 });
    expect(stage.take()).toMatch(/-once .*-feed \+a \+b \+c \+d \+e \+f \+g \+h \+i \+j \+k \+feed$/);
    expect(tree.reading()['root/core/breaker']).toMatchObject({ incarnation: 1 });
  });

  test('what is added while its group is down starts with the group', async () => {
    const { stage, tree } = plant();
    const many = [...'abcdefghijk'].map((id) => tree.add('control', stage.worker(id)));
    for (const child of many) child.send({ type: 'CRASH' });

    const late = tree.add('control', stage.worker('late'));
    stage.env.advance(100);

    await late.ready;
    expect(tree.reading()['root/control/late']).toMatchObject({ state: 'running' });
  });

  describe('control has given up and waits for its backoff', () => {
    /** `onEscalated` runs inside the group's last turn. */
    function down(onEscalated = (): void => {}) {
      const { stage, tree } = plant((type) => void (type === 'supervisor.escalated' && onEscalated()));
      const many = [...'abcdefghijk'].map((id) => tree.add('control', stage.worker(id)));
      return { stage, tree, many, giveUp: () => many.forEach((child) => child.send({ type: 'CRASH' })) };
    }

    test('a child that is terminated meanwhile does not come back with it', async () => {
      const { stage, tree, many, giveUp } = down();
      giveUp();

      await many[0]!.terminate();
      stage.env.advance(100);

      expect(Object.keys(tree.reading())).not.toContain('root/control/a');
      expect(Object.keys(tree.reading())).toContain('root/control/b');
    });

    test('nor one that is terminated in its last turn, when nobody answers any more', async () => {
      const terminated: Promise<void>[] = [];
      const { stage, tree, many, giveUp } = down(() => terminated.push(many[0]!.terminate()));
      giveUp();

      await Promise.all(terminated);
      stage.env.advance(100);

      expect(terminated.length).toBe(1);
      expect(Object.keys(tree.reading())).not.toContain('root/control/a');
    });

    test('what was added meanwhile hears of the end of the tree', async () => {
      const { stage, tree, giveUp } = down();
      giveUp();
      const late = tree.add('control', stage.worker('late'));

      await tree.stop();

      await expect(late.ready).rejects.toMatchObject({ code: 'STOPPED' });
    });
  });

  test('what a listener adds while its group starts is started once', async () => {
    const late = Promise.withResolvers<number>();
    const starts: string[] = [];
    const ready: Promise<void>[] = [];
    const { stage, tree } = plant((type, payload) => {
      if (
        type !== 'child.started' ||
        !('incarnation' in payload) ||
        payload.child !== 'root/control/a' ||
        ready.length > 0
      )
        return;
      if (tree.reading()['root/control']?.incarnation !== 2) return;
      ready.push(
        tree.add('control', { id: 'late', start: () => (starts.push('late'), late.promise), stop() {} }).ready,
      );
    });
    const many = [...'abcdefghijk'].map((id) => tree.add('control', stage.worker(id)));

    for (const child of many) child.send({ type: 'CRASH' });
    stage.env.advance(100);
    late.resolve(1);

    await Promise.all(ready);
    expect([starts, ready.length]).toEqual([['late'], 1]);
  });

  test('S8: when the root gives up, onFatal hears it once, all is stopped, and nothing throws', async () => {
    const { stage, tree, fatal } = plant();
    const pending = tree.add('surfaces', { id: 'never', start: () => new Promise<never>(() => {}), stop() {} });
    const many = [...'abcdefghijk'].map((id) => tree.add('control', stage.worker(id)));
    for (let time = 0; time < 6; time++) {
      for (const child of many) child.send({ type: 'CRASH' });
      stage.env.advance(6_000); // through the group's backoff, and the pending start's budget
    }

    expect(fatal).toMatchObject([{ code: 'RESTARTS_EXHAUSTED', component: 'root' }]);
    expect(tree.reading()['root']).toMatchObject({ state: 'stopped' });
    await expect(pending.ready).rejects.toMatchObject({ code: 'STOPPED' });
    await expect(many[0]!.restart()).rejects.toMatchObject({ code: 'STOPPED' });
    await many[0]!.terminate();
    expect(() => tree.add('core', stage.worker('x'))).toThrow(expect.objectContaining({ code: 'STOPPED' }));
    await tree.stop();
    expect(stage.env.pendingTimers).toBe(0);
  });
});

describe('stop', () => {
  test('S3: takes the tree down in reverse, once', async () => {
    const { stage, tree, fatal } = plant();
    tree.add('core', stage.worker('a'));
    tree.add('core', stage.worker('b'));
    tree.add('surfaces', stage.worker('feed'));
    stage.take();

    const stopped = tree.stop();

    expect(tree.stop()).toBe(stopped);
    await stopped;
    expect([stage.take(), fatal]).toEqual(['-feed -b -a', []]);
  });

  test('S9: takes no longer than the sum of the budgets, though nothing ever settles', async () => {
    const { stage, tree } = plant();
    const never = () => new Promise<never>(() => {});
    tree.add('store', { id: 'db', shutdownMs: 300, start: () => 1, stop: never });
    tree.add('compute', { id: 'pool', shutdownMs: 200, start: never, stop: never });
    tree.add('surfaces', stage.worker('feed', { shutdownMs: 100, deaf: true }));
    let isStopped = false;
    void tree.stop().then(() => (isStopped = true));

    await stage.env.advanceAsync(599);
    expect(isStopped).toBe(false);
    await stage.env.advanceAsync(1);

    expect(isStopped).toBe(true);
    expect(stage.env.pendingTimers).toBe(0);
  });

  test('S11: during a backoff nothing is started any more', async () => {
    const { stage, tree } = plant();
    tree.add('store', stage.worker('db')).send({ type: 'CRASH' });

    await tree.stop();
    stage.env.advance(60_000);

    expect(stage.take()).toBe('+db -db');
  });
});

test('S8: an inspector that throws is announced and harms nobody; it can be taken away', async () => {
  const { stage, tree, told } = plant();
  const end = tree.inspect(() => fail('inspector'));

  tree.add('core', stage.worker('a'));

  expect(stage.take()).toBe('+a');
  expect(told).toContainEqual({ type: 'callback.failed', callback: 'inspect', error: 'Error: inspector' });
  end();
  told.length = 0;
  tree.add('core', stage.worker('b'));
  expect(told.map(({ type }) => type)).toEqual(['child.started']);
});

test('S8: a sink that throws harms nobody, and a rejected `ready` nobody waits for is no unhandled rejection', async () => {
  const { stage, tree } = plant(() => fail('sink'));
  stage.failNext('a', 1);

  tree.add('store', stage.worker('a'));

  await turn(); // vitest fails the run on an unhandled rejection
  stage.env.advance(60);
  expect(stage.take()).toBe('!a +a');
});
