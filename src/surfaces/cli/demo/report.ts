/** The last line of `holdfast demo --json`. Pure. Keys are only ever added: programs read it. */
import type { Outcome, OutcomeCounts, Readings } from '../../../index.ts';

export interface Report {
  readonly calls: number;
  readonly outcomes: OutcomeCounts;
  /** The last 64, oldest first. */
  readonly transitions: readonly Readings['transitions'][string][];
  /** By service, what is under way and what ended last. */
  readonly recoveries: Readings['recoveries'];
  readonly health: Pick<Readings['health'][string], 'score' | 'min' | 'status'>;
  readonly metering: Pick<Readings['metering'][string], 'recorded' | 'flushed' | 'pending' | 'dropped'>;
  readonly engine: Pick<Readings['engine'][string], 'kind' | 'threads' | 'ticks'>;
  readonly feed: {
    readonly frames: number;
    /** A real client over the socket ended with the state the server ended with. */
    readonly clientEqual: boolean;
  };
  readonly restarts: number;
}

export function report(readings: Readings, feed: Report['feed']): Report {
  const { score, min, status } = readings.health['system']!;
  const { recorded, flushed, pending, dropped } = readings.metering['total']!;
  const { kind, threads, ticks } = readings.engine['self']!;
  const pipelines = Object.values(readings.pipelines);
  return {
    calls: pipelines.reduce((sum, { calls }) => sum + calls, 0),
    outcomes: pipelines.map(({ outcomes }) => outcomes).reduce(add),
    transitions: Object.values(readings.transitions),
    recoveries: readings.recoveries,
    health: { score, min, status },
    metering: { recorded, flushed, pending, dropped },
    engine: { kind, threads, ticks },
    feed,
    restarts: Object.values(readings.children).reduce((sum, { restarts }) => sum + restarts, 0),
  };
}

function add(one: OutcomeCounts, other: OutcomeCounts): OutcomeCounts {
  const pairs = (Object.keys(one) as Outcome[]).map((outcome) => [outcome, one[outcome] + other[outcome]] as const);
  return Object.fromEntries(pairs) as Record<Outcome, number>;
}
