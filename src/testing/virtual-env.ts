/**
 * An Env for tests: time moves when the test moves it, chance comes from a seed, and nothing leaves the process.
 *
 *   const env = createVirtualEnv({ seed: 1 });
 *   const runtime = await createRuntime({ name: 'orders', env });
 *   await env.advanceAsync(5_000);
 *
 * What is deferred, a pool's tasks included, runs only inside `advance`, `advanceAsync` or `turn`.
 */
import type { Env, Vitals } from '../core/env.ts';
import { seededRandom } from './seeded-random.ts';
import type { VirtualTimer } from './timer-heap.ts';
import { VirtualClock } from './virtual-clock.ts';
import { VirtualDatabases } from './virtual-databases.ts';
import { virtualFiles } from './virtual-files.ts';
import { virtualFetch } from './virtual-fetch.ts';
import { VirtualNetwork } from './virtual-network.ts';
import { VirtualPool } from './virtual-pool.ts';

const MEBI = 1_048_576;
const WALL_START_MS = Date.UTC(2026, 0, 1);

export interface VirtualEnv extends Env {
  /** Move `ms` on, firing what comes due on the way. Promises run only after it; see `advanceAsync`. Throws what a callback threw, when all have run. */
  advance(ms: number): void;
  /** The same, to an instant of `now()`; one in the past moves nothing. */
  advanceTo(atMs: number): void;
  /** The same, letting every promise run before the first callback and after each. */
  advanceAsync(ms: number): Promise<void>;
  /** Run what is deferred now, time standing still. */
  turn(): void;
  /** Set the wall clock forward, or back below 0, as an administrator would. */
  jumpWall(ms: number): void;
  /** Let the process be in another state: at ease in the beginning, with a loop that is never late. */
  setVitals(changed: Partial<Vitals>): void;
  /** Let this share of every file system be free, 0…1: all of it in the beginning. */
  setFreeShare(share: number): void;
  /** A stream of random numbers of its own for `label`: a draw more from one never shifts another. */
  fork(label: string): () => number;
  /** Timers that have neither fired nor been cleared. */
  readonly pendingTimers: number;
  /** True while a real process with the same timers would go on: a `ref` timer or a deferred function waits. */
  readonly keepsAlive: boolean;
}

let envsMade = 0;

export function createVirtualEnv(options: { readonly seed: number }): VirtualEnv {
  const clock = new VirtualClock();
  const network = new VirtualNetwork();
  const databases = new VirtualDatabases(`holdfast-${++envsMade}`);
  const defer = (fn: () => void): void => clock.defer(fn);
  const fork = (label: string): (() => number) => seededRandom(options.seed, label);
  const poolRandom = fork('pool');
  let freeShare = 1;
  let wallOffsetMs = WALL_START_MS;
  let vitals: Vitals = { heapUsedBytes: 20 * MEBI, heapLimitBytes: 4_096 * MEBI, rssBytes: 60 * MEBI, loopDelayMs: 0 };

  return {
    now: () => clock.now(),
    wall: () => wallOffsetMs + Math.floor(clock.now()),
    random: fork('env'),
    setTimer: (fn, ms, ref) => clock.setTimer(fn, ms, ref),
    clearTimer: (timer) => clock.clearTimer(timer as VirtualTimer),
    defer,
    pool: async (poolOptions) => new VirtualPool(poolOptions, { defer, random: poolRandom }),
    database: (path) => databases.open(path),
    files: virtualFiles(() => freeShare),
    listen: (server, where) => network.listen(server, where),
    connect: (where, signal) => network.connect(where, signal),
    fetch: virtualFetch((where) => network.connect(where)),
    vitals: () => vitals,

    advance: (ms) => clock.advanceTo(clock.now() + ms),
    advanceTo: (atMs) => clock.advanceTo(atMs),
    advanceAsync: (ms) => clock.advanceToAsync(clock.now() + ms),
    turn: () => clock.turn(),
    jumpWall: (ms) => void (wallOffsetMs += ms),
    setVitals: (changed) => void (vitals = { ...vitals, ...changed }),
    setFreeShare: (share) => void (freeShare = share),
    fork,
    get pendingTimers() {
      return clock.pendingTimers;
    },
    get keepsAlive() {
      return clock.keepsAlive;
    },
  };
}
