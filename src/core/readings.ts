/**
 * Everything the feed, the page and the metrics show, as one value: sections of named entries.
 *
 * All of it is JSON-safe. Names come from the application, so every section is a null-prototype record: `__proto__`
 * is a key like any other.
 */
import type { AlertState } from './alert-state.ts';
import type { BreakerState } from './breaker-state.ts';
import type { OutcomeCounts } from './outcome.ts';
import type { RecoveryState, RecoveryStrategy } from './recovery-state.ts';

export type HealthStatus = 'healthy' | 'degraded' | 'critical' | 'unknown';
/** What a health check answers. */
export type CheckAnswer = 'healthy' | 'degraded' | 'unhealthy';
/** How much of itself the application still does. */
export type Level = 'full' | 'reduced' | 'minimal' | 'emergency';
/** Where a component's health comes from. */
export type ComponentKind = 'breaker' | 'foreign' | 'check' | 'signal' | 'supervisor';
export type AlertSeverity = 'info' | 'warning' | 'critical';
export type HealthTrend = 'improving' | 'stable' | 'declining';
export type Section<T> = Readonly<Record<string, T>>;

export interface Readings {
  readonly runtime: Section<RuntimeReading>; // one entry, `self`
  readonly breakers: Section<BreakerReading>;
  readonly pipelines: Section<PipelineReading>;
  readonly health: Section<HealthReading>; // one entry, `system`
  readonly components: Section<ComponentReading>; // by kind and name, e.g. `check/disk`
  readonly degradation: Section<DegradationReading>; // one entry, `self`
  readonly flags: Section<FlagReading>; // features, by name
  readonly limits: Section<LimitReading>; // by name
  readonly metering: Section<MeteringReading>; // one entry, `total`
  readonly usage: Section<UsageReading>; // by tenant
  readonly children: Section<ChildReading>; // by path, e.g. `root/compute/pool`
  readonly charts: Section<ChartReading>; // by the statechart's name; they never change
  readonly engine: Section<EngineReading>; // one entry, `self`
  readonly recoveries: Section<RecoveryReading>; // by service
  readonly providers: Section<ProvidersReading>; // by component
  readonly store: Section<StoreReading>; // one entry, `self`, where there is a store
  readonly alerts: Section<AlertReading>; // by id: those that hold, and the last 64 that did
  readonly alerting: Section<AlertingReading>; // one entry, `self`
  readonly transitions: Section<TransitionReading>; // the last 64, by running number
  readonly timeline: Section<HappeningReading>; // what happened lately, by running number, the oldest first
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
  /** When it came into its state. An instant, not a duration: what does not change costs the feed nothing. */
  readonly stateSinceMs: number;
  /** Failures of the window, 0…1; null before `minimumCalls`, or without a window. */
  readonly failureRate: number | null;
  /** Slow ones of the window, 0…1; null as above. */
  readonly slowCallRate: number | null;
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
  /** The last failure that counted; null when there was none since it was made, or reset. */
  readonly lastFailure: FailureReading | null;
}

/** What alerts look at of a breaker. */
export interface BreakerGlance extends Pick<BreakerReading, 'state' | 'stateSinceMs' | 'retryAfterMs' | 'p95Ms'> {
  /** Whether a probe is under way. */
  readonly isProbing: boolean;
  /** Its calls so far; null where a pipeline counts them, and of a keyed one. */
  readonly calls: { readonly success: number; readonly failure: number; readonly notPermitted: number } | null;
}

export interface FailureReading {
  readonly atMs: number;
  /** Its kind, never its message, which may hold a secret: `TypeError`, `ECONNREFUSED`, or null where none was told. */
  readonly error: string | null;
}

/** A breaker of `circuitHealth()`. */
export interface CircuitReading extends BreakerReading {
  readonly inStateMs: number;
}

export interface PipelineReading {
  readonly calls: number;
  readonly inFlight: number;
  readonly outcomes: OutcomeCounts;
  /** Rejections by code, e.g. `{ BREAKER_OPEN: 3 }`. */
  readonly rejections: Readonly<Record<string, number>>;
  /** Results that came after the caller had been released. */
  readonly late: number;
  readonly policies: PoliciesReading;
}

