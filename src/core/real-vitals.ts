/**
 * How the process itself is. The real Env's `vitals`.
 *
 * The delay of the event loop is watched from the first question on, by a timer of Node's own that keeps nothing alive;
 * each answer covers the last second or two, whoever else asks meanwhile.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Vitals } from './env.ts';
import { WorstLately } from './worst-lately.ts';

const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

let watch: { readonly delays: ReturnType<typeof monitorEventLoopDelay>; readonly worst: WorstLately } | undefined;

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
  if (watch === undefined) {
    watch = { delays: monitorEventLoopDelay({ resolution: RESOLUTION_MS }), worst: new WorstLately(now) };
    watch.delays.enable();
    return 0;
  }
  const { delays, worst } = watch;
  const longestMs = delays.count === 0 ? 0 : Math.max(0, delays.max / NS_PER_MS - RESOLUTION_MS);
  return worst.read(longestMs, now, () => delays.reset());
}
