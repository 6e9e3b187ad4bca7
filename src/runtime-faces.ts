/**
 * What an application may do with the parts of a runtime. The parts themselves begin and end with the runtime, and
 * nobody else may begin or end them.
 */
import type { HealthCheck, HealthCheckOptions } from './control/health/checks.ts';
import type { ProvidersOptions, RecoveryPolicy, RecoveryRule, ScheduleOptions } from './control/recovery/options.ts';
import type { Providers } from './control/recovery/providers.ts';
import type { Checkpoint, RecoveryProbe, TakenCheckpoint } from './control/recovery/sources.ts';
import type { EndedRecovery, RecoveryStatistics } from './control/recovery/statistics.ts';
import type { EventType, Listener } from './core/events.ts';
import type { HealthReading, MeteringReading, RecoveryReading, Section, UsageReading } from './core/readings.ts';
import type { BoundMeter, MeteredNames, MeteredRecord } from './hotpath/metering-ring.ts';

export interface RuntimeEvents {
  /**
   * Hear every event of a type, or of all types with `*`. Returns the function that ends it; calling it twice is fine.
   *
   * throws  INVALID_OPTIONS for a type there is not, or for no function · CAPACITY_EXHAUSTED
   */
  on<T extends EventType>(type: T | '*', listener: Listener<T>): () => void;
}

export interface RuntimeHealth {
  /** As of the last tick. */
  report(): HealthReading;
  /**
   * Let a check of the application's own count, once a second. Returns the function that ends it; calling it twice is
   * fine.
   *
   * in      check   what throws, takes longer than a second or answers anything else is unhealthy
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED beyond 1,024 checks
   */
  register(name: string, check: HealthCheck, options?: HealthCheckOptions): () => void;
}

export interface RuntimeMetering {
  /**
   * Meter one use.
   *
   * out     true when it will be flushed; false when it was refused (an amount that is none) or dropped (no room)
   * throws  nothing, whatever it is given
   */
  record(record: MeteredRecord): boolean;
  /** Meter for the same names again and again: they are looked up once. */
  bind(names: MeteredNames): BoundMeter;
  /**
   * Flush everything recorded until now.
   *
   * throws  what the drain or the ledger failed with; the records go on waiting
   */
  flush(): Promise<void>;
  /** recorded = flushed + pending + dropped, at every instant; refused is apart. */
  totals(): MeteringReading;
  /** By tenant, what is flushed. */
  usage(): Section<UsageReading>;
}

/** Who wants something, and perhaps why. */
interface Wanted {
  readonly by: string;
  readonly reason?: string;
}

export interface RuntimeRecovery {
  /**
   * Have a service recovered: its task is queued, or the one that is open gets this order.
   *
   * throws  INVALID_OPTIONS · POLICY_HASH_MISMATCH · CAPACITY_EXHAUSTED when all tasks there may be are open · STOPPED
   */
  schedule(service: string, order?: ScheduleOptions): RecoveryReading;
  /**
   * Make an attempt as soon as there is a place for it, however early, and resolve with what the task is after it.
   *
   * throws  as `schedule`; a failed attempt does not reject
   */
  execute(service: string, manual: { readonly by: string }): Promise<RecoveryReading>;
  /** The task that is open, or the last one. Without a name: all, by service. */
  status(service: string): RecoveryReading | undefined;
  status(): Section<RecoveryReading>;
  /** End a task, its attempt included. throws  INVALID_OPTIONS · ILLEGAL_TRANSITION where none is open */
  cancel(service: string, manual: { readonly by: string; readonly reason: string }): void;
  /**
   * How the service is recovered from now on, where neither an order nor a rule says; a task that is open goes on so.
   *
   * throws  INVALID_OPTIONS · POLICY_HASH_MISMATCH · CAPACITY_EXHAUSTED
   */
  setPolicy(service: string, policy: RecoveryPolicy): void;
  /** Let a task that waits for a person go on, with all its attempts. throws  INVALID_OPTIONS · ILLEGAL_TRANSITION */
  approve(service: string, manual: { readonly by: string }): void;
  /** Send the component's next call to that provider. throws  INVALID_OPTIONS for one there is not */
  failover(component: string, backup: string, manual: Wanted): void;
  /**
   * Say who can serve a component, the best one first. Calls of the pipeline of that name read `context.provider`.
   *
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED beyond 1,024 components
   */
  providers(component: string, options: ProvidersOptions): Providers;
  /** Say how to write a service's state down and bring it back. throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED */
  checkpoint<T>(service: string, pair: Checkpoint<T>): TakenCheckpoint;
  /**
   * Say how to find out whether a service is well; an open breaker of that name is probed with it when its opening is
   * over. Returns the function that ends it.
   *
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED beyond 1,024 probes
   */
  probe(service: string, probe: RecoveryProbe): () => void;
  /** Add a rule behind those there are. Returns the function that ends it. throws  INVALID_OPTIONS · POLICY_HASH_MISMATCH · CAPACITY_EXHAUSTED */
  rule(rule: RecoveryRule): () => void;
  /** scheduled = waiting + inProgress + ended, at every instant. */
  statistics(): RecoveryStatistics;
  /** The last 256 that ended, the oldest first. */
  history(): readonly EndedRecovery[];
}
