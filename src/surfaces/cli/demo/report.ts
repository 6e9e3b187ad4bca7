/** The last line of `holdfast demo --json`. Pure. Keys are only ever added: programs read it. */
import type { Journal } from './journal.ts';
import type { Outcome, OutcomeCounts, Readings } from '../../../index.ts';

export interface Report {
  readonly calls: number;
  readonly outcomes: OutcomeCounts;
  /** The last 64, oldest first. */
  readonly transitions: readonly Readings['transitions'][string][];
  /**
   * What was noticed and what was done about it, as one story, oldest first. It is the reading itself: of breakers and
   * alerts it has the last 64, of every other kind the last 24, and twenty seconds of the demo are a third of that.
   */
  readonly timeline: readonly Readings['timeline'][string][];
  /** The same apart, with all that the events say, each the last 64, oldest first. */
  readonly levels: Journal['levels'];
  readonly flags: Journal['flags'];
  readonly recoveries: Journal['recoveries'];
  readonly alerts: Journal['alerts'];
  readonly health: Pick<Readings['health'][string], 'score' | 'min' | 'status'>;
  readonly metering: Pick<Readings['metering'][string], 'recorded' | 'flushed' | 'pending' | 'dropped'>;
  readonly engine: Pick<Readings['engine'][string], 'kind' | 'threads' | 'ticks'>;
  readonly feed: {
    readonly frames: number;
    /** A real client over the socket ended with the state the server ended with. */
    readonly clientEqual: boolean;
  };
  readonly restarts: number;
  /** Of the file, with what earlier runs left in it; null without one. */
  readonly store:
    | (Pick<Readings['store'][string], 'state' | 'batches' | 'records'> & {
        /** What all tenants used. */
        readonly usage: { readonly count: number; readonly tokens: number };
      })
    | null;
}

export function report(readings: Readings, journal: Journal, feed: Report['feed']): Report {
  const { score, min, status } = readings.health['system']!;
  const { recorded, flushed, pending, dropped } = readings.metering['total']!;
  const { kind, threads, ticks } = readings.engine['self']!;
  const pipelines = Object.values(readings.pipelines);
  return {
    calls: pipelines.reduce((sum, { calls }) => sum + calls, 0),
    outcomes: pipelines.map(({ outcomes }) => outcomes).reduce(add),
    transitions: Object.values(readings.transitions),
    timeline: Object.values(readings.timeline),
    levels: journal.levels,
    flags: journal.flags,
    recoveries: journal.recoveries,
    alerts: journal.alerts,
    health: { score, min, status },
    metering: { recorded, flushed, pending, dropped },
    engine: { kind, threads, ticks },
    feed,
    restarts: Object.values(readings.children).reduce((sum, { restarts }) => sum + restarts, 0),
    store: storeOf(readings),
  };
}

function storeOf({ store, usage }: Readings): Report['store'] {
  const { self } = store;
  if (self === undefined) return null;
  const { state, batches, records } = self;
  const tenants = Object.values(usage);
  const count = tenants.reduce((sum, tenant) => sum + tenant.count, 0);
  const tokens = tenants.reduce((sum, tenant) => sum + tenant.tokens, 0);
  return { state, batches, records, usage: { count, tokens } };
}

function add(one: OutcomeCounts, other: OutcomeCounts): OutcomeCounts {
  const pairs = (Object.keys(one) as Outcome[]).map((outcome) => [outcome, one[outcome] + other[outcome]] as const);
  return Object.fromEntries(pairs) as Record<Outcome, number>;
}
