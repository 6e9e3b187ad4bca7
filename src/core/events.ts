/**
 * What the runtime says of itself: plain data, JSON-safe, past tense, versioned by `v`.
 *
 * Everything needed to understand an event is in it. `atMs` is monotonic since the runtime began, `wallMs` is for
 * people.
 */
import type { BreakerState } from './breaker-state.ts';
import type { AlertSeverity, CheckAnswer, HealthStatus, Level } from './readings.ts';

interface Payloads {
  /** A breaker changed its state; `rule` says why: a trip rule, `probes`, `deadline`, `probeTimeout` or `manual`. */
  'breaker.transitioned': {
    readonly breaker: string;
    /** Of a keyed breaker: whose; absent for the one that keys beyond the bound share. */
    readonly key?: string;
    readonly from: BreakerState;
    readonly to: BreakerState;
    readonly rule: string;
    readonly epoch: number;
    readonly by?: string;
    readonly reason?: string;
  };
  /** A breaker that is only observed crossed a rule: it would have opened. */
  'breaker.crossed': { readonly breaker: string; readonly key?: string; readonly rule: string };
  /** A call failed for good because its retries were used up: all its attempts, or the pipeline's budget for them. */
  'retry.exhausted': {
    readonly pipeline: string;
    readonly attempts: number;
    readonly usedUp: 'attempts' | 'budget';
    /** What kind of error it was, e.g. `ECONNREFUSED`; the caller has the error itself. */
    readonly error: string;
  };
  /** A breaker goes by other options; what of it began anew is another epoch. */
  'breaker.configured': {
    readonly breaker: string;
    /** The options that changed, e.g. `["window.ms", "failureRate"]`. */
    readonly changed: readonly string[];
    readonly cleared: readonly ('window' | 'probes')[];
    readonly epoch: number;
    readonly by: string;
    readonly reason: string;
  };
  /** A breaker is closed, although the store knows it otherwise: made with other options, or called before the file was read. */
  'breaker.forgotten': { readonly breaker: string; readonly state: BreakerState };
  'health.changed': {
    readonly from: HealthStatus;
    readonly to: HealthStatus;
    readonly score: number | null;
  };
  /** A health check's answer is another than before; `from` is null for its first. */
  'check.changed': {
    readonly check: string;
    readonly from: CheckAnswer | null;
    readonly to: CheckAnswer;
    readonly error?: string;
  };
  /** A breaker of another library is in another state; null is a state that cannot be known. */
  'foreign.changed': { readonly breaker: string; readonly from: BreakerState | null; readonly to: BreakerState | null };
  /** The application said how bad something is, 0…1; an algedonic signal passed every aggregation by. */
  'signal.raised': { readonly signal: string; readonly severity: number; readonly algedonic: boolean };
  /** A signal counts no longer: it was signalled 0, or not again for its time to live. */
  'signal.ended': { readonly signal: string; readonly why: 'signalled' | 'expired' };
  'recovery.scheduled': {
    readonly task: string;
    readonly service: string;
    readonly strategy: string;
    /** Lower is sooner. */
    readonly priority: number;
    readonly reason: string;
  };
  /** One attempt is over. */
  'recovery.attempted': {
    readonly task: string;
    readonly service: string;
    readonly attempt: number;
    readonly succeeded: boolean;
    readonly durationMs: number;
    readonly error?: string;
  };
  /** A task is over, or waits for a person. */
  'recovery.ended': {
    readonly task: string;
    readonly service: string;
    readonly result: 'succeeded' | 'failed' | 'cancelled' | 'awaitingManual';
    readonly attempts: number;
    readonly durationMs: number;
    /** Who cancelled it; or that what it was scheduled for went away by itself. */
    readonly reason?: string;
  };
  /** A recovery asks for people. */
  'recovery.escalated': {
    readonly task: string;
    readonly service: string;
    readonly channels: readonly string[];
    readonly message: string;
  };
  /** An application's state was written down, to be brought back to. */
  'recovery.checkpointed': { readonly service: string };
  /** It was brought back to how it was so long ago, by the wall clock. */
  'recovery.restored': { readonly service: string; readonly ageMs: number };
  /** The next call of a component goes to another provider. */
  'failover.switched': {
    readonly component: string;
    readonly from: string;
    readonly to: string;
    readonly by: string;
    readonly reason: string;
  };
  /** `reason` says what was measured, or what the person said who did it. */
  'degradation.changed': {
    readonly from: Level;
    readonly to: Level;
    readonly reason: string;
    readonly by?: string;
  };
  /** A person holds the level, whatever is measured. */
  'degradation.overridden': {
    readonly level: Level;
    readonly by: string;
    readonly reason: string;
    readonly forMs: number;
  };
  /** The level is driven by what is measured again; without `by` its time was over. */
  'degradation.released': { readonly level: Level; readonly reason: string; readonly by?: string };
  'flag.changed': { readonly flag: string; readonly enabled: boolean; readonly reason: string };
  /** A person holds a feature on or off; without `forMs` until it is cleared. */
  'flag.overridden': {
    readonly flag: string;
    readonly enabled: boolean;
    readonly by: string;
    readonly reason: string;
    readonly forMs?: number;
  };
  'flag.released': { readonly flag: string; readonly reason: string; readonly by?: string };
  'limit.changed': { readonly limit: string; readonly from: number; readonly to: number; readonly reason: string };
  /** An alert fires. While it holds, nothing is raised again for the same rule and component. */
  'alert.raised': {
    readonly alert: string;
    readonly rule: string;
    readonly severity: AlertSeverity;
    readonly component: string;
    readonly message: string;
    readonly runbook?: string;
    /** No channel is told, because somebody silenced it. */
    readonly silenced?: true;
  };
  'alert.acknowledged': {
    readonly alert: string;
    readonly rule: string;
    readonly component: string;
    readonly by: string;
  };
  /** Nobody acknowledged it for so long: these channels are told. */
  'alert.escalated': {
    readonly alert: string;
    readonly rule: string;
    readonly component: string;
    readonly afterMs: number;
    readonly channels: readonly string[];
  };
  'alert.resolved': {
    readonly alert: string;
    readonly rule: string;
    readonly severity: AlertSeverity;
    readonly component: string;
    readonly durationMs: number;
  };
  /** A person wants to hear nothing of a rule, a component or a rule about a component, for a while. */
  'alerts.silenced': Silence & { readonly by: string; readonly reason: string; readonly forMs: number };
  'alerts.unsilenced': Silence & { readonly why: 'ended' | 'expired' };
  /** A channel does not take what it is told. It is tried again. */
  'channel.failed': { readonly channel: string; readonly error: string };
  'channel.recovered': { readonly channel: string; readonly downMs: number };
  /** The store cannot be used: what it would keep is kept in memory, bounded and counted. */
  'store.degraded': { readonly error: string };
  'store.recovered': { readonly downMs: number };
  /** A file that is no database of ours was put aside, as it was. */
  'store.quarantined': { readonly path: string; readonly aside: string; readonly error: string };
  /** A batch of metering is in the file, and the disk has it. */
  'store.committed': { readonly batch: string; readonly records: number };
  'metering.committed': {
    readonly batch: string;
    readonly records: number;
    readonly groups: number;
  };
  /** A drain or a commit failed. Its records go on waiting and are taken again. */
  'metering.failed': { readonly error: string };
  /** The first record that carried another policy hash was refused; those after it are only counted. */
  'metering.mismatched': { readonly expected: string; readonly given: string };
  /** A sink did not take a batch. It is tried again; told once until it takes one. */
  'sink.failed': { readonly sink: string; readonly batch: string; readonly error: string };
  'sink.recovered': { readonly sink: string; readonly downMs: number };
  /** A supervised child is up; `incarnation` is 1 for its first life. */
  'child.started': {
    readonly child: string;
    readonly incarnation: number;
    /** True for a life that began at the last good snapshot of the one before. */
    readonly restored?: true;
  };
  'child.exited': {
    readonly child: string;
    readonly incarnation: number;
    readonly reason: 'normal' | 'shutdown' | 'error';
    readonly error?: string;
  };
  /** A supervisor restarted too often and gave up; its own parent decides now. */
  'supervisor.escalated': { readonly child: string; readonly error: string };
  /** A worker thread died under a task. The task is run again. */
  'worker.lost': { readonly pool: string; readonly error: string };
  /** A function of the application (a listener, classifier, fallback …) threw where nobody could be told. */
  'callback.failed': { readonly callback: string; readonly error: string };
}

