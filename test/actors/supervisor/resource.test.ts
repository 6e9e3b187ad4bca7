import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  resolveChildSpec,
  type ResourceScope,
  type ResourceSpec,
  type SupervisorSpec,
} from '../../../actors/supervisor/child-spec.ts';
import { fail, Stage } from './stage.ts';

/** A spec whose `stop` is checked against what its `start` gives. */
const resource = <R>(spec: ResourceSpec<R>): ResourceSpec => spec as ResourceSpec;

/** A resource whose start and stop the test settles by hand. `stage.log` has `start`, `stop 1`, `stop 2` … */
class Scripted {
  readonly stage = new Stage();
  readonly scopes: ResourceScope[] = [];
  readonly starts: PromiseWithResolvers<number>[] = [];
  readonly stops: PromiseWithResolvers<void>[] = [];

  run(shutdownMs: number | 'brutal' = 100, flags: Partial<SupervisorSpec> = {}): this {
    this.stage.run({ children: [this.spec(shutdownMs)], ...flags });
    return this;
  }

  spec(shutdownMs: number | 'brutal'): ResourceSpec {
    return resource<number>({
      id: 'db',
      shutdownMs,
      start: (scope) => {
        this.stage.log.push('start');
        this.scopes.push(scope);
        this.starts.push(Promise.withResolvers());
        return this.starts.at(-1)!.promise;
      },
      stop: (given) => {
        this.stage.log.push(`stop ${given}`);
        this.stops.push(Promise.withResolvers());
        return this.stops.at(-1)!.promise;
      },
    });
  }

  async up(): Promise<void> {
    this.starts.at(-1)!.resolve(this.starts.length);
    await turn();
  }
}

test('its supervisor is up when the start is over, and stops it when asked', async () => {
  const db = new Scripted().run();
  const phase = () => (db.stage.root.getSnapshot() as { value: string }).value;
  expect([phase(), db.stage.children]).toEqual(['starting', 'db(starting)']);
  await db.up();
  expect([phase(), db.stage.children]).toEqual(['running', 'db']);

  db.stage.shutdown();
  db.stops[0]!.resolve();
  await turn();

  expect([db.stage.take(), db.stage.status]).toEqual(['start stop 1', 'done']);
});

test('what is returned without a promise is up at once', () => {
  const stage = new Stage().run({ children: [resource({ id: 'db', start: () => 1, stop: () => {} })] });

  expect(stage.children).toBe('db');
});

describe('a start that fails', () => {
  test.each([
    ['throws', () => fail('no disk')],
    ['rejects', () => Promise.reject(new Error('no disk'))],
  ])('%s: nothing is stopped, and the supervisor has not started', async (_, start) => {
    const stage = new Stage().run({
      children: [resource<never>({ id: 'db', start, stop: () => void stage.log.push('stop') })],
    });
    await turn();

    expect(stage.errors).toMatchObject([{ code: 'START_FAILED', component: 'root/db', cause: { message: 'no disk' } }]);
    expect(stage.take()).toBe('');
  });

  test('S6: fail() before the start is over ends it, and what arrives later is stopped', async () => {
    const db = new Scripted().run();
    db.scopes[0]!.fail(new Error('gone'));
    expect(db.stage.errors).toMatchObject([{ code: 'START_FAILED' }]);

    await db.up();

    expect(db.stage.take()).toBe('start stop 1');
  });
});

describe('a failure after the start', () => {
  test('stops it before it is started again', async () => {
    const db = new Scripted().run();
    await db.up();

    db.scopes[0]!.fail(new Error('disconnected'));
    expect(db.stage.take()).toBe('start stop 1');
    db.stops[0]!.resolve();
    await turn();
    await db.up();

    expect([db.stage.take(), db.stage.children]).toEqual(['start', 'db']);
    expect(db.stage.told).toContainEqual({
      type: 'child.exited',
      child: 'root/db',
      incarnation: 1,
      reason: 'error',
      error: 'Error: disconnected',
    });
  });

  test('S9: a stop that hangs holds the restart up no longer than the budget', async () => {
    const db = new Scripted().run(100);
    await db.up();
    db.scopes[0]!.fail(new Error('disconnected'));
    db.stage.env.advance(99);
    expect(db.stage.take()).toBe('start stop 1');

    db.stage.env.advance(1);

    expect(db.stage.take()).toBe('start');
  });

  test('a stop that fails as well is announced; the exit names the failure that came first', async () => {
    const db = new Scripted().run();
    await db.up();
    db.scopes[0]!.fail(new Error('disconnected'));

    db.stops[0]!.reject(new Error('cannot close'));
    await turn();

    expect(db.stage.told).toContainEqual({
      type: 'callback.failed',
      callback: 'stop of root/db',
      error: 'Error: cannot close',
    });
    expect(db.stage.told).toContainEqual(
      expect.objectContaining({ type: 'child.exited', error: 'Error: disconnected' }),
    );
  });

  test('S5: fail() of an earlier incarnation concerns nobody', async () => {
    const db = new Scripted().run('brutal');
    await db.up();
    db.scopes[0]!.fail(new Error('first'));
    await db.up();
    db.stage.take();

    db.scopes[0]!.fail(new Error('first, again'));

    expect([db.stage.take(), db.stage.children]).toEqual(['', 'db']);
  });
});

