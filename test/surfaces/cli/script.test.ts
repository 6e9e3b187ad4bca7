import { expect, test } from 'vitest';
import { chance } from '../../../src/surfaces/cli/demo/chance.ts';
import { PIPELINES, planCall } from '../../../src/surfaces/cli/demo/plan-call.ts';
import { fateOf, type Upstream } from '../../../src/surfaces/cli/demo/script.ts';

const requests = Array.from({ length: 1_000 }, (_, n) => n);

function fates(upstream: Upstream, atMs: number) {
  return requests.map((n) => fateOf(upstream, n, atMs));
}

function share(upstream: Upstream, atMs: number, holds: (fate: ReturnType<typeof fateOf>) => boolean): number {
  return fates(upstream, atMs).filter(holds).length / requests.length;
}

test('the first numbers of a seed never change', () => {
  expect([0, 1, 2, 3].map((n) => Math.floor(chance(20_261, n) * 1_000))).toEqual([643, 311, 913, 542]);
});

test('the n-th request of an upstream meets the same fate on every run', () => {
  expect(fateOf('flaky', 0, 0)).toEqual({ status: 200, delayMs: 20, tokens: 148 });
  expect(fates('slow', 0)).toEqual(fates('slow', 12_345));
});

test('the mortal upstream is dead from its 4th to its 9th second, and again half a minute later', () => {
  const dead = (atMs: number): boolean => fateOf('mortal', 7, atMs) === 'reset';

  expect([3_999, 4_000, 8_999, 9_000].map(dead)).toEqual([false, true, true, false]);
  expect([33_999, 34_000, 38_999, 39_000].map(dead)).toEqual([false, true, true, false]);
});

test('each upstream has its own trouble, and about as much of it as it should', () => {
  expect(share('steady', 0, (fate) => fate !== 'reset' && fate.status === 404)).toBeCloseTo(0.06, 1);
  expect(share('steady', 0, (fate) => fate === 'reset' || fate.status >= 500)).toBe(0);
  expect(share('flaky', 0, (fate) => fate !== 'reset' && fate.status === 503)).toBeCloseTo(0.18, 1);
  expect(share('slow', 0, (fate) => fate !== 'reset' && fate.delayMs >= 400)).toBeCloseTo(0.08, 1);
  expect(share('mortal', 0, (fate) => fate !== 'reset' && fate.status === 200)).toBe(1);
});

test('every pipeline gets calls within the first second, and only who searches walks away', () => {
  const firstSecond = requests.slice(0, 60).map(planCall);

  expect(new Set(firstSecond.map(({ pipeline }) => pipeline))).toEqual(new Set(PIPELINES));
  const leaving = requests.map(planCall).filter(({ abandonAfterMs }) => abandonAfterMs !== null);
  expect(new Set(leaving.map(({ pipeline }) => pipeline))).toEqual(new Set(['search']));
});

test('four tenants call, each with a tier of its own', () => {
  const tiers = new Map(requests.map(planCall).map(({ tenant, tier }) => [tenant, tier]));

  expect(Object.fromEntries(tiers)).toEqual({
    harbour: 'gold',
    orchard: 'standard',
    lighthouse: 'standard',
    quarry: 'trial',
  });
});
