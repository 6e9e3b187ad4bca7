import { setTimeout as macrotask } from 'node:timers/promises';
import { createMachine } from 'xstate';
import { describe, expect, test } from 'vitest';
import { countChildren, whichChildren } from '../../../actors/supervisor/supervisor.ts';
import { resolveChildSpec } from '../../../actors/supervisor/child-spec.ts';
import { fail, Stage } from './stage.ts';

function throwIt(value: unknown): never {
  throw value;
}

const NEVER_GIVE_UP = { intensity: 100, periodMs: 1_000 } as const;

describe('start', () => {
  test('S3: children start left to right, and stop right to left', () => {
    const stage = new Stage();
    stage.run({ children: stage.workers('abcd') });
    expect(stage.take()).toBe('+a +b +c +d');

    stage.shutdown();

    expect(stage.take()).toBe('-d -c -b -a');
    expect(stage.status).toBe('done');
  });

  test('S7: when the third child does not start, those before are stopped, those after never start, and it says which', () => {
    const stage = new Stage();
    stage.failNext('c', 1);

    stage.run({ children: stage.workers('abcd') });

    expect(stage.take()).toBe('+a +b !c -b -a');
    expect(stage.errors).toMatchObject([
      { code: 'START_FAILED', component: 'root/c', cause: { message: 'c does not start' } },
    ]);
  });

  test('S3: the children of a nested supervisor are up before the sibling after it starts', () => {
    const stage = new Stage();
    stage.run({
      children: [{ id: 'inner', type: 'supervisor', children: stage.workers('ab') }, stage.worker('z')],
    });

    expect(stage.take()).toBe('+a +b +z');
    expect(stage.told.map(({ child }) => child)).toEqual(['root/inner/a', 'root/inner/b', 'root/inner', 'root/z']);
  });
});

describe('S4: the restart table', () => {
  test.each([
    ['permanent', 'FINISH', '-b +b', 'a b c'],
    ['permanent', 'SHUT', '-b +b', 'a b c'],
    ['permanent', 'CRASH', '-b +b', 'a b c'],
    ['transient', 'FINISH', '-b', 'a b(stopped) c'],
    ['transient', 'SHUT', '-b', 'a b(stopped) c'],
    ['transient', 'CRASH', '-b +b', 'a b c'],
    ['temporary', 'FINISH', '-b', 'a c'],
    ['temporary', 'SHUT', '-b', 'a c'],
    ['temporary', 'CRASH', '-b', 'a c'],
  ] as const)('%s, %s: %s, then %s', (restart, how, happened, children) => {
    const stage = new Stage();
    stage.run({ children: [stage.worker('a'), stage.worker('b', { restart }), stage.worker('c')] });
    stage.take();

    stage.ref('b')!.send({ type: how });

    expect(stage.take()).toBe(happened);
    expect(stage.children).toBe(children);
  });

  test.each([
    ['FINISH', 'normal'],
    ['SHUT', 'shutdown'],
    ['CRASH', 'error'],
  ] as const)('%s is announced as %s', (how, reason) => {
    const stage = new Stage();
    stage.run({ children: [stage.worker('a', { restart: 'temporary' })] });

    stage.ref('a')!.send({ type: how });

    expect(stage.told.at(-1)).toEqual({
      type: 'child.exited',
      child: 'root/a',
      incarnation: 1,
      reason,
      ...(reason === 'error' && { error: 'Error: crash' }),
    });
  });
});

