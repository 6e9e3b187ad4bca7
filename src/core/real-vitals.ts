/**
 * How the process itself is. The real Env's `vitals`.
 *
 * The delay of the event loop is watched from the first question on, by a timer of Node's own that keeps nothing alive;
 * each answer covers the last second or two, whoever else asks meanwhile.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Vitals } from './env.ts';

const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

/** What was measured in the turn before this one still counts: an answer must not depend on who asked last. */
const TURN_MS = 1_000;

let delays: ReturnType<typeof monitorEventLoopDelay> | undefined;
let turnBeganAt = 0;
let longestBeforeMs = 0;

export function realVitals(): Vitals {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  return {
    heapUsedBytes: used_heap_size,
    heapLimitBytes: heap_size_limit,
    rssBytes: process.memoryUsage.rss(),
    loopDelayMs: loopDelayMs(),
  };
}

/** The longest beyond the watch's own interval; 0 when asked for the first time. */
function loopDelayMs(): number {
  const now = performance.now();
  if (delays === undefined) {
    delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delays.enable();
    turnBeganAt = now;
    return 0;
  }
  const longestMs = delays.count === 0 ? 0 : Math.max(0, delays.max / NS_PER_MS - RESOLUTION_MS);
  const worstMs = Math.max(longestMs, longestBeforeMs);
  if (now - turnBeganAt >= TURN_MS) {
    delays.reset();
    turnBeganAt = now;
    longestBeforeMs = longestMs;
  }
  return worstMs;
}
