/**
 * From a score to a status that does not flutter. Pure.
 *
 * A status is left when the score is beyond its bound by the hysteresis, or on the other side of it for two ticks.
 */
import type { HealthStatus } from '../../core/readings.ts';

/** Where a status begins; critical is all below. In f64 throughout: as f32, 0.7 is not 0.7. */
const HEALTHY_FROM = 0.7;
const DEGRADED_FROM = 0.5;

/** Beyond these a status is left at once. */
export interface Bounds {
  readonly below: Readonly<Record<KnownStatus, number>>;
  readonly above: Readonly<Record<KnownStatus, number>>;
}
type KnownStatus = Exclude<HealthStatus, 'unknown'>;

/** shape  boundsOf(0.02).below.healthy → 0.68 */
export function boundsOf(hysteresis: number): Bounds {
  return {
    below: {
      healthy: decimal(HEALTHY_FROM - hysteresis),
      degraded: decimal(DEGRADED_FROM - hysteresis),
      critical: -Infinity,
    },
    above: {
      healthy: Infinity,
      degraded: decimal(HEALTHY_FROM + hysteresis),
      critical: decimal(DEGRADED_FROM + hysteresis),
    },
  };
}

/** The number a person would write: 0.7 − 0.02 is not 0.68. */
function decimal(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}

export interface Standing {
  readonly status: HealthStatus;
  /** True when the tick before already had its score outside the status. */
  readonly isDoubted: boolean;
}

export const UNKNOWN: Standing = { status: 'unknown', isDoubted: false };

/** in  score  0…1;   null when nothing is registered */
export function nextStanding(standing: Standing, score: number | null, { below, above }: Bounds): Standing {
  if (score === null) return UNKNOWN;
  const { status } = standing;
  const plain = plainStatus(score);
  if (plain === status || status === 'unknown') return { status: plain, isDoubted: false };
  const isClear = score <= below[status] || score >= above[status];
  return isClear || standing.isDoubted ? { status: plain, isDoubted: false } : { status, isDoubted: true };
}

/** Without a memory: what one component's score says of it. */
export function statusOf(score: number | null): HealthStatus {
  return score === null ? 'unknown' : plainStatus(score);
}

function plainStatus(score: number): KnownStatus {
  if (score >= HEALTHY_FROM) return 'healthy';
  return score >= DEGRADED_FROM ? 'degraded' : 'critical';
}
