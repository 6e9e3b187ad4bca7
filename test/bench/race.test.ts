/** A race between functions of the test: what it notices, never how fast they are. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, expect, test } from 'vitest';
import type { Contestant } from '../../bench/contestant.ts';
import type { Plan } from '../../bench/plan.ts';
import { race } from '../../bench/race.ts';

const PLAN: Plan = {
  rounds: 3,
  roundMs: 1,
  warmupMs: 1,
  singles: 20,
  singlesMs: 1,
  repeats: 1,
  breakers: 1,
  pairs: 1,
  requests: 1,
  operations: 1,
  weighings: 2,
};
const OURS: Contestant = { name: 'holdfast', way: 'returns', call: () => 42, expects: 42, batch: 10 };
const PEER: Contestant = { name: 'peer', way: 'resolves', call: async () => 42, expects: 42, batch: 10 };
const FLOOR: Contestant = { ...PEER, name: 'floor', isFloor: true };

beforeAll(() => {
  setFlagsFromString('--expose-gc');
  globalThis.gc = runInNewContext('gc') as typeof globalThis.gc;
});

function run(contestants: readonly Contestant[]): ReturnType<typeof race> {
  return race('a claim without a target', contestants, PLAN, () => {});
}

test('ours comes first, and its ratio is to the peers, not to the floor', async () => {
  const [ours, ...others] = await run([FLOOR, PEER, OURS]);

  expect(ours).toMatchObject({ name: 'a claim without a target', ratio: { peer: expect.any(Number) }, limit: null });
  expect(Object.keys(ours!.ratio)).toEqual(['peer']);
  expect(others.map(({ name }) => name)).toEqual([
    'a claim without a target · floor',
    'a claim without a target · peer',
  ]);
});

test('a wrong answer ends the race', async () => {
  const wrong: Contestant = { ...PEER, call: async () => 41 };

  await expect(run([OURS, wrong])).rejects.toThrow('peer: expected every answer to be 42, received 41');
});

test('a rejection with another code ends the race', async () => {
  const read = (error: Error): unknown => error.message;
  const wrong: Contestant = {
    ...PEER,
    way: 'rejects',
    call: () => Promise.reject(new Error('no')),
    expects: 'open',
    read,
  };

  await expect(run([OURS, wrong])).rejects.toThrow('peer: expected every answer to be "open", received "no"');
});

test('a call that should have been rejected ends the race', async () => {
  await expect(run([OURS, { ...PEER, way: 'rejects' }])).rejects.toThrow('expected 10 rejections, received 0');
});

test('a contestant in the wrong state after the race ends it', async () => {
  const after = (): void => {
    throw new Error('expected a closed breaker');
  };

  await expect(run([{ ...OURS, after }])).rejects.toThrow('expected a closed breaker');
});

test('the order of the contestants alternates from round to round', async () => {
  const order: string[] = [];
  const noting = (contestant: Contestant): Contestant => ({
    ...contestant,
    before: () => void (order.at(-1) !== contestant.name && order.push(contestant.name)),
  });

  await run([noting(OURS), noting(PEER)]);

  // three rounds, then each is weighed
  expect(order).toEqual(['holdfast', 'peer', 'holdfast', 'peer', 'holdfast', 'peer']);
});