describe('S2: strategies', () => {
  test.each([
    ['oneForOne', '-b +b'],
    ['restForOne', '-b -d -c +b +c +d'],
    ['oneForAll', '-b -d -c -a +a +b +c +d'],
  ] as const)('%s: b crashes: %s', (strategy, happened) => {
    const stage = new Stage();
    stage.run({ strategy, children: stage.workers('abcd') });
    stage.take();

    stage.crash('b');

    expect(stage.take()).toBe(happened);
    expect(stage.children).toBe('a b c d');
  });

  test('restForOne with c temporary: c is removed and not restarted', () => {
    const stage = new Stage();
    const [a, b, c, d] = [
      stage.worker('a'),
      stage.worker('b'),
      stage.worker('c', { restart: 'temporary' }),
      stage.worker('d'),
    ];
    stage.run({ strategy: 'restForOne', children: [a, b, c, d] });
    stage.take();

    stage.crash('b');

    expect(stage.take()).toBe('-b -d -c +b +d');
    expect(stage.children).toBe('a b d');
  });

  test('oneForAll: a temporary b that crashes stops and starts nothing', () => {
    const stage = new Stage();
    stage.run({
      strategy: 'oneForAll',
      children: [stage.worker('a'), stage.worker('b', { restart: 'temporary' }), stage.worker('c')],
    });
    stage.take();

    stage.crash('b');

    expect(stage.take()).toBe('-b');
    expect(stage.children).toBe('a c');
  });

  test.each([
    ['oneForAll', '-b -d -c -a +a +b !c -b -a +a +b +c +d'],
    ['restForOne', '-b -d -c +b !c +c +d'],
  ] as const)('%s: c does not start during the restart: %s', (strategy, happened) => {
    const stage = new Stage();
    stage.run({ strategy, ...NEVER_GIVE_UP, children: stage.workers('abcd') });
    stage.take();
    stage.failNext('c', 1);

    stage.crash('b');

    expect(stage.take()).toBe(happened);
  });

  test('S5: a child that crashes another and then itself is restarted once', () => {
    const stage = new Stage();
    stage.run({ strategy: 'restForOne', ...NEVER_GIVE_UP, children: stage.workers('ab') });
    stage.take();

    stage.ref('b')!.send({ type: 'DO', what: () => (stage.crash('a'), fail('and then I')) });

    expect(stage.take()).toBe('-a -b +a +b');
    expect(stage.children).toBe('a b');
  });
});

describe('S1: intensity', () => {
  test('one restart more than the intensity stops the rest in reverse and fails', () => {
    const stage = new Stage();
    stage.run({ intensity: 2, periodMs: 1_000, children: stage.workers('abc') });
    stage.crash('b');
    stage.crash('b');
    stage.take();

    stage.crash('b');

    expect(stage.take()).toBe('-b -c -a');
    expect(stage.errors).toMatchObject([
      { code: 'RESTARTS_EXHAUSTED', component: 'root', cause: { message: 'crash' } },
    ]);
    expect(stage.told.find(({ type }) => type === 'supervisor.escalated')).toMatchObject({ child: 'root' });
  });

  test('S1: at intensity 0 the first crash ends it', () => {
    const stage = new Stage();
    stage.run({ intensity: 0, children: stage.workers('a') });

    stage.crash('a');

    expect(stage.status).toBe('error');
  });

  test.each([
    [1_000, 'error'],
    [1_001, 'active'],
  ])('a restart %i ms after another, in a period of 1000 ms: %s', (ms, status) => {
    const stage = new Stage();
    stage.run({ intensity: 1, periodMs: 1_000, children: stage.workers('a') });
    stage.crash('a');
    stage.env.advance(ms);

    stage.crash('a');

    expect(stage.status).toBe(status);
  });

  test('S7: a failing restart counts like a crash', () => {
    const stage = new Stage();
    stage.run({ intensity: 3, periodMs: 1_000, children: stage.workers('a') });
    stage.take();
    stage.failNext('a', 5);

    stage.crash('a');

    expect(stage.take()).toBe('-a !a !a !a');
    expect(stage.status).toBe('error');
  });

  test('S11: a shutdown request is served between two attempts to start', () => {
    const stage = new Stage();
    stage.run({ ...NEVER_GIVE_UP, children: stage.workers('ab') });
    stage.take();
    stage.failNext('b', 50);
    stage.onStart('b', () => stage.shutdown());

    stage.crash('b');

    expect(stage.take()).toBe('-b !b -a');
    expect(stage.status).toBe('done');
  });

  test('S1: a supervisor that gives up is a crash to its own supervisor, which restarts it with its children', () => {
    const stage = new Stage();
    const inner = { id: 'inner', type: 'supervisor', intensity: 0, children: stage.workers('ab') } as const;
    stage.run({ ...NEVER_GIVE_UP, children: [inner] });
    stage.take();

    stage.crash('inner/a');

    expect(stage.take()).toBe('-a -b +a +b');
    expect(whichChildren(stage.root)).toMatchObject([{ id: 'inner', state: 'running', incarnation: 2, restarts: 1 }]);
  });
});

