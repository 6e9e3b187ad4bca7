/** The trip rules in force: those that were given, or the default one. */
import type { SlotOptions, TripCounts } from './options.ts';

const DEFAULT_FAILURE_RATE = 0.5; // as Resilience4j

export interface TripRules {
  readonly failureRate: number | undefined;
  readonly failureCount: number | undefined;
  readonly consecutiveFailures: number | undefined;
  readonly slowCallRate: number | undefined;
  readonly latency: { readonly percentile: number; readonly aboveMs: number } | undefined;
  readonly trip: ((counts: TripCounts) => boolean) | undefined;
  /** Capped to the window, where it counts calls: else the rates would be null for ever. */
  readonly minimumCalls: number;
}

export function tripRules(options: SlotOptions): TripRules {
  const { failureCount, consecutiveFailures, slowCallRate, trip } = options;
  const latency = options.latency === true ? undefined : options.latency;
  const given = [options.failureRate, failureCount, consecutiveFailures, slowCallRate, latency, trip];
  const isDefault = given.every((rule) => rule === undefined);
  return {
    failureRate: isDefault ? DEFAULT_FAILURE_RATE : options.failureRate,
    failureCount,
    consecutiveFailures,
    slowCallRate,
    latency,
    trip,
    minimumCalls: Math.min(options.minimumCalls, options.window.calls ?? Infinity),
  };
}

/** Whether a rule looks at the window at all; failures in a row are counted without one. */
export function needWindow(rules: TripRules): boolean {
  return [rules.failureRate, rules.failureCount, rules.slowCallRate, rules.latency, rules.trip].some(
    (rule) => rule !== undefined,
  );
}

/** Whether outcomes kept under one set of options mean the same under the other: then they are kept. */
export function haveSameWindow(one: SlotOptions, other: SlotOptions): boolean {
  const isNeeded = needWindow(tripRules(one));
  if (isNeeded !== needWindow(tripRules(other))) return false;
  const [a, b] = [one.window, other.window];
  return !isNeeded || (a.ms === b.ms && a.buckets === b.buckets && a.calls === b.calls);
}
