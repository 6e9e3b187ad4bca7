/** Time that a test moves: what only the virtual Env can promise. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createVirtualEnv } from '../../src/testing/index.ts';
import { poolCore } from '../core/fixtures/pool-core.ts';

const ENTRY = new URL('../core/fixtures/pool-entry.ts', import.meta.url);

describe('advance', () => {
  test('fires chained timers at their own instants, and ends at its own', () => {
    const env = createVirtualEnv({ seed: 1 });
    const firedAt: number[] = [];
    const tick = (): void => {
      firedAt.push(env.now());
      env.setTimer(tick, 3, false);
    };
    tick();

    env.advance(10);

    expect(firedAt).toEqual([0, 3, 6, 9]);
    expect(env.now()).toBe(10);
    expect(env.pendingTimers).toBe(1);
  });

  test('fires timers of the same instant in the order they were set, those set meanwhile last', () => {
    const env = createVirtualEnv({ seed: 1 });
    const fired: string[] = [];
    env.setTimer(() => (fired.push('a'), env.setTimer(() => fired.push('late'), 0, false)), 5, false);
    env.setTimer(() => fired.push('b'), 5, false);

    env.advance(5);

    expect(fired).toEqual(['a', 'b', 'late']);
  });

  test('any timers, set and cleared in any order, fire as a sorted list would', () => {
    const step = fc.record({ ms: fc.nat({ max: 20 }), clear: fc.nat({ max: 200 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const env = createVirtualEnv({ seed: 1 });
        const fired: number[] = [];
        const timers = steps.map(({ ms }, index) => env.setTimer(() => fired.push(index), ms, false));
        const cleared = new Set(steps.map(({ clear }) => clear));
        for (const index of cleared) if (timers[index] !== undefined) env.clearTimer(timers[index]);

        env.advance(20);

        const expected = steps.map(({ ms }, index) => ({ ms, index })).filter(({ index }) => !cleared.has(index));
        expected.sort((one, other) => one.ms - other.ms || one.index - other.index);
        expect(fired).toEqual(expected.map(({ index }) => index));
        expect(env.pendingTimers).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });

  test('runs what is deferred before time moves on, after the other timers of the instant', () => {
    const env = createVirtualEnv({ seed: 1 });
    const ran: string[] = [];
    env.setTimer(() => (ran.push('timer 1'), env.defer(() => ran.push(`deferred at ${env.now()}`))), 1, false);
    env.setTimer(() => ran.push('timer 2'), 1, false);
    env.setTimer(() => ran.push('timer 3'), 2, false);

    env.advance(2);

    expect(ran).toEqual(['timer 1', 'timer 2', 'deferred at 1', 'timer 3']);
  });

  test('to an instant of the past moves nothing', () => {
    const env = createVirtualEnv({ seed: 1 });
    env.advance(10);

    env.advanceTo(3);

    expect(env.now()).toBe(10);
  });

  test('a callback that throws loses none of the others; what it threw is thrown at the end', () => {
    const env = createVirtualEnv({ seed: 1 });
    const thrown = new Error('from a callback');
    let fired = 0;
    env.setTimer(() => fired++, 1, false);
    env.setTimer(raise(thrown), 2, false);
    env.setTimer(() => fired++, 3, false);

    expect(() => env.advance(5)).toThrow(thrown);

    expect(fired).toBe(2);
    expect(env.now()).toBe(5);
  });

  test('what several callbacks throw is thrown together', () => {
    const env = createVirtualEnv({ seed: 1 });
    const errors = [new Error('one'), new Error('two')];
    for (const error of errors) env.defer(raise(error));

    expect(() => env.turn()).toThrow(expect.objectContaining({ errors }));
  });

  test('from inside an advance is refused', () => {
    const env = createVirtualEnv({ seed: 1 });
    env.setTimer(() => env.advance(1), 1, false);

    expect(() => env.advance(2)).toThrow('expected one advance at a time');

    env.advance(1);
    expect(env.now()).toBe(3);
  });

  test('says so when time cannot move on', () => {
    const env = createVirtualEnv({ seed: 1 });
    const again = (): void => env.defer(again);
    again();

    expect(() => env.advance(1)).toThrow('expected time to move on');
  });

  test.each([NaN, Infinity])('by %d is refused', (ms) => {
    expect(() => createVirtualEnv({ seed: 1 }).advance(ms)).toThrow(`received ${ms}`);
  });
});

describe('advanceAsync', () => {
  test('lets promises run between the callbacks, as deep as they go', async () => {
    const env = createVirtualEnv({ seed: 1 });
    const seen: string[] = [];
    const wait = (ms: number): Promise<void> => new Promise((resolve) => env.setTimer(resolve, ms, true));
    const story = async (): Promise<void> => {
      for (let step = 0; step < 3; step++) {
        await wait(10);
        for (let hop = 0; hop < 20; hop++) await Promise.resolve();
        seen.push(`step ${step} at ${env.now()}`);
      }
    };
    void story();

    await env.advanceAsync(30);

    expect(seen).toEqual(['step 0 at 10', 'step 1 at 20', 'step 2 at 30']);
  });

  test('rejects with what a callback threw', async () => {
    const env = createVirtualEnv({ seed: 1 });
    env.setTimer(raise(new Error('from a callback')), 1, false);

    await expect(env.advanceAsync(1)).rejects.toThrow('from a callback');
  });
});

describe('turn', () => {
  test('runs what is deferred now and not what that defers; time stands still', () => {
    const env = createVirtualEnv({ seed: 1 });
    const ran: number[] = [];
    env.defer(() => (ran.push(1), env.defer(() => ran.push(2))));

    env.turn();
    expect(ran).toEqual([1]);
    env.turn();

    expect(ran).toEqual([1, 2]);
    expect(env.now()).toBe(0);
  });
});

test('keepsAlive is true while a ref timer or a deferred function waits, and only then', () => {
  const env = createVirtualEnv({ seed: 1 });
  env.setTimer(() => {}, 1, false);
  expect(env.keepsAlive).toBe(false);

  const ref = env.setTimer(() => {}, 1, true);
  expect(env.keepsAlive).toBe(true);
  env.clearTimer(ref);
  expect(env.keepsAlive).toBe(false);

  env.defer(() => {});
  expect(env.keepsAlive).toBe(true);
  env.turn();
  expect(env.keepsAlive).toBe(false);
});

describe('the wall clock', () => {
  test('goes with time and jumps by itself; now() does not notice', () => {
    const env = createVirtualEnv({ seed: 1 });
    const startedAt = env.wall();

    env.advance(1_500);
    env.jumpWall(-86_400_000);

    expect(env.wall()).toBe(startedAt + 1_500 - 86_400_000);
    expect(env.now()).toBe(1_500);
  });
});

describe('chance', () => {
  test('the same seed repeats itself, another does not', () => {
    const draw = (seed: number): number[] => {
      const env = createVirtualEnv({ seed });
      return Array.from({ length: 50 }, () => env.random());
    };

    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test('a draw from one stream shifts no other', () => {
    const [one, other] = [createVirtualEnv({ seed: 7 }), createVirtualEnv({ seed: 7 })];

    one.random();
    one.fork('a')();

    expect(one.fork('b')()).toBe(other.fork('b')());
    expect(one.fork('a')()).not.toBe(other.fork('b')());
  });

  test('is spread evenly: chi-squared over 64 cells stays below its 99.9 % bound', () => {
    const env = createVirtualEnv({ seed: 3 });
    const cells = Array.from({ length: 64 }, () => 0);
    const draws = 64_000;

    for (let draw = 0; draw < draws; draw++) cells[Math.floor(env.random() * 64)]! += 1;

    const chiSquared = cells.reduce((sum, count) => sum + (count - draws / 64) ** 2 / (draws / 64), 0);
    expect(chiSquared).toBeLessThan(103.4);
  });
});

describe('the virtual pool', () => {
  async function openPool(seed: number, threads: number) {
    const env = createVirtualEnv({ seed });
    const shared = new Int32Array(1);
    const pool = await env.pool({ entry: ENTRY, shared, core: poolCore, threads, onThreadLost: () => {} });
    return { env, shared, pool };
  }

  test('runs nothing before its turn, and no more at once than it has threads', async () => {
    const { env, shared, pool } = await openPool(1, 2);
    const answers = Promise.all([1, 1, 1].map((amount) => pool.run({ kind: 'add', amount })));
    const seen = [shared[0]];

    env.turn();
    seen.push(shared[0]);
    env.turn();
    seen.push(shared[0]);

    expect(seen).toEqual([0, 2, 3]);
    expect(await answers).toEqual([1, 2, 3]);
  });

  test('a task whose thread is killed is lost, with its work done for some seeds and not for others', async () => {
    const workDone = new Set<number | undefined>();
    for (let seed = 0; seed < 20; seed++) {
      const { env, shared, pool } = await openPool(seed, 1);
      const lost = pool.run({ kind: 'add', amount: 1 }).catch((error: unknown) => error);

      await pool.killThread();
      env.turn();

      expect(pool.isThreadLoss(await lost)).toBe(true);
      workDone.add(shared[0]);
    }

    expect(workDone).toEqual(new Set([0, 1]));
  });

  test('a task that waits behind a killed one is run', async () => {
    const { env, pool } = await openPool(1, 1);
    const lost = pool.run({ kind: 'echo', value: 1 }).catch((error: unknown) => error);
    const behind = pool.run({ kind: 'echo', value: 2 });

    await pool.killThread();
    env.turn();

    expect(pool.isThreadLoss(await lost)).toBe(true);
    expect(await behind).toBe(2);
  });

  test('destroy() loses the task at work and those that wait', async () => {
    const { pool } = await openPool(1, 1);
    const lost = [1, 2].map((value) => pool.run({ kind: 'echo', value }).catch((error: unknown) => error));

    await pool.destroy();

    for (const error of await Promise.all(lost)) expect(pool.isThreadLoss(error)).toBe(true);
  });
});

function raise(error: Error): () => never {
  return () => {
    throw error;
  };
}

test('the vitals are those a test has set, and at ease before', () => {
  const env = createVirtualEnv({ seed: 1 });
  expect(env.vitals().loopDelayMs).toBe(0);

  env.setVitals({ loopDelayMs: 250 });

  expect(env.vitals()).toMatchObject({ loopDelayMs: 250, heapUsedBytes: 20 * 1_048_576 });
});
