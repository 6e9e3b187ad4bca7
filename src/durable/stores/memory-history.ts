/** The history of this process alone, bounded: what there is without a store, and while one cannot be used. */
import type { EventPayload, EventType } from '../../core/events.ts';
import type {
  Failover,
  FailoversQuery,
  HealthEntry,
  SampledHealth,
  HistoryEntry,
  HistorySpan,
  RuntimeHistory,
  Trip,
  TripsQuery,
} from './history.ts';

/** The newest so many of each: a storm of trips must not push out everything else. */
const KEPT = 1_024;

/** Written over once a ring is full; an entry is a copy of it. */
interface Item {
  n: number;
  wallMs: number;
  type: EventType | 'health.sampled';
  payload: object;
}

type Ring = 'trips' | 'samples' | 'others';

export class MemoryHistory implements RuntimeHistory {
  /** Each wraps around: adding is one store, whatever happens in a storm. */
  readonly #rings: Readonly<Record<Ring, Item[]>> = { trips: [], samples: [], others: [] };
  readonly #added: Record<Ring, number> = { trips: 0, samples: 0, others: 0 };
  #last = 0;

  transitioned(payload: EventPayload<'breaker.transitioned'>, wallMs: number): void {
    this.#add('trips', 'breaker.transitioned', payload, wallMs);
  }

  sampled(sample: SampledHealth, wallMs: number): void {
    this.#add('samples', 'health.sampled', sample, wallMs);
  }

  happened(type: EventType, payload: object, wallMs: number): void {
    this.#add('others', type, payload, wallMs);
  }

  async trips({ breaker, limit = Infinity, ...span }: TripsQuery = {}): Promise<readonly Trip[]> {
    const trips = this.#within(span, ['trips']) as readonly Trip[];
    return trips
      .filter(
        (trip) => trip.to === 'open' && trip.rule !== 'restored' && (breaker === undefined || trip.breaker === breaker),
      )
      .toReversed()
      .slice(0, limit);
  }

  async failovers({ limit = Infinity, ...span }: FailoversQuery = {}): Promise<readonly Failover[]> {
    return this.#within(span, ['others'])
      .filter((entry): entry is Failover => entry.type === 'failover.switched')
      .toReversed()
      .slice(0, limit);
  }

  async timeline(from = -Infinity, to = Infinity): Promise<readonly HistoryEntry[]> {
    return this.#within({ from, to }, ['trips', 'others']);
  }

  async health(from = -Infinity, to = Infinity): Promise<readonly HealthEntry[]> {
    return this.#within({ from, to }, ['samples']) as readonly HealthEntry[];
  }

  async *export(span: HistorySpan = {}): AsyncGenerator<string> {
    for (const entry of this.#within(span, ['trips', 'samples', 'others'])) yield JSON.stringify(entry);
  }

  #add(ring: Ring, type: Item['type'], payload: object, wallMs: number): void {
    const items = this.#rings[ring];
    const at = this.#added[ring]++ % KEPT;
    const item = items[at];
    if (item === undefined) items[at] = { n: ++this.#last, wallMs, type, payload };
    else {
      item.n = ++this.#last;
      item.wallMs = wallMs;
      item.type = type;
      item.payload = payload;
    }
  }

  #within({ from = -Infinity, to = Infinity }: HistorySpan, rings: readonly Ring[]): HistoryEntry[] {
    return rings
      .flatMap((ring) => this.#rings[ring])
      .filter(({ wallMs }) => wallMs >= from && wallMs < to)
      .toSorted((a, b) => a.n - b.n)
      .map(entryOf);
  }
}

function entryOf({ n, wallMs, type, payload }: Item): HistoryEntry {
  return { id: `m${n}`, wallMs, type, ...payload } as HistoryEntry;
}