/** What a pipeline's policies did, or are busy with; all of a kind together, where several stand in it. */
export interface PoliciesReading {
  /** Attempts after a call's first. */
  readonly retries: number;
  /** Calls that would have been tried once more, had the retry budget allowed it. */
  readonly overBudget: number;
  /** Calls that wait for a place in a bulkhead, now. */
  readonly waiting: number;
  /** Functions that still run although their place was given to another, now. */
  readonly zombies: number;
  /** Resources that are lent, or being made for who asked, now. */
  readonly lent: number;
  /** Tenants whose rate is counted apart, now. */
  readonly tenants: number;
  /** Calls by tenants beyond `maxKeys`, which share one rate limit. */
  readonly sharing: number;
}

export interface HealthReading {
  readonly status: HealthStatus;
  /** 0…1, null when nothing is registered. */
  readonly score: number | null;
  /** The score as 0…100, to one digit behind the point. */
  readonly percent: number | null;
  /** The lowest score since the start. */
  readonly min: number | null;
  /** Over the last two minutes. */
  readonly trend: HealthTrend;
  /** Breakers that count: neither disabled nor only observed. */
  readonly counted: number;
  /** Signals that were told, and did not count: as many as can be kept were live. */
  readonly unkeptSignals: number;
  /** The deployment's governance fingerprint. */
  readonly policyHash: string;
}

export interface ComponentReading {
  readonly kind: ComponentKind;
  readonly name: string;
  /** 0…1; null for one that is left out: disabled, not asked yet, nothing to say. */
  readonly score: number | null;
  /** What the score says by itself, without the system's hysteresis. */
  readonly status: HealthStatus;
  /** The share of the last 24 h in which its score was not below 0.5, 0…1; null while nothing is known. */
  readonly availability: number | null;
  readonly weight: number;
  readonly critical: boolean;
  /** Why it is not well, where somebody said so. */
  readonly reason: string | null;
}

/** What one health tick came to. */
export interface HealthSample {
  readonly atMs: number;
  readonly wallMs: number;
  readonly score: number | null;
  readonly status: HealthStatus;
}

export interface DegradationReading {
  readonly level: Level;
  /** Since when, and why; `by` is null unless a person did it. */
  readonly sinceMs: number;
  readonly reason: string;
  readonly by: string | null;
  readonly changes: number;
  /** What each sensor last said; null where there is nothing to measure, or it cannot be read. */
  readonly sensors: Readonly<Record<string, number | null>>;
  /** Sensors that cannot be read. */
  readonly broken: readonly string[];
  /** Steps down that were taken because a sensor stayed broken. */
  readonly failSafes: number;
  readonly override: OverrideReading<{ readonly level: Level; readonly untilMs: number }> | null;
}

/** Who holds something by hand. */
type OverrideReading<T> = T & { readonly by: string; readonly reason: string };

export interface FlagReading {
  readonly enabled: boolean;
  readonly reason: string;
  /** The level at which it goes off; null for one that no level turns off. */
  readonly until: Level | null;
  readonly critical: boolean;
  readonly needs: readonly string[];
  /** `untilMs` is null for one without an end. */
  readonly override: OverrideReading<{ readonly enabled: boolean; readonly untilMs: number | null }> | null;
}

export interface LimitReading {
  readonly value: number;
  readonly byLevel: Readonly<Record<Level, number>>;
}

/** recorded = flushed + pending + dropped, at every instant; refused and mismatched are apart. */
export interface MeteringReading {
  readonly enabled: boolean;
  readonly recorded: number;
  readonly flushed: number;
  readonly pending: number;
  readonly dropped: number;
  /** Records that made no sense. */
  readonly refused: number;
  /** Records that carried another policy hash than the runtime's. */
  readonly mismatched: number;
  /** Of the flushed: charged to `__other`, because their names were none, or too many. */
  readonly overflow: number;
  /** Records whose metadata was cut, or left out. */
  readonly metadataCut: number;
  /** How long the oldest record that is pending has been at most; 0 when none is. */
  readonly lagMs: number;
  /** Batches that found no room to wait for their sink: it will never have them. They are in the totals. */
  readonly undelivered: number;
  /** By the sink's name. */
  readonly sinks: Section<SinkReading>;
}

