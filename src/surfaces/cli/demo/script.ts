/**
 * The demo's script: what each upstream does with its n-th request. Pure, and the same on every run.
 *
 * The mortal one is dead from its 4th to its 9th second and again every half minute, so that somebody who keeps the
 * page open sees breakers open and recover again and again.
 */
import { chance } from './chance.ts';

export const UPSTREAMS = ['steady', 'flaky', 'slow', 'mortal'] as const;
export type Upstream = (typeof UPSTREAMS)[number];

export const SEED = 20_261;

const DIES_AT_MS = 4_000;
const IS_BACK_AT_MS = 9_000;
const REPEATS_EVERY_MS = 30_000;

/** What becomes of a request: an answer after a while, or a connection reset without one. */
export type Fate = { readonly status: number; readonly delayMs: number; readonly tokens: number } | 'reset';

/**
 * in      n      the upstream's running number of requests, from 0
 *         atMs   since the upstreams began to listen
 * shape   fateOf('mortal', 0, 5_000) → 'reset';   fateOf('steady', 0, 0) → { status: 200, delayMs: …, tokens: … }
 */
export function fateOf(upstream: Upstream, n: number, atMs: number): Fate {
  const seed = SEED + UPSTREAMS.indexOf(upstream);
  const luck = chance(seed, 3 * n);
  const pace = chance(seed, 3 * n + 1);
  const tokens = 20 + Math.floor(chance(seed, 3 * n + 2) * 180);
  switch (upstream) {
    case 'steady':
      return { status: luck < 0.06 ? 404 : 200, delayMs: between(2, 12, pace), tokens };
    case 'flaky':
      return { status: luck < 0.18 ? 503 : 200, delayMs: between(6, 40, pace), tokens };
    case 'slow':
      return { status: 200, delayMs: luck < 0.08 ? between(400, 900, pace) : between(40, 140, pace), tokens };
    case 'mortal':
      return isDead(atMs) ? 'reset' : { status: 200, delayMs: between(8, 30, pace), tokens };
  }
}

function isDead(atMs: number): boolean {
  const inActMs = atMs % REPEATS_EVERY_MS;
  return inActMs >= DIES_AT_MS && inActMs < IS_BACK_AT_MS;
}

function between(low: number, high: number, share: number): number {
  return Math.round(low + (high - low) * share);
}
