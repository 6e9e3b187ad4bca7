/** Where a life begins after a crash: at the last good snapshot, as often as is agreed, and else from nothing. */
import { assign, fromPromise, fromTransition, setup, type AnyActorRef } from 'xstate';
import { describe, expect, test } from 'vitest';
import { startTree } from '../../../actors/root.ts';
import { resolveChildSpec, type ActorSpec } from '../../../actors/supervisor/child-spec.ts';
import { DEFAULT_LAST_GOOD, type LastGood } from '../../../actors/supervisor/last-good.ts';
import { fail, Stage } from './stage.ts';

const PERIOD = { intensity: 100, periodMs: 1_000 } as const;

/** Counts to where it is told; `poison` crashes whoever counts from it. */
const counter = setup({
  types: {} as {
    context: { count: number };
    events: { type: 'COUNT' | 'POISON' | 'CRASH' | 'FINISH' | 'supervisor.shutdown' };
  },
  actors: { work: fromPromise<never>(() => new Promise(() => {})) },
}).createMachine({
  id: 'counter',
  initial: 'resting',
  context: { count: 0 },
  on: {
    COUNT: { target: '.working', actions: assign({ count: ({ context }) => context.count + 1 }) },
    CRASH: { actions: () => fail('crash') },
    FINISH: '.stopped',
    'supervisor.shutdown': '.stopped',
  },
  states: { resting: {}, working: { invoke: { id: 'work', src: 'work' } }, stopped: { type: 'final' } },
});

interface Seen {
  readonly value: string;
  readonly context: { readonly count: number };
  readonly children: Readonly<Record<string, AnyActorRef | undefined>>;
}

function run(lastGood?: Partial<LastGood>, more: Partial<ActorSpec> = {}) {
  const stage = new Stage();
  const spec = { id: 'a', logic: counter, ...(lastGood !== undefined && { lastGood }), ...more } as ActorSpec;
  stage.run({ ...PERIOD, children: [spec] });
  const seen = (): Seen => stage.ref('a')!.getSnapshot() as Seen;
  const send = (...types: readonly string[]): void => {
    for (const type of types) stage.ref('a')!.send({ type });
  };
  return { stage, send, seen, count: () => seen().context.count };
}

test('the defaults are literal: three times in a row, within five seconds', () => {
  expect(DEFAULT_LAST_GOOD).toMatchObject({ times: 3, withinMs: 5_000 });
  expect(DEFAULT_LAST_GOOD.isGood({} as never)).toBe(true);
});

test('without lastGood a crash is followed by a clean start', () => {
  const { send, seen } = run();
  send('COUNT', 'COUNT', 'CRASH');

  expect([seen().value, seen().context.count]).toEqual(['resting', 0]);
});

test('with it the next life begins where the last one stood before the crash, and what it had invoked runs again', () => {
  const { stage, send, seen } = run({});
  send('COUNT', 'COUNT', 'CRASH');

  expect([seen().value, seen().context.count]).toEqual(['working', 2]);
  expect(seen().children['work']!.getSnapshot()).toMatchObject({ status: 'active' });
  expect(stage.told).toEqual([
    { type: 'child.started', child: 'root/a', incarnation: 1 },
    { type: 'child.exited', child: 'root/a', incarnation: 1, reason: 'error', error: 'Error: crash' },
    { type: 'child.started', child: 'root/a', incarnation: 2, restored: true },
  ]);
});

test('S6: of the life before nothing runs on', () => {
  const { send, seen } = run({});
  send('COUNT');
  const before = seen().children['work']!;

  send('CRASH');

  expect([before.getSnapshot().status, seen().children['work'] === before]).toEqual(['stopped', false]);
});

test('a life that has made no transition yet is begun anew where it began', () => {
  const { send, count, stage } = run({});
  send('CRASH');

  expect([count(), stage.told.at(-1)]).toEqual([0, expect.objectContaining({ restored: true })]);
});

describe('it is bounded', () => {
  test('the fourth quick crash in a row is followed by a clean start, and then the row begins anew', () => {
    const { send, count } = run({ times: 3 });
    send('COUNT');
    const counts = Array.from({ length: 8 }, () => (send('CRASH'), count()));

    expect(counts).toEqual([1, 1, 1, 0, 0, 0, 0, 0]);
  });

  test('a life as long as withinMs ends the row', () => {
    const { stage, send, count } = run({ times: 1, withinMs: 100 });
    send('COUNT');
    const counts = [99, 100, 100, 99].map((ms) => (stage.env.advance(ms), send('CRASH'), count()));

    expect(counts).toEqual([1, 1, 1, 0]);
  });

  test('a snapshot that cannot be begun from is tried as often, and then a clean start is made', () => {
    const stage = new Stage();
    let starts = 0;
    const logic = {
      ...fromTransition((count: number, { type }) => (type === 'CRASH' ? fail('crash') : count + 1), 0),
      restoreSnapshot: () => (starts++, fail('unreadable')),
    };
    stage.run({ ...PERIOD, children: [{ id: 'a', logic, lastGood: { times: 2 } }] });
    stage.ref('a')!.send({ type: 'COUNT' });

    stage.crash('a');

    expect([starts, stage.children]).toEqual([2, 'a']);
    expect(stage.ref('a')!.getSnapshot()).toMatchObject({ context: 0 });
  });
});