describe('S9: shutdown', () => {
  test('during a start that hangs is bounded, and what arrives late is stopped once', async () => {
    const db = new Scripted().run(100);

    db.stage.shutdown();
    db.stage.env.advance(100);
    expect([db.stage.status, db.stage.take()]).toEqual(['done', 'start']);
    await db.up();

    expect(db.stage.take()).toBe('stop 1');
    expect(db.stage.env.pendingTimers).toBe(0);
  });

  test('during a start waits for it within the budget, and then stops it', async () => {
    const db = new Scripted().run(100);
    db.stage.shutdown();

    await db.up();

    expect([db.stage.take(), db.stage.status]).toEqual(['start stop 1', 'active']);
    db.stops[0]!.resolve();
    await turn();
    expect(db.stage.status).toBe('done');
  });

  test('during a start that then fails ends at once', async () => {
    const db = new Scripted().run(100);
    db.stage.shutdown();

    db.starts[0]!.reject(new Error('no disk'));
    await turn();

    expect(db.stage.status).toBe('done');
  });

  test('a stop that hangs is cut off after the budget, and named', async () => {
    const db = new Scripted().run(100);
    await db.up();

    db.stage.shutdown();
    db.stage.env.advance(100);

    expect(db.stage.status).toBe('done');
    expect(db.stage.told.at(-1)).toMatchObject({ child: 'root/db', error: 'cut off after 100 ms' });
    expect(db.stage.take()).toBe('start stop 1');
  });

  test.each([
    ['throws', () => fail('cannot close')],
    ['rejects', () => Promise.reject(new Error('cannot close'))],
  ])('a stop that %s ends it all the same, and is named', async (_, stop) => {
    const stage = new Stage().run({ children: [resource({ id: 'db', start: () => 1, stop })] });

    stage.shutdown();
    await turn();

    expect(stage.status).toBe('done');
    expect(stage.told.at(-1)).toMatchObject({ child: 'root/db', reason: 'error', error: 'Error: cannot close' });
  });

  test('brutal: stop is called and not awaited; its failure is announced', async () => {
    const stage = new Stage().run({
      children: [
        resource({ id: 'db', shutdownMs: 'brutal', start: () => 1, stop: () => Promise.reject(new Error('late')) }),
      ],
    });

    stage.shutdown();
    expect(stage.status).toBe('done');
    await turn();

    expect(stage.told.at(-1)).toEqual({ type: 'callback.failed', callback: 'stop of root/db', error: 'Error: late' });
  });
});

test('oneForOne: a resource whose start hangs holds up no sibling', () => {
  const stage = new Stage().run({});
  const hanging = resource({ id: 'hanging', start: () => new Promise<never>(() => {}), stop: () => {} });
  const answers = stage.ask({ type: 'supervisor.startChild', spec: resolveChildSpec(hanging) });

  stage.ask({ type: 'supervisor.startChild', spec: resolveChildSpec(stage.worker('a')) });
  stage.crash('a');

  expect([stage.children, answers]).toEqual(['hanging(starting) a', []]);
});

test('restForOne: a crash above one that is starting starts it over, and the abandoned start is stopped', async () => {
  const db = new Scripted();
  db.run('brutal', { strategy: 'restForOne', intensity: 9, children: [db.stage.worker('a'), db.spec('brutal')] });
  db.stage.take();

  db.stage.crash('a');
  db.starts[0]!.resolve(1);
  db.starts[1]!.resolve(2);
  await turn();

  expect(db.stage.take()).toBe('-a +a start stop 1');
  expect(db.stage.children).toBe('a db');
});
