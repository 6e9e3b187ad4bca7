/**
 * How the process itself is. The real Env's `vitals`.
 *
 * The delay of the event loop is watched from the first question on, by a timer of Node's own that keeps nothing alive;
 * each answer covers the time since the one before.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Vitals } from './env.ts';

const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

let delays: ReturnType<typeof monitorEventLoopDelay> | undefined;

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
  if (delays === undefined) {
    delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delays.enable();
    return 0;
  }
  const longestMs = delays.count === 0 ? 0 : delays.max / NS_PER_MS;
  delays.reset();
  return Math.max(0, longestMs - RESOLUTION_MS);
}
