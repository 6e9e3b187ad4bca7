/** How often a supervisor may restart before it gives up. Pure; after OTP's `supervisor:add_restart/1`. */
export interface Intensity {
  /** Restarts within `periodMs` that are still fine: an integer of at least 0, or Infinity to never give up. */
  readonly intensity: number;
  readonly periodMs: number;
}

/**
 * Count one more restart.
 *
 * in      restarts   the instants counted so far, the oldest first;   nowMs   monotonic
 * out     those that still count, and whether they are too many. A restart exactly `periodMs` old counts.
 * shape   ([0, 900], 1000, { intensity: 2, periodMs: 1000 }) → { restarts: [0, 900, 1000], exceeded: true }
 *         ([0, 900], 1001, { intensity: 2, periodMs: 1000 }) → { restarts: [900, 1001], exceeded: false }
 */
export function countRestart(
  restarts: readonly number[],
  nowMs: number,
  { intensity, periodMs }: Intensity,
): { readonly restarts: readonly number[]; readonly exceeded: boolean } {
  if (intensity === Infinity) return { restarts, exceeded: false }; // nothing to remember, however long it goes on
  const recent = restarts.filter((at) => at >= nowMs - periodMs);
  recent.push(nowMs);
  return { restarts: recent, exceeded: recent.length > intensity };
}