describe('S7: backoff', () => {
  const backoff = { minMs: 100, maxMs: 350, factor: 2, jitter: 0 };

  test('each restart waits longer, up to the cap, and starts anew after a life as long as the cap', () => {
    const stage = new Stage();
    stage.run({ intensity: Infinity, backoff, children: stage.workers('a') });
    const waits = [100, 200, 350, 350].map((ms) => {
      stage.crash('a');
      stage.env.advance(ms - 1);
      const before = stage.children;
      stage.env.advance(1);
      return `${before} ${stage.children}`;
    });
    expect(waits).toEqual(Array(4).fill('a(backoff) a'));
    stage.env.advance(350);

    stage.crash('a');
    stage.env.advance(100);

    expect(stage.children).toBe('a');
  });

  test('oneForOne: a sibling can crash and come back meanwhile', () => {
    const stage = new Stage();
    stage.run({ intensity: Infinity, backoff, children: stage.workers('ab') });
    stage.crash('a');
    stage.env.advance(60);

    stage.crash('b');

    stage.env.advance(40);
    expect(stage.children).toBe('a b(backoff)');
    stage.env.advance(60);
    expect(stage.children).toBe('a b');
  });

  test('restForOne: those that depend on it are stopped at once and wait with it', () => {
    const stage = new Stage();
    stage.run({ strategy: 'restForOne', intensity: 9, backoff, children: stage.workers('abc') });
    stage.take();

    stage.crash('b');

    expect(stage.children).toBe('a b(backoff) c(stopped)');
    stage.env.advance(100);
    expect(stage.take()).toBe('-b -c +b +c');
  });

  test('restForOne: when what it depends on crashes during the wait, all of them wait for that', () => {
    const stage = new Stage();
    stage.run({ strategy: 'restForOne', intensity: 9, backoff, children: stage.workers('abc') });
    stage.crash('b');
    stage.env.advance(99);
    stage.take();

    stage.crash('a');

    stage.env.advance(99);
    expect(stage.take()).toBe('-a');
    stage.env.advance(1);
    expect(stage.take()).toBe('+a +b +c');
  });

  test.each(['oneForOne', 'restForOne'] as const)(
    'S11: %s: a shutdown during the wait starts nothing and leaves no timer',
    (strategy) => {
      const stage = new Stage();
      stage.run({ strategy, intensity: 9, backoff, children: stage.workers('abc') });
      stage.crash('b');
      stage.take();

      stage.shutdown();
      stage.env.advance(10_000);

      expect(stage.take()).toMatch(/^(-c )?-a$/);
      expect([stage.status, stage.env.pendingTimers]).toEqual(['done', 0]);
    },
  );
});

