import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeadlineEnv, DeadlineNode } from '../../src/hotpath/deadline-list.ts';
import { Deadlines } from '../../src/hotpath/deadlines.ts';
import { createVirtualEnv, type VirtualEnv } from '../../src/testing/index.ts';

class Call implements DeadlineNode {
  deadlineAt = 0;
  previous: DeadlineNode | null = null;
  next: DeadlineNode | null = null;
  readonly onDeadline: () => void;

  constructor(onDeadline: () => void = () => {}) {
    this.onDeadline = onDeadline;
  }
}

/** An event loop turned by hand: unlike the virtual Env, it may be late or early. */
class Loop implements DeadlineEnv {
  timerMs = Infinity;
  #nowMs = 0;
  #timer: () => void = () => {};
  #deferred: (() => void)[] = [];

  readonly now = (): number => this.#nowMs;
  readonly clearTimer = (): void => {};
  readonly defer = (fn: () => void): void => void this.#deferred.push(fn);
  readonly setTimer = (fn: () => void, ms: number): object => {
    this.#timer = fn;
    this.timerMs = ms;
    return fn;
  };

  fireTimerAt(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#timer();
  }

  turnAt(nowMs: number): void {
    this.#nowMs = nowMs;
    for (const fn of this.#deferred.splice(0)) fn();
  }
}

interface Bench {
  readonly env: VirtualEnv;
  readonly deadlines: Deadlines;
  readonly errors: unknown[];
}

function setUp(): Bench {
  const env = createVirtualEnv({ seed: 1 });
  const errors: unknown[] = [];
  return { env, errors, deadlines: new Deadlines(env, (error) => errors.push(error)) };
}

describe('a deadline', () => {
  test('is called once, at its instant and not before', () => {
    const { env, deadlines } = setUp();
    const calledAt: number[] = [];
    deadlines.listFor(100).add(new Call(() => calledAt.push(env.now())), env.now());

    env.advance(99.9);
    expect(calledAt).toEqual([]);
    env.advance(500);

    expect(calledAt).toEqual([100]);
  });

  test('that was removed is never called', () => {
    const { env, deadlines } = setUp();
    let called = false;
    const call = new Call(() => (called = true));
    const list = deadlines.listFor(100);
    list.add(call, env.now());

    env.advance(50);
    list.remove(call);
    env.advance(500);

    expect(called).toBe(false);
  });

  test('of a call whose result is read in the turn after the timer is not called: the result was there in time', () => {
    const { env, deadlines } = setUp();
    let called = false;
    const call = new Call(() => (called = true));
    const list = deadlines.listFor(100);
    env.setTimer(() => env.defer(() => list.remove(call)), 100, false); // the result, deferred before the verdict
    list.add(call, env.now());

    env.advance(200);

    expect(called).toBe(false);
  });

  test('that passes between the timer and the verdict gets a turn of its own', () => {
    const called: string[] = [];
    const loop = new Loop();
    const list = new Deadlines(loop, () => {}).listFor(100);
    list.add(new Call(() => called.push('first')), 0);
    list.add(new Call(() => called.push('second')), 0.5);

    loop.fireTimerAt(100);
    loop.turnAt(100.5);
    expect(called).toEqual(['first']);

    loop.fireTimerAt(100.5);
    expect(called).toEqual(['first']);
    loop.turnAt(100.6);
    expect(called).toEqual(['first', 'second']);
  });

  test('whose timer comes early is waited for', () => {
    const called: string[] = [];
    const loop = new Loop();
    new Deadlines(loop, () => {}).listFor(100).add(new Call(() => called.push('now')), 0);

    loop.fireTimerAt(99.25);
    loop.turnAt(99.5);
    expect(called).toEqual([]);
    expect(loop.timerMs).toBe(0.75);

    loop.fireTimerAt(100);
    loop.turnAt(100);
    expect(called).toEqual(['now']);
  });

  test('of a removed node can be set again, in the same list or another', () => {
    const { env, deadlines } = setUp();
    const calledAt: number[] = [];
    const call = new Call(() => calledAt.push(env.now()));
    const [short, long] = [deadlines.listFor(10), deadlines.listFor(100)];
    short.add(call, 0);
    short.remove(call);
    long.add(call, 0);

    env.advance(1_000);

    expect(calledAt).toEqual([100]);
    expect(call).toMatchObject({ previous: null, next: null });
  });

  test('may set another from inside its call', () => {
    const { env, deadlines } = setUp();
    const calledAt: number[] = [];
    const list = deadlines.listFor(100);
    const second = new Call(() => calledAt.push(env.now()));
    const first = new Call(() => list.add(second, env.now()));
    list.add(first, 0);

    env.advance(150);
    expect(env.pendingTimers).toBe(1);
    env.advance(1_000);

    expect(calledAt).toEqual([200]);
  });

  test('may remove its neighbour from inside its call', () => {
    const { env, deadlines } = setUp();
    let called = false;
    const list = deadlines.listFor(100);
    const neighbour = new Call(() => (called = true));
    list.add(new Call(() => list.remove(neighbour)), 0);
    list.add(neighbour, 0);

    env.advance(1_000);

    expect(called).toBe(false);
  });

  test('that throws stops none of the others and is reported', () => {
    const { env, deadlines, errors } = setUp();
    const thrown = new Error('from onDeadline');
    const called: number[] = [];
    const list = deadlines.listFor(100);
    list.add(new Call(() => called.push(1)), 0);
    list.add(
      new Call(() => {
        throw thrown;
      }),
      0,
    );
    list.add(new Call(() => called.push(3)), 0);

    env.advance(100);

    expect(called).toEqual([1, 3]);
    expect(errors).toEqual([thrown]);
  });
});

describe('a list', () => {
  test('has one timer, whatever it holds, and it is a ref timer', () => {
    const { env, deadlines } = setUp();
    const list = deadlines.listFor(100);

    for (let n = 0; n < 1_000; n++) list.add(new Call(), 0);

    expect(env.pendingTimers).toBe(1);
    expect(env.keepsAlive).toBe(true);
  });

  test('that became empty lets the process end after one deferred look', () => {
    const { env, deadlines } = setUp();
    const list = deadlines.listFor(100);
    const call = new Call();
    for (let n = 0; n < 10; n++) {
      list.add(call, 0);
      list.remove(call);
    }
    expect(env.pendingTimers).toBe(1);

    env.turn();

    expect(env.pendingTimers).toBe(0);
    expect(env.keepsAlive).toBe(false);
    expect(list.isIdle).toBe(true);
  });

  test('that is filled again before the look keeps its timer', () => {
    const { env, deadlines } = setUp();
    const calledAt: number[] = [];
    const list = deadlines.listFor(100);
    const gone = new Call();
    list.add(gone, 0);
    list.remove(gone);
    list.add(new Call(() => calledAt.push(env.now())), 0);

    env.turn();
    expect(env.pendingTimers).toBe(1);
    env.advance(100);

    expect(calledAt).toEqual([100]);
  });

  test('whose head left early waits for the rest of the next one', () => {
    const { env, deadlines } = setUp();
    const calledAt: number[] = [];
    const list = deadlines.listFor(100);
    const head = new Call();
    list.add(head, 0);
    env.advance(40);
    list.add(new Call(() => calledAt.push(env.now())), env.now());
    list.remove(head);

    env.advance(1_000);

    expect(calledAt).toEqual([140]);
  });

  test('removing a node that is in no list is nothing', () => {
    const { env, deadlines } = setUp();
    let called = false;
    const list = deadlines.listFor(100);
    list.add(new Call(() => (called = true)), 0);

    list.remove(new Call());
    env.advance(100);

    expect(called).toBe(true);
  });

  test('removing a node twice harms none of its old neighbours', () => {
    const { env, deadlines } = setUp();
    const called: string[] = [];
    const list = deadlines.listFor(100);
    const [first, second, third, fourth] = ['first', 'second', 'third', 'fourth'].map(
      (name) => new Call(() => called.push(name)),
    ) as [Call, Call, Call, Call];
    for (const call of [first, second, third]) list.add(call, 0);

    for (const call of [second, first, second]) list.remove(call);
    list.add(fourth, 0);
    env.advance(1_000);

    expect(called).toEqual(['third', 'fourth']);
  });

  test('a node that is added again goes to the end and brings nobody along', () => {
    const { env, deadlines } = setUp();
    const called: string[] = [];
    const list = deadlines.listFor(100);
    const [first, second] = [new Call(() => called.push('first')), new Call(() => called.push('second'))];
    for (const call of [first, second]) list.add(call, 0);

    list.remove(first);
    list.add(first, 0);
    env.advance(1_000);

    expect(called).toEqual(['second', 'first']);
    expect(list.isIdle).toBe(true);
  });

  test('equals a plain array of deadlines under any adds, removals and steps of time', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), ms: fc.constantFrom(5, 10, 30) }),
      fc.record({ kind: fc.constant('remove' as const), which: fc.nat({ max: 40 }) }),
      fc.record({ kind: fc.constant('advance' as const), ms: fc.nat({ max: 12 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { env, deadlines } = setUp();
        const fired: string[] = [];
        const expected: string[] = [];
        const calls: { call: Call; ms: number; dueAt: number; open: boolean }[] = [];
        for (const each of steps) {
          if (each.kind === 'add') {
            const name = calls.length;
            const call = new Call(() => fired.push(`${name} at ${env.now()}`));
            deadlines.listFor(each.ms).add(call, env.now());
            calls.push({ call, ms: each.ms, dueAt: env.now() + each.ms, open: true });
          } else if (each.kind === 'remove') {
            const known = calls[each.which];
            if (known === undefined) continue;
            deadlines.listFor(known.ms).remove(known.call);
            known.open = false;
          } else {
            env.advance(each.ms);
            for (const [name, known] of calls.entries()) {
              if (!known.open || known.dueAt > env.now()) continue;
              known.open = false;
              expected.push(`${name} at ${known.dueAt}`);
            }
          }
          expect(fired.toSorted()).toEqual(expected.toSorted());
        }
        for (const { call, ms } of calls) deadlines.listFor(ms).remove(call);
        env.advance(100);
        expect(fired).toHaveLength(expected.length);
        expect(env.keepsAlive).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the lists of many durations', () => {
  test('calls of one duration share one list', () => {
    const { deadlines } = setUp();

    expect(deadlines.listFor(100)).toBe(deadlines.listFor(100));
    expect(deadlines.listFor(100)).not.toBe(deadlines.listFor(101));
  });

  test('idle lists make room: durations without end cost no more than the bound', () => {
    const { deadlines } = setUp();

    for (let durationMs = 1; durationMs <= 10_000; durationMs++) deadlines.listFor(durationMs);

    expect(deadlines.listFor(10_000)).toBe(deadlines.listFor(10_000));
    expect(deadlines.listFor(10_001)).toBe(deadlines.listFor(10_001));
  });

  test('beyond the bound of busy lists a caller gets one of its own, which works', () => {
    const { env, deadlines } = setUp();
    let called = 0;
    const add = (durationMs: number): void => deadlines.listFor(durationMs).add(new Call(() => called++), env.now());
    for (let durationMs = 1; durationMs <= 1_024; durationMs++) add(durationMs);

    add(2_000);
    add(2_000);
    expect(env.pendingTimers).toBe(1_024 + 2);
    env.advance(2_000);

    expect(called).toBe(1_026);
  });

  test('a list that was forgotten goes on for who holds it', () => {
    const { env, deadlines } = setUp();
    const held = deadlines.listFor(0.5);
    for (let durationMs = 1; durationMs <= 2_000; durationMs++) deadlines.listFor(durationMs);
    let called = false;

    held.add(new Call(() => (called = true)), 0);
    env.advance(1);

    expect(deadlines.listFor(0.5)).not.toBe(held);
    expect(called).toBe(true);
  });
});
