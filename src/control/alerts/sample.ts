/**
 * What the rules look at: one moment, as plain values. Times are since the runtime began.
 *
 * A rule of the application's own is given the same; what it does not find here it has from elsewhere.
 */
import type {
  BreakerGlance,
  ComponentReading,
  HealthReading,
  Level,
  RecoveryReading,
  Section,
} from '../../core/readings.ts';

export interface AlertSample {
  readonly atMs: number;
  readonly health: HealthReading;
  /** By kind and name, e.g. `check/disk`. */
  readonly components: Section<ComponentReading>;
  /** By component: the share of the last five minutes in which its score was not below 0.5, 0…1. */
  readonly availability: Section<number>;
  readonly breakers: Section<BreakerGlance>;
  /** By breaker, of those that are not closed: how long ago they opened, half-open spells between openings included. */
  readonly openForMs: Section<number>;
  /** By pipeline: its calls of the last minute. */
  readonly calls: Section<RecentCalls>;
  readonly recoveries: Section<RecoveryReading>;
  /** Calls that wait in all bulkheads; null where there is none. */
  readonly queueDepth: number | null;
  /** Null while nothing drives it. */
  readonly level: Level | null;
  /** Whether any pipeline has a rate limit. */
  readonly hasRateLimits: boolean;
}

/** A call a fallback answered was answered; one that was ignored, aborted or over a rate limit says nothing. */
export interface RecentCalls {
  readonly total: number;
  readonly errors: number;
  readonly rateLimited: number;
}