describe('shutdown', () => {
  test('S9: a child that will not stop is cut off when its budget is over, and named; the next gets its own', () => {
    const stage = new Stage();
    stage.run({
      children: [stage.worker('a', { deaf: true, shutdownMs: 30 }), stage.worker('b', { deaf: true, shutdownMs: 50 })],
    });
    stage.take();

    stage.shutdown();

    stage.env.advance(49);
    expect(stage.take()).toBe('');
    stage.env.advance(1);
    expect(stage.take()).toBe('-b');
    stage.env.advance(30);
    expect(stage.take()).toBe('-a');
    expect(stage.told.at(-1)).toEqual({
      type: 'child.exited',
      child: 'root/a',
      incarnation: 1,
      reason: 'shutdown',
      error: 'cut off after 30 ms',
    });
    expect([stage.status, stage.env.pendingTimers]).toEqual(['done', 0]);
  });

  test('S3: a brutal shutdown does not ask', () => {
    const stage = new Stage();
    stage.run({ children: [stage.worker('a', { deaf: true, shutdownMs: 'brutal' })] });
    stage.take();

    stage.shutdown();

    expect([stage.take(), stage.status]).toEqual(['-a', 'done']);
  });

  test('S3: an endless budget sets no timer', () => {
    const stage = new Stage();
    stage.run({ children: [stage.worker('a', { deaf: true, shutdownMs: Infinity })] });

    stage.shutdown();

    expect([stage.children, stage.env.pendingTimers]).toEqual(['a(stopping)', 0]);
    stage.ref('a')!.send({ type: 'FINISH' });
    expect(stage.status).toBe('done');
  });

  test('a pending cut-off keeps the process alive, a backoff does not', () => {
    const stage = new Stage();
    stage.run({
      intensity: 9,
      backoff: { minMs: 10, maxMs: 10, factor: 1, jitter: 0 },
      children: [stage.worker('a', { deaf: true })],
    });
    stage.crash('a');
    expect([stage.env.pendingTimers, stage.env.keepsAlive]).toEqual([1, false]);
    stage.env.advance(10);

    stage.shutdown();

    expect([stage.env.pendingTimers, stage.env.keepsAlive]).toEqual([1, true]);
  });

  test('S9: simpleOneForOne: dynamic children stop side by side', () => {
    const stage = new Stage();
    stage.run({ strategy: 'simpleOneForOne' });
    for (const id of 'abc')
      stage.ask({
        type: 'supervisor.startChild',
        spec: resolveChildSpec(stage.worker(id, { deaf: true, shutdownMs: 50 })),
      });

    stage.shutdown();
    stage.env.advance(50);

    expect(stage.status).toBe('done');
  });

  test('S9: a nested supervisor takes its children down within their budgets', () => {
    const stage = new Stage();
    const inner = {
      id: 'inner',
      type: 'supervisor',
      children: [stage.worker('a', { deaf: true, shutdownMs: 20 })],
    } as const;
    stage.run({ children: [inner, stage.worker('z')] });
    stage.take();

    stage.shutdown();
    expect(stage.take()).toBe('-z');
    stage.env.advance(20);

    expect([stage.take(), stage.status]).toEqual(['-a', 'done']);
  });

  test('S6: a nested supervisor that is cut off takes everything below with it', () => {
    const stage = new Stage();
    const deepest = { id: 'deepest', type: 'supervisor', children: [stage.worker('a', { deaf: true })] } as const;
    const inner = {
      id: 'inner',
      type: 'supervisor',
      shutdownMs: 'brutal',
      children: [deepest, stage.worker('b')],
    } as const;
    stage.run({ children: [inner] });
    stage.take();

    stage.shutdown();

    expect([stage.take(), stage.status, stage.env.pendingTimers]).toEqual(['-b -a', 'done', 0]);
  });
});

describe('what happens while a plan waits for a slow stop', () => {
  const slow = { deaf: true, shutdownMs: 50 };

  test('S11: a child that crashes before its turn to stop is not restarted', () => {
    const stage = new Stage();
    stage.run({ children: [stage.worker('a'), stage.worker('b', slow)] });
    stage.shutdown();
    stage.take();

    stage.crash('a');
    stage.env.advance(50);

    expect([stage.take(), stage.status]).toEqual(['-a -b', 'done']);
  });

  test('S1: a supervisor that gives up still fails when it is asked to stop meanwhile', () => {
    const stage = new Stage();
    stage.run({ intensity: 0, children: [stage.worker('a', slow), stage.worker('b')] });
    stage.crash('b');

    stage.shutdown();
    stage.env.advance(50);

    expect([stage.status, stage.errors.length]).toEqual(['error', 1]);
  });

  test('S2: restForOne: a retry below does not make it forget the restart above', () => {
    const stage = new Stage();
    stage.run({
      strategy: 'restForOne',
      ...NEVER_GIVE_UP,
      children: [stage.worker('a'), stage.worker('x'), stage.worker('z', slow)],
    });
    stage.take();
    stage.failNext('x', 1);
    let starts = 0;
    stage.onStart('x', () => starts++ === 0 && stage.crash('a'));

    stage.ask({ type: 'supervisor.restartChild', id: 'x' });
    stage.env.advance(50);

    expect(stage.take()).toBe('-x -a !x -z +a +x +z');
    expect(stage.children).toBe('a x z');
  });
});

test('a machine that has no edge for supervisor.shutdown is stopped at once, not after its budget', () => {
  const stage = new Stage().run({ children: [{ id: 'a', logic: createMachine({}) }] });

  stage.shutdown();

  expect([stage.status, stage.env.pendingTimers]).toEqual(['done', 0]);
});

