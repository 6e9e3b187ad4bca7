/**
 * What the rules look at: one moment, as plain values. Times are since the runtime began.
 *
 * A rule of the application's own is given the same, frozen; what it does not find here it has from elsewhere.
 */
import type {
  BreakerGlance,
  ChannelReading,
  ComponentReading,
  HealthReading,
  Level,
  RecoveryReading,
  Section,
  SinkReading,
} from '../../core/readings.ts';

export interface AlertSample {
  readonly atMs: number;
  readonly health: HealthReading;
  /** By kind and name, e.g. `check/disk`. */
  readonly components: Section<ComponentReading>;
  /** By component: the share of the last five minutes in which its score was not below 0.5, 0…1. */
  readonly availability: Section<number>;
  /** Those of our own ways out, to channels and sinks, are not among them. */
  readonly breakers: Section<BreakerGlance>;
  /**
   * By component, of breakers that are not closed, ours and others': how long ago they opened, half-open spells between
   * openings included. One that has waited for a call for half a minute is not there, and its next opening begins anew.
   */
  readonly openForMs: Section<number>;
  /** By component, e.g. `pipeline/quotes`, or `breaker/db` for a breaker that no pipeline has: calls of the last minute. */
  readonly calls: Section<RecentCalls>;
  readonly recoveries: Section<RecoveryReading>;
  /** The algedonic signals that are live, by name, with how much each hurts, 0…1. */
  readonly pains: Section<number>;
  readonly channels: Section<ChannelReading>;
  readonly sinks: Section<SinkReading>;
  /** Calls that wait in all bulkheads; null where there is none. */
  readonly queueDepth: number | null;
  /** Null while nothing drives it. */
  readonly level: Level | null;
  /** Whether any pipeline has a rate limit. */
  readonly hasRateLimits: boolean;
}

/**
 * A call a fallback answered was answered; one that was ignored, aborted or over a rate limit says nothing. Of a breaker
 * alone, errors are what it counted as failures, and what it turned away.
 */
export interface RecentCalls {
  readonly total: number;
  readonly errors: number;
  readonly rateLimited: number;
}
