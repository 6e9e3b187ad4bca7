/** Deadlines by level: who enters a list leaves it, however the call ends and whatever the level is by then. */
import { expect, test } from 'vitest';
import type { DeadlineNode } from '../../src/hotpath/deadline-list.ts';
import { Deadlines } from '../../src/hotpath/deadlines.ts';
import { Corridor } from '../../src/policies/corridor.ts';
import { LeveledDeadlines } from '../../src/policies/timeout/leveled-deadlines.ts';
import { createVirtualEnv } from '../../src/testing/virtual-env.ts';

function rig() {
  const env = createVirtualEnv({ seed: 1 });
  const lists = new Deadlines(env, (error) => {
    throw error;
  });
  const leveled = new LeveledDeadlines(lists.listFor(1_000));
  const inside = new Set<DeadlineNode>();
  const deadlines = {
    add: (node: DeadlineNode, nowMs: number) => {
      inside.add(node);
      leveled.add(node, nowMs);
    },
    remove: (node: DeadlineNode) => {
      inside.delete(node);
      leveled.remove(node);
    },
    durationMsOf: (node: DeadlineNode) => leveled.durationMsOf(node),
  };
  const corridor = new Corridor('stock', { env, deadlines, vote: () => 'failure' });
  return { env, lists, leveled, inside, corridor };
}

const GIVEN = { signal: undefined, tenant: undefined, idempotent: true, priority: 'normal' } as never;

test.each(['success', 'failure', 'timeout', 'aborted'] as const)(
  'an attempt that ends by %s after the level has changed is remembered no longer, and leaves no timer',
  async (ending) => {
    const { env, lists, leveled, inside, corridor } = rig();
    const caller = new AbortController();
    const answer = Promise.withResolvers<string>();
    const given = { ...(GIVEN as object), signal: caller.signal } as never;
    const ended = corridor.make(() => answer.promise, given).catch(({ message }: Error) => message);
    expect(inside.size).toBe(1);
    leveled.current = lists.listFor(5);

    if (ending === 'success') answer.resolve('42');
    else if (ending === 'failure') answer.reject(new Error('no'));
    else if (ending === 'aborted') caller.abort(new Error('gone'));
    await env.advanceAsync(ending === 'timeout' ? 1_000 : 0);
    await env.advanceAsync(0);

    expect(await ended).toBe(
      {
        success: '42',
        failure: 'no',
        aborted: 'gone',
        timeout: '"stock": expected a result within 1000 ms, received none',
      }[ending],
    );
    expect(corridor.counts.reading().outcomes[ending]).toBe(1);
    expect([inside.size, env.keepsAlive]).toEqual([0, false]);
  },
);