describe('autoShutdown', () => {
  const significant = { restart: 'transient', significant: true } as const;

  test('anySignificant: the first significant end ends the supervisor', () => {
    const stage = new Stage();
    stage.run({
      autoShutdown: 'anySignificant',
      children: [stage.worker('a', significant), stage.worker('b', significant), stage.worker('c')],
    });
    stage.take();

    stage.ref('a')!.send({ type: 'FINISH' });

    expect([stage.take(), stage.status]).toEqual(['-a -c -b', 'done']);
  });

  test('allSignificant: only the last one does', () => {
    const stage = new Stage();
    stage.run({
      autoShutdown: 'allSignificant',
      children: [stage.worker('a', significant), stage.worker('b', significant), stage.worker('c')],
    });
    stage.ref('a')!.send({ type: 'FINISH' });
    expect(stage.status).toBe('active');

    stage.ref('b')!.send({ type: 'FINISH' });

    expect(stage.status).toBe('done');
  });

  test('its own supervisor sees `shutdown`: a transient one is not restarted', () => {
    const stage = new Stage();
    const inner = {
      id: 'inner',
      type: 'supervisor',
      restart: 'transient',
      autoShutdown: 'anySignificant',
      children: [stage.worker('a', significant)],
    } as const;
    stage.run({ children: [inner] });

    stage.ref('inner/a')!.send({ type: 'FINISH' });

    expect(stage.children).toBe('inner(stopped)');
    expect(stage.told.at(-1)).toMatchObject({ child: 'root/inner', reason: 'shutdown' });
  });
});

describe('children by hand', () => {
  const start = (stage: Stage, id: string, flags = {}) =>
    stage.ask({ type: 'supervisor.startChild', spec: resolveChildSpec(stage.worker(id, flags)) });

  test('S5: a child is added, and its id is taken', () => {
    const stage = new Stage().run({});

    expect(start(stage, 'a')).toEqual([undefined]);

    expect(start(stage, 'a')).toMatchObject([{ code: 'DUPLICATE_CHILD', message: expect.stringContaining('"a"') }]);
    expect(stage.children).toBe('a');
  });

  test('S7: one that does not start is answered so, and tried again', () => {
    const stage = new Stage().run({ ...NEVER_GIVE_UP });
    stage.failNext('a', 2);

    expect(start(stage, 'a')).toMatchObject([{ code: 'START_FAILED', cause: { message: 'a does not start' } }]);

    expect(stage.take()).toBe('!a !a +a');
  });

  test('S1, S4: terminate keeps the spec and does not count; restart brings it back; delete forgets it', () => {
    const stage = new Stage();
    stage.run({ intensity: 0, children: stage.workers('ab') });

    expect(stage.ask({ type: 'supervisor.terminateChild', id: 'a' })).toEqual([undefined]);
    expect(stage.children).toBe('a(stopped) b');
    expect(stage.ask({ type: 'supervisor.restartChild', id: 'a' })).toEqual([undefined]);
    expect(stage.children).toBe('a b');
    expect(stage.ask({ type: 'supervisor.deleteChild', id: 'a' })).toMatchObject([{ code: 'ILLEGAL_TRANSITION' }]);
    stage.ask({ type: 'supervisor.terminateChild', id: 'a' });
    expect(stage.ask({ type: 'supervisor.deleteChild', id: 'a' })).toEqual([undefined]);
    expect(stage.children).toBe('b');
    expect(stage.ask({ type: 'supervisor.deleteChild', id: 'a' })).toMatchObject([{ code: 'INVALID_OPTIONS' }]);
  });

  test('S5: restart of a live child waits for its end: two incarnations never overlap', () => {
    const stage = new Stage();
    stage.run({ intensity: 0, children: [stage.worker('a', { deaf: true, shutdownMs: 20 })] });
    stage.take();

    const answers = stage.ask({ type: 'supervisor.restartChild', id: 'a' });

    expect([stage.take(), answers]).toEqual(['', []]);
    stage.env.advance(20);
    expect([stage.take(), answers]).toEqual(['-a +a', [undefined]]);
  });

  test('a slow stop of one holds up no sibling', () => {
    const stage = new Stage();
    stage.run({ children: [stage.worker('a', { deaf: true, shutdownMs: 1_000 }), stage.worker('b')] });
    stage.ask({ type: 'supervisor.terminateChild', id: 'a' });
    stage.take();

    stage.crash('b');
    start(stage, 'c');

    expect(stage.take()).toBe('-b +b +c');
  });

  test('S10: the counts are the truth', () => {
    const stage = new Stage();
    stage.run({ ...NEVER_GIVE_UP, children: [...stage.workers('abc'), { id: 'inner', type: 'supervisor' }] });
    expect(countChildren(stage.root)).toEqual({ specs: 4, active: 4, supervisors: 1, workers: 3 });

    stage.ask({ type: 'supervisor.terminateChild', id: 'a' });

    expect(countChildren(stage.root)).toEqual({ specs: 4, active: 3, supervisors: 1, workers: 3 });
  });

  test('S11: what waits when the end comes is answered, and starts nothing', () => {
    const stage = new Stage();
    stage.run({ children: [stage.worker('a', { deaf: true, shutdownMs: 20 })] });
    stage.shutdown();

    const answers = start(stage, 'b');
    stage.env.advance(20);

    expect(answers).toMatchObject([{ code: 'STOPPED' }]);
    expect(stage.take()).toBe('+a -a');
  });
});

