/** What happened, for those who ask afterwards: the same questions to a store and to memory. */
import type { EventPayload, EventType } from '../../core/events.ts';
import type { HealthReading } from '../../core/readings.ts';

/** What is remembered of each health tick, beside the events. */
export type SampledHealth = Pick<HealthReading, 'status' | 'score' | 'trend' | 'counted'>;

interface Remembered {
  /** The same for ever: `e17` in a store, `m17` in memory. */
  readonly id: string;
  /** Milliseconds since 1970, by the wall clock of the runtime. */
  readonly wallMs: number;
}

export type HistoryEntry<T extends EventType = EventType> =
  | { readonly [K in T]: Remembered & { readonly type: K } & EventPayload<K> }[T]
  | HealthEntry;

export type Trip = Remembered & { readonly type: 'breaker.transitioned' } & EventPayload<'breaker.transitioned'>;
export type Failover = Remembered & { readonly type: 'failover.switched' } & EventPayload<'failover.switched'>;

/** In milliseconds since 1970; `from` is in, `to` is out. Default: all there is. */
export interface HistorySpan {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface TripsQuery extends HistorySpan {
  readonly breaker?: string | undefined;
  /** The newest so many. Default: 1,000. */
  readonly limit?: number | undefined;
}

export type FailoversQuery = Omit<TripsQuery, 'breaker'>;

export type HealthEntry = Remembered & { readonly type: 'health.sampled' } & SampledHealth;

export interface RuntimeHistory {
  /**
   * Openings of breakers, newest first; one that a start takes up again is none.
   *
   * throws  INVALID_OPTIONS · STOPPED
   */
  trips(query?: TripsQuery): Promise<readonly Trip[]>;
  /** Switches to another provider, newest first. throws  as `trips` */
  failovers(query?: FailoversQuery): Promise<readonly Failover[]>;
  /** Everything but the health samples, oldest first, at most 10,000 entries. throws  as `trips` */
  timeline(from?: number, to?: number): Promise<readonly HistoryEntry[]>;
  /** What each health tick came to, oldest first, at most 10,000 of them. throws  as `trips` */
  health(from?: number, to?: number): Promise<readonly HealthEntry[]>;
  /** Everything, oldest first, an entry of JSON a line; what happens while it runs is in it or not. throws  as `trips` */
  export(span?: HistorySpan): AsyncIterable<string>;
}
