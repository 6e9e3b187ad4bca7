/**
 * What was asked for: the table of DESIGN.md, "Speed and size to reach", as literal limits, by the name of the claim.
 *
 * A ratio is ours over theirs. `p99` and `ns` are nanoseconds. A claim that is not here has no limit.
 */
import type { Limit } from './row.ts';

export interface Target {
  readonly limit: Limit | null;
  readonly stretch: Limit | null;
}

export const NO_TARGET: Target = { limit: null, stretch: null };

const MICROSECOND = 1_000;
const MILLISECOND = 1_000_000;

export const TARGETS: Readonly<Record<string, Target>> = {
  'breaker, time window': {
    limit: { p99: MICROSECOND, ratio: { cockatiel: 1, opossum: 0.5 } },
    stretch: { ratio: { cockatiel: 0.8 } },
  },
  'breaker, count window': {
    limit: { p99: MICROSECOND, ratio: { cockatiel: 1 } },
    stretch: { ratio: { cockatiel: 0.7 } },
  },
  'breaker, consecutive failures': {
    limit: { p99: MICROSECOND },
    stretch: null,
  },
  'pipeline, signal unread': {
    limit: { ratio: { cockatiel: 1 / 15, opossum: 0.7 } },
    stretch: { ratio: { cockatiel: 1 / 20 } },
  },
  'pipeline, signal read': {
    limit: { ratio: { cockatiel: 1 / 8 } },
    stretch: { ratio: { cockatiel: 1 / 12 } },
  },
  'pipeline, no timeout': {
    limit: { ratio: { cockatiel: 0.6 } },
    stretch: { ratio: { cockatiel: 0.4 } },
  },
  'pipeline, eight functions': {
    limit: { ratio: { cockatiel: 1 / 12 } },
    stretch: { ratio: { cockatiel: 1 / 15 } },
  },
  'pipeline, bytes a call': {
    limit: { ratio: { cockatiel: 1 / 8 } },
    stretch: { bytes: 640 + 400 }, // one async frame is 640
  },
  'pipeline, all around it dead': {
    limit: { p99: 5 * MILLISECOND },
    stretch: null,
  },
  'HTTP server, fetch': {
    limit: { ratio: { 'AbortSignal.timeout': 1.05 } },
    stretch: null,
  },
  'HTTP server, node:http': {
    limit: { ratio: { 'AbortSignal.timeout': 1.05 } },
    stretch: null,
  },
  'rejection while open': {
    limit: { ratio: { cockatiel: 1 / 5, opossum: 1 / 5 } },
    stretch: { ratio: { cockatiel: 1 / 8, opossum: 1 / 8 } },
  },
  'failure while closed': {
    limit: { ratio: { cockatiel: 1 } },
    stretch: null,
  },
  'metering record': {
    limit: { p99: 5 * MICROSECOND, ratio: { 'prom-client': 1 / 5, opentelemetry: 1 / 10 } },
    stretch: null,
  },
  'metering record, bound': {
    limit: { p99: 5 * MICROSECOND, ratio: { 'prom-client': 1 / 5 } },
    stretch: { ratio: { 'prom-client': 1 / 10 } },
  },
  // five million a second
  'metering, a record drained': {
    limit: { ns: 200 },
    stretch: null,
  },
  'metering flush, in the thread': {
    limit: { ns: 100 * MICROSECOND },
    stretch: null,
  },
  'scoring 100,000 slots': {
    limit: { ns: 100 * MICROSECOND, ratio: { 'the same in JS': 1 / 5 } },
    stretch: null,
  },
  'scoring 1,000,000 slots': {
    limit: null,
    stretch: { ns: MILLISECOND },
  },
  'crash and restart, 10,000 siblings': {
    limit: { ns: 100 * MICROSECOND },
    stretch: null,
  },
  'one more child, 10,000 siblings': {
    limit: { ratio: { '10 siblings': 10 } }, // O(1), caches aside: O(n) would be a thousand
    stretch: null,
  },
  'transition, nobody watches': {
    limit: { ratio: { 'never watched': 1.02 } },
    stretch: null,
  },
  'health tick, 1,000 breakers': {
    limit: { ns: 50 * MICROSECOND },
    stretch: { ns: 20 * MICROSECOND },
  },
  'health tick, 1,000 pipelines': {
    limit: { ns: 50 * MICROSECOND },
    stretch: { ns: 20 * MICROSECOND },
  },
  'health report': {
    limit: { ns: MICROSECOND },
    stretch: null,
  },
  // 100,000 of them in a second
  'idle keyed breaker': {
    limit: { bytes: 1_536, ns: 10 * MICROSECOND },
    stretch: { bytes: 300 },
  },
  '100,000 keyed breakers trip': {
    limit: { ns: 100 * MILLISECOND },
    stretch: null,
  },
  'heap, when the storm is over': {
    limit: { ratio: { 'before it': 1.05 } },
    stretch: { ratio: { 'before it': 1 } },
  },
  'memory slope, the worst operation': {
    limit: { bytes: 0.5 },
    stretch: { bytes: 0 },
  },
  // 200,000 a second
  'store, an event of a batch': {
    limit: { ns: 5 * MICROSECOND },
    stretch: null,
  },
  'store, our part of 256 events': {
    limit: { ns: 100 * MICROSECOND },
    stretch: null,
  },
  'store, our part of 100 groups': {
    limit: { ns: 100 * MICROSECOND },
    stretch: null,
  },
  'importing the package': {
    // Where the limit was set, zod alone took 41 ms of it.
    limit: { ns: 80 * MILLISECOND, ratio: { 'zod alone': 80 / 41 } },
    stretch: { ns: 50 * MILLISECOND, ratio: { 'zod alone': 50 / 41 } },
  },
};
