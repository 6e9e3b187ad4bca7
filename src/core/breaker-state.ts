/** A breaker's states and the events that move it. Their order is the numbering of the step table. */

/** In the order of `wasm/layout.ts`: CLOSED 0 · HALF_OPEN 1 · OPEN 2 · FORCED_OPEN 3 · DISABLED 4 · METRICS_ONLY 5. */
export const BREAKER_STATES = ['closed', 'halfOpen', 'open', 'forcedOpen', 'disabled', 'metricsOnly'] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

/**
 * trip          a rule said yes (closed), or the probes failed (halfOpen)
 * probe         the open deadline has passed, or someone asked for a probe
 * recover       all probes succeeded
 * probeTimeout  a probe's result never came
 * open … observe   by hand
 */
export const BREAKER_EVENTS = [
  'trip',
  'probe',
  'recover',
  'probeTimeout',
  'open',
  'close',
  'forceOpen',
  'disable',
  'observe',
] as const;
export type BreakerEvent = (typeof BREAKER_EVENTS)[number];

/**
 * The compiled statechart: `next[state * BREAKER_EVENTS.length + event]` is the state's successor,
 * or −1 where the chart has no edge.
 */
export type StepTable = Int8Array;