interface Silence {
  readonly rule?: string;
  readonly component?: string;
}

export type EventType = keyof Payloads;

/** Every type there is; the compiler holds it equal to the payloads. */
const TYPES: Readonly<Record<EventType, true>> = {
  'breaker.transitioned': true,
  'breaker.crossed': true,
  'breaker.configured': true,
  'retry.exhausted': true,
  'breaker.forgotten': true,
  'health.changed': true,
  'check.changed': true,
  'foreign.changed': true,
  'signal.raised': true,
  'signal.ended': true,
  'recovery.scheduled': true,
  'recovery.attempted': true,
  'recovery.ended': true,
  'recovery.escalated': true,
  'recovery.checkpointed': true,
  'recovery.restored': true,
  'failover.switched': true,
  'degradation.changed': true,
  'degradation.overridden': true,
  'degradation.released': true,
  'flag.changed': true,
  'flag.overridden': true,
  'flag.released': true,
  'limit.changed': true,
  'alert.raised': true,
  'alert.acknowledged': true,
  'alert.escalated': true,
  'alert.resolved': true,
  'alerts.silenced': true,
  'alerts.unsilenced': true,
  'channel.failed': true,
  'channel.recovered': true,
  'store.degraded': true,
  'store.recovered': true,
  'store.quarantined': true,
  'store.committed': true,
  'metering.committed': true,
  'metering.failed': true,
  'metering.mismatched': true,
  'sink.failed': true,
  'sink.recovered': true,
  'child.started': true,
  'child.exited': true,
  'supervisor.escalated': true,
  'worker.lost': true,
  'callback.failed': true,
};
export const EVENT_TYPES = Object.keys(TYPES) as readonly EventType[];

export interface Envelope {
  readonly v: 1;
  readonly atMs: number;
  readonly wallMs: number;
  readonly policyHash: string;
}

export type EventPayload<T extends EventType> = Payloads[T];
export type HoldfastEvent<T extends EventType = EventType> = {
  [K in T]: Envelope & { readonly type: K } & Payloads[K];
}[T];
export type Listener<T extends EventType = EventType> = (event: HoldfastEvent<T>) => void;

/** Where a room puts what happened. The envelope is added by the dispatcher. */
export interface EventSink {
  emit<T extends EventType>(type: T, payload: EventPayload<T>): void;
}
