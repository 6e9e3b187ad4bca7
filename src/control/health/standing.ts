/**
 * From a score to a status that does not flutter. Pure.
 *
 * A status is left when the score is beyond its bound by 0.02, or on the other side of it for two ticks.
 */
import type { HealthStatus } from '../../core/readings.ts';

/** Where a status begins; critical is all below. In f64 throughout: as f32, 0.7 is not 0.7. */
const HEALTHY_FROM = 0.7;
const DEGRADED_FROM = 0.5;

/** Beyond these a status is left at once: its bounds and the hysteresis, as literals (0.7 − 0.02 is not 0.68). */
const LEFT_BELOW = { healthy: 0.68, degraded: 0.48, critical: -Infinity } as const;
const LEFT_ABOVE = { healthy: Infinity, degraded: 0.72, critical: 0.52 } as const;

export interface Standing {
  readonly status: HealthStatus;
  /** True when the tick before already had its score outside the status. */
  readonly isDoubted: boolean;
}

export const UNKNOWN: Standing = { status: 'unknown', isDoubted: false };

/** in  score  0…1;   null when nothing is registered */
export function nextStanding(standing: Standing, score: number | null): Standing {
  if (score === null) return UNKNOWN;
  const { status } = standing;
  const plain = plainStatus(score);
  if (plain === status || status === 'unknown') return { status: plain, isDoubted: false };
  const isClear = score <= LEFT_BELOW[status] || score >= LEFT_ABOVE[status];
  return isClear || standing.isDoubted ? { status: plain, isDoubted: false } : { status, isDoubted: true };
}

function plainStatus(score: number): 'healthy' | 'degraded' | 'critical' {
  if (score >= HEALTHY_FROM) return 'healthy';
  return score >= DEGRADED_FROM ? 'degraded' : 'critical';
}