export interface SinkReading {
  /** Batches committed and not yet delivered, as far as this process knows. */
  readonly backlog: number;
  readonly delivered: number;
  /** Deliveries that failed, after the retries of the sink's pipeline. */
  readonly failures: number;
  /** Why the last one failed; null when the last one did not. */
  readonly error: string | null;
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
  /** Threads that were killed and have not ended: blocked in a call of the system, left behind and replaced. */
  readonly zombies: number;
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
  /** Rows that were not what was written, or that the file would not take, and were put aside. */
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

export type HappeningKind =
  | 'breaker'
  | 'foreign'
  | 'health'
  | 'check'
  | 'signal'
  | 'level'
  | 'feature'
  | 'recovery'
  | 'failover'
  | 'alert'
  | 'channel'
  | 'sink'
  | 'store'
  | 'part';

/** One thing the runtime noticed, or did about it. Kind and subject say what it happened to: `breaker` `payments`. */
export interface HappeningReading {
  readonly atMs: number;
  readonly kind: HappeningKind;
  /** A name; `system` for the health, `self` for the level and the store, a path for a part. */
  readonly subject: string;
  /** What it was until then; null where that is not said. */
  readonly was: string | null;
  /** A state, or a few words that end with one: `open`, `held at reduced`, `attempt 2 failed`, `raised as critical`. */
  readonly became: string;
  /** At most 256 characters. Of what broke it is the error's kind, wherever no other reading shows its message. */
  readonly because: string | null;
}

export interface SampleReading {
  readonly atMs: number;
  readonly score: number | null;
  /** Outcomes of all pipelines since the sample before. */
  readonly outcomes: OutcomeCounts;
}

/** One service's recovery: the task under way, or the last one. */
export interface RecoveryReading {
  readonly task: string;
  readonly state: RecoveryState;
  readonly strategy: RecoveryStrategy;
  /** Lower is sooner. */
  readonly priority: number;
  readonly reason: string;
  /** Attempts begun since it was scheduled, or approved. */
  readonly attempts: number;
  readonly scheduledAtMs: number;
  /** When the next attempt may begin; null while none is waited for. */
  readonly dueAtMs: number | null;
  readonly endedAtMs: number | null;
  /** What the last failed attempt failed with. */
  readonly lastError: string | null;
}

/** Where the next call of a component goes. */
export interface ProvidersReading {
  readonly current: string;
  /** The best one first. */
  readonly order: readonly string[];
  readonly sinceMs: number;
  readonly switches: number;
  /** Times the one in force failed, and there was no other to go to. */
  readonly stranded: number;
}

export interface AlertReading {
  /** What `ack` takes. */
  readonly alert: string;
  readonly rule: string;
  readonly severity: AlertSeverity;
  /** E.g. `breaker/payments`, `pipeline/quotes`, `check/disk`, `system`. */
  readonly component: string;
  readonly state: AlertState;
  readonly message: string;
  readonly runbook: string | null;
  /** Since when its condition has held. */
  readonly sinceMs: number;
  /** Since when it has been firing; null while it waits for its rule's `forMs`. */
  readonly raisedAtMs: number | null;
  readonly resolvedAtMs: number | null;
  readonly acknowledgedBy: string | null;
  /** Steps of its escalation that were taken. */
  readonly escalations: number;
}

export interface AlertingReading {
  readonly raised: number;
  readonly resolved: number;
  /** Findings no alert was made of, because there were as many as may be. */
  readonly overflow: number;
  readonly silences: readonly SilenceReading[];
  /** By the channel's name. */
  readonly channels: Section<ChannelReading>;
}

export interface SilenceReading {
  readonly rule: string | null;
  readonly component: string | null;
  readonly by: string;
  readonly reason: string;
  readonly untilMs: number;
}

export interface ChannelReading {
  /** Notices that wait for their turn. */
  readonly queued: number;
  readonly delivered: number;
  /** Deliveries that failed, after the retries of the channel's pipeline. */
  readonly failures: number;
  /** Notices that will not be delivered: refused for good, too old, or too many. */
  readonly lost: number;
  /** Notices that were not sent, because there were too many in a minute. */
  readonly suppressed: number;
  /** What kind of error the last delivery failed with; null when it did not. */
  readonly error: string | null;
}
