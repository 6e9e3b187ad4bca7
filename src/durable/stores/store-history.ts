/** What happened, from the file: also in processes before this one. Where the file cannot be used, from memory. */
import type {
  Failover,
  FailoversQuery,
  HealthEntry,
  HistoryEntry,
  HistorySpan,
  RuntimeHistory,
  Trip,
  TripsQuery,
} from './history.ts';
import { HISTORY_TABLES, type HistoryTable } from './history-tables.ts';
import type { HistoryQuery, StoredRow } from './requests.ts';
import { entryOf } from './rows.ts';

const DEFAULT_LIMIT = 1_000;
const TIMELINE_LIMIT = 10_000;
const PAGE = 1_000;
const EVENT_TABLES = HISTORY_TABLES.filter((table) => table !== 'system_health_snapshots');

export interface StoreHistoryParts {
  /** Asks the reader, when all that waited is written. throws  STORE_UNAVAILABLE */
  readonly read: (query: HistoryQuery) => Promise<readonly StoredRow[]>;
  readonly memory: RuntimeHistory;
}

export class StoreHistory implements RuntimeHistory {
  readonly #parts: StoreHistoryParts;

  constructor(parts: StoreHistoryParts) {
    this.#parts = parts;
  }

  async trips(query: TripsQuery = {}): Promise<readonly Trip[]> {
    const { breaker, limit = DEFAULT_LIMIT } = query;
    const rows = await this.#read(['circuit_breakers'], query, {
      limit,
      isNewestFirst: true,
      isTrips: true,
      ...(breaker !== undefined && { breaker }),
    });
    return (rows?.map(entryOf) as Trip[] | undefined) ?? this.#parts.memory.trips(query);
  }

  async failovers(query: FailoversQuery = {}): Promise<readonly Failover[]> {
    const { limit = DEFAULT_LIMIT } = query;
    const rows = await this.#read(['recovery_events'], query, { limit, isNewestFirst: true, event: 'failedOver' });
    return (rows?.map(entryOf) as Failover[] | undefined) ?? this.#parts.memory.failovers(query);
  }

  async timeline(from?: number, to?: number): Promise<readonly HistoryEntry[]> {
    const rows = await this.#read(EVENT_TABLES, { from, to }, { limit: TIMELINE_LIMIT });
    return rows?.map(entryOf) ?? this.#parts.memory.timeline(from, to);
  }

  async health(from?: number, to?: number): Promise<readonly HealthEntry[]> {
    const rows = await this.#read(['system_health_snapshots'], { from, to }, { limit: TIMELINE_LIMIT });
    return (rows?.map(entryOf) as HealthEntry[] | undefined) ?? this.#parts.memory.health(from, to);
  }

  /** Page after page, so that a long history is never in memory as a whole. Begun from the file, it stays with it. */
  async *export(span: HistorySpan = {}): AsyncGenerator<string> {
    let page = await this.#read(HISTORY_TABLES, span, { limit: PAGE });
    if (page === undefined) yield* this.#parts.memory.export(span);
    while (page !== undefined && page.length > 0) {
      for (const row of page) yield JSON.stringify(entryOf(row));
      const afterId = Number(page.at(-1)![1]['id']);
      page = await this.#parts.read(queryOf(HISTORY_TABLES, span, { limit: PAGE, afterId }));
    }
  }

  /** out  undefined when the file cannot be read */
  async #read(
    tables: readonly HistoryTable[],
    span: HistorySpan,
    rest: Partial<HistoryQuery> & Pick<HistoryQuery, 'limit'>,
  ): Promise<readonly StoredRow[] | undefined> {
    try {
      return await this.#parts.read(queryOf(tables, span, rest));
    } catch {
      return undefined; // the store says so itself
    }
  }
}

function queryOf(
  tables: readonly HistoryTable[],
  { from, to }: HistorySpan,
  rest: Partial<HistoryQuery> & Pick<HistoryQuery, 'limit'>,
): HistoryQuery {
  return {
    kind: 'history',
    tables,
    fromWallMs: from ?? null,
    toWallMs: to ?? null,
    afterId: 0,
    isNewestFirst: false,
    ...rest,
  };
}