describe('S5: incarnations', () => {
  test('an overdue budget of an earlier life does not cut off a later one', () => {
    const stage = new Stage();
    stage.run({ children: [stage.worker('a', { deaf: true })] });
    stage.crash('a');
    stage.shutdown();
    stage.take();

    stage.root.send({ type: 'supervisor.budgetOver', id: 'a', life: 1 });

    expect(stage.take()).toBe('');
  });

  test('what was sent to an incarnation that is gone is dropped', () => {
    const stage = new Stage();
    stage.run({ children: stage.workers('a') });
    const first = stage.ref('a')!;
    first.send({ type: 'CRASH' });
    stage.take();

    first.send({ type: 'CRASH' });
    stage.root.send({ type: 'supervisor.childExited', id: 'a', life: 1 });

    expect([stage.take(), stage.children]).toEqual(['', 'a']);
  });

  test('a fresh incarnation starts from the snapshot it is given', () => {
    const stage = new Stage();
    let asked = 0;
    const snapshot = () => (asked++, undefined);
    stage.run({ children: [{ ...stage.worker('a'), snapshot } as never] });

    stage.crash('a');

    expect(asked).toBe(2);
  });

  test('a snapshot function that throws is a failed start', () => {
    const stage = new Stage();
    stage.run({ children: [{ ...stage.worker('a'), snapshot: () => fail('no slot') } as never] });

    expect(stage.errors).toMatchObject([{ code: 'START_FAILED', cause: { message: 'no slot' } }]);
  });
});

describe('S8: nothing that throws gets out', () => {
  // XState throws what nobody observes in an empty stack a macrotask later; the test run itself fails when one arrives.
  test('an actor that throws, at any depth and with nobody looking', async () => {
    const stage = new Stage();
    stage.run({ children: [{ id: 'inner', type: 'supervisor', intensity: 0, children: stage.workers('a') }] });

    stage.crash('inner/a');

    await macrotask(0);
    expect(stage.children).toBe('inner');
  });

  test('a listener that throws', async () => {
    const stage = new Stage();
    stage.run({ children: stage.workers('ab') }, () => fail('listener'));

    stage.crash('a');
    stage.shutdown();

    await macrotask(0);
    expect([stage.take(), stage.status]).toEqual(['+a +b -a +a -b -a', 'done']);
  });

  test('a reply that throws is announced', () => {
    const stage = new Stage();
    stage.run({ children: stage.workers('a') });

    stage.root.send({ type: 'supervisor.terminateChild', id: 'a', reply: () => fail('reply') });

    expect(stage.told.at(-1)).toEqual({ type: 'callback.failed', callback: 'reply of root', error: 'Error: reply' });
    expect(stage.status).toBe('active');
  });

  test('a child that throws undefined', () => {
    const stage = new Stage();
    stage.run({ children: stage.workers('a') });
    stage.take();

    stage.ref('a')!.send({ type: 'DO', what: () => throwIt(undefined) });

    expect(stage.take()).toBe('-a +a');
  });
});
