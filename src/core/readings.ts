/**
 * Everything the feed, the page and the metrics show, as one value: sections of named entries.
 *
 * All of it is JSON-safe. Names come from the application, so every section is a null-prototype record: `__proto__`
 * is a key like any other.
 */
import type { BreakerState } from './breaker-state.ts';
import type { OutcomeCounts } from './outcome.ts';

export type HealthStatus = 'healthy' | 'degraded' | 'critical' | 'unknown';
/** What a health check answers. */
export type CheckAnswer = 'healthy' | 'degraded' | 'unhealthy';
/** How much of itself the application still does. */
export type Level = 'full' | 'reduced' | 'minimal' | 'emergency';
export type AlertSeverity = 'info' | 'warning' | 'critical';
export type HealthTrend = 'improving' | 'stable' | 'declining';
export type Section<T> = Readonly<Record<string, T>>;

export interface Readings {
  readonly runtime: Section<RuntimeReading>; // one entry, `self`
  readonly breakers: Section<BreakerReading>;
  readonly pipelines: Section<PipelineReading>;
  readonly health: Section<HealthReading>; // one entry, `system`
  readonly metering: Section<MeteringReading>; // one entry, `total`
  readonly usage: Section<UsageReading>; // by tenant
  readonly children: Section<ChildReading>; // by path, e.g. `root/compute/pool`
  readonly charts: Section<ChartReading>; // by the statechart's name; they never change
  readonly engine: Section<EngineReading>; // one entry, `self`
  readonly store: Section<StoreReading>; // one entry, `self`, where there is a store
  readonly transitions: Section<TransitionReading>; // the last 64, by running number
  readonly samples: Section<SampleReading>; // one a health tick, the last 120, by running number
}

export interface RuntimeReading {
  readonly name: string;
  readonly policyHash: string;
  readonly startedWallMs: number;
  /** True while a part is down for good and the rest goes on without it. */
  readonly degraded: boolean;
  /** Functions of the application that threw where nobody could be told. */
  readonly callbackFailures: number;
  /** Events nobody heard: a storm of them left no room to wait in. */
  readonly droppedEvents: number;
}

export interface BreakerReading {
  readonly state: BreakerState;
  readonly epoch: number;
  /** 0…1 by spec; null for `disabled` and `metricsOnly`, which are left out of the system's score. */
  readonly score: number | null;
  /** Failures of the window, 0…1; null before `minimumCalls`, or without a window. */
  readonly failureRate: number | null;
  readonly total: number;
  readonly failed: number;
  readonly slow: number;
  readonly notPermitted: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly p999Ms: number | null;
  /** Milliseconds until an open breaker may probe; null unless open. */
  readonly retryAfterMs: number | null;
}

export interface PipelineReading {
  readonly calls: number;
  readonly inFlight: number;
  readonly outcomes: OutcomeCounts;
  /** Rejections by code, e.g. `{ BREAKER_OPEN: 3 }`. */
  readonly rejections: Readonly<Record<string, number>>;
  /** Results that came after the caller had been released. */
  readonly late: number;
}

export interface HealthReading {
  readonly status: HealthStatus;
  /** 0…1, null when nothing is registered. */
  readonly score: number | null;
  /** The lowest score since the start. */
  readonly min: number | null;
  /** Over the last two minutes. */
  readonly trend: HealthTrend;
  /** Breakers that count: neither disabled nor only observed. */
  readonly counted: number;
  /** The deployment's governance fingerprint. */
  readonly policyHash: string;
}

export interface MeteringReading {
  readonly recorded: number;
  readonly flushed: number;
  readonly pending: number;
  readonly dropped: number;
  readonly refused: number;
}

export interface UsageReading {
  readonly count: number;
  readonly tokens: number;
  readonly latencyMeanMs: number | null;
  readonly latencyMaxMs: number | null;
  readonly scoreMean: number | null;
}

export interface ChildReading {
  readonly state: 'starting' | 'running' | 'backoff' | 'stopping' | 'stopped';
  readonly kind: 'supervisor' | 'worker';
  readonly incarnation: number;
  readonly restarts: number;
  readonly startedAtMs: number;
  /** The statechart it runs on, one of the section `charts`; null for logic that has none. */
  readonly chart: string | null;
  /** The states of its chart it is in, e.g. `["open"]`; more than one in a chart with regions, none while it is down. */
  readonly at: readonly string[];
}

export interface ChartReading {
  readonly states: readonly ChartState[];
  readonly edges: readonly ChartEdge[];
}

export interface ChartState {
  /** E.g. `open`, or `working.waiting` for a state within a state. */
  readonly path: string;
  /** The path of the state it is within; null for those on top. */
  readonly within: string | null;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** Whether it is entered first, when the chart or the state around it is. */
  readonly isInitial: boolean;
}

export interface ChartEdge {
  readonly from: string;
  /** `from` itself for an event that changes no state. */
  readonly to: string;
  /** The event's type; `after 100` for a delay, empty for an edge that waits for nothing. */
  readonly event: string;
  readonly guard: string | null;
  readonly actions: readonly string[];
}

export interface EngineReading {
  readonly kind: 'wasm';
  readonly threads: number;
  readonly ticks: number;
  /** Ticks computed on a worker; the others ran in the thread. */
  readonly workerTicks: number;
  readonly threadsLost: number;
  /** Times a task's budget was over and a thread was killed for it. */
  readonly overdue: number;
}

export interface StoreReading {
  /** `degraded`: the file cannot be used for now, and what would be in it waits in memory. */
  readonly state: 'opening' | 'ready' | 'degraded' | 'closed';
  /** What waits to be written. */
  readonly queued: number;
  /** Rows of history written by this process. */
  readonly written: number;
  /** What there was no room for while it waited. */
  readonly dropped: number;
  readonly errors: number;
  readonly lastError: string | null;
  /** Metered records that are counted, and not in the file yet. */
  readonly unsaved: number;
  /** Metered batches and records since the file began. */
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
  readonly walBytes: number;
  /** Rows that were not what was written, and were put aside. */
  readonly damaged: number;
  /** Batches that a sink did not take for so long that they were forgotten. */
  readonly undelivered: number;
  /** Files put aside by this process. */
  readonly quarantined: number;
}

export interface TransitionReading {
  readonly breaker: string;
  /** Of a keyed breaker: whose. */
  readonly key?: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly rule: string;
  readonly atMs: number;
}

export interface SampleReading {
  readonly atMs: number;
  readonly score: number | null;
  /** Outcomes of all pipelines since the sample before. */
  readonly outcomes: OutcomeCounts;
}