describe('who did not crash begins anew', () => {
  test.each(['FINISH', 'supervisor.shutdown'])('after %s', (end) => {
    const { send, count, stage } = run({});
    send('COUNT', end);

    expect([count(), stage.told.at(-1)]).toEqual([0, { type: 'child.started', child: 'root/a', incarnation: 2 }]);
  });

  test('after a restart by hand', () => {
    const { stage, send, count } = run({});
    send('COUNT');

    stage.ask({ type: 'supervisor.restartChild', id: 'a' });

    expect(count()).toBe(0);
  });

  test('after its group was restarted because of another', () => {
    const stage = new Stage();
    const a: ActorSpec = { id: 'a', logic: counter, lastGood: {} };
    stage.run({ ...PERIOD, strategy: 'oneForAll', children: [a, stage.worker('b')] });
    stage.ref('a')!.send({ type: 'COUNT' });

    stage.crash('b');

    expect(stage.ref('a')!.getSnapshot()).toMatchObject({ context: { count: 0 } });
  });
});

test('who crashes while it is asked to end begins anew, too', () => {
  const stage = new Stage();
  const clumsy = fromTransition((count: number, { type }) => (type === 'COUNT' ? count + 1 : fail('clumsy')), 0);
  const a: ActorSpec = { id: 'a', logic: clumsy, lastGood: {} };
  stage.run({ ...PERIOD, strategy: 'oneForAll', children: [a, stage.worker('b')] });
  stage.ref('a')!.send({ type: 'COUNT' });

  stage.crash('b');

  expect(stage.ref('a')!.getSnapshot()).toMatchObject({ context: 0 });
});

describe('isGood', () => {
  test('is asked with the snapshot, and anything but true is a clean start', () => {
    const asked: unknown[] = [];
    const { send, count } = run({ isGood: (snapshot) => (asked.push(snapshot), false) });
    send('COUNT', 'CRASH');

    expect(count()).toBe(0);
    expect(asked).toMatchObject([{ status: 'active', value: 'working', context: { count: 1 } }]);
  });

  test.each([
    ['throws', () => fail('no idea')],
    ['rejects', () => Promise.reject(new Error('no idea'))],
  ])('that %s is a clean start, and announced', async (_, isGood) => {
    const { stage, send, count } = run({ isGood: isGood as never });
    send('COUNT', 'CRASH');
    await stage.env.advanceAsync(0);

    expect(count()).toBe(0);
    expect(stage.told).toContainEqual({
      type: 'callback.failed',
      callback: 'lastGood of root/a',
      error: 'Error: no idea',
    });
  });
});

test('an actor that XState cannot persist has no good snapshot, and that is announced', () => {
  const logic = {
    ...fromTransition((count: number, { type }) => (type === 'CRASH' ? fail('crash') : count + 1), 0),
    getPersistedSnapshot: () => fail('nothing to keep'),
  };
  const { stage, send } = run({}, { logic });
  send('CRASH');

  expect(stage.told.at(-1)).toEqual({ type: 'child.started', child: 'root/a', incarnation: 2 });
  expect(stage.told).toContainEqual(
    expect.objectContaining({ type: 'callback.failed', callback: 'lastGood of root/a' }),
  );
});

test('a drill is a crash: the tree restores after it', async () => {
  const stage = new Stage();
  const tree = startTree({ env: stage.env, events: { emit: () => {} }, onFatal: fail as never });
  const a = tree.add('control', { id: 'a', logic: counter, lastGood: {} });
  a.send({ type: 'COUNT' });

  await tree.kill('root/control/a', new Error('drill'));
  stage.env.advance(60);

  expect(tree.reading()['root/control/a']).toMatchObject({ state: 'running', incarnation: 2, at: ['working'] });
});

test.each([
  [{ lastGood: 3 }, 'child "a".lastGood: expected an object, received 3'],
  [{ lastGood: { times: 0 } }, 'child "a".lastGood.times: expected an integer of at least 1, received 0'],
  [
    { lastGood: { withinMs: Infinity } },
    'child "a".lastGood.withinMs: expected a finite number above 0, received Infinity',
  ],
  [
    { lastGood: { isGood: true } },
    'child "a".lastGood.isGood: expected a function (snapshot) => boolean, received true',
  ],
  [
    { lastGood: {}, snapshot: () => undefined },
    'child "a".lastGood: expected nothing, because snapshot says where a life begins, received an object',
  ],
])('%o is refused', (given, message) => {
  const spec = { id: 'a', logic: counter, ...given } as unknown as ActorSpec;

  expect(() => resolveChildSpec(spec)).toThrow(message);
});
