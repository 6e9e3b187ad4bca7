/**
 * What an application may do with the parts of a runtime. The parts themselves begin and end with the runtime, and
 * nobody else may begin or end them.
 */
import type { HealthCheckOptions } from './control/health/checks.ts';
import type { ForeignBreaker, ForeignBreakerOptions } from './control/health/foreign-breakers.ts';
import type { CheckContext, CheckFinding, HealthCheck } from './control/health/question.ts';
import type { SignalOptions } from './control/health/signals.ts';
import type { ProvidersOptions, RecoveryPolicy, RecoveryRule, ScheduleOptions } from './control/recovery/options.ts';
import type { Providers } from './control/recovery/providers.ts';
import type { Checkpoint, TakenCheckpoint } from './control/recovery/checkpoints.ts';
import type { RecoveryProbe } from './control/recovery/sources.ts';
import type { EndedRecovery, RecoveryStatistics } from './control/recovery/statistics.ts';
import type { EventType, Listener } from './core/events.ts';
import type {
  CheckAnswer,
  ComponentReading,
  HealthReading,
  HealthSample,
  MeteringReading,
  RecoveryReading,
  Section,
} from './core/readings.ts';
import type { MeteringHooks } from './durable/metering/hooks.ts';
import type { MeteredBy } from './durable/metering/metered.ts';
import type { UsageQuestion } from './durable/metering/options.ts';
import type { UsageRow } from './durable/metering/usage-rows.ts';
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
  /** What the score is made of, as of the last tick: by kind and name, e.g. `breaker/payments`, `check/disk`. */
  components(): Section<ComponentReading>;
  /**
   * The ticks of the last `windowMs`, or all that are remembered: 300 by default. The oldest first.
   *
   * throws  INVALID_OPTIONS
   */
  history(windowMs?: number): readonly HealthSample[];
  /** Hear when the status changes, after it. Returns the function that ends it. throws  as `events.on` */
  on(event: 'change', listener: Listener<'health.changed'>): () => void;
  /**
   * Let a check of the application's own count: asked each tick, or each `intervalMs`. Returns the function that ends
   * it; calling it twice is fine.
   *
   * in      check   what throws, takes longer than `timeoutMs` or answers anything else is unhealthy. Heed the signal:
   *                 one that is still at work then is called again half a minute later, at most three times at once.
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED beyond 1,024 checks · STOPPED
   */
  register<const Given extends CheckAnswer | CheckFinding>(
    name: string,
    // Given is for the compiler: as a HealthCheck alone, what `async () => 'healthy'` answers would be any string
    check: (context: CheckContext) => Given | Promise<Given> | ReturnType<HealthCheck>,
    options?: HealthCheckOptions,
  ): () => void;
  /**
   * Let a breaker of another library count. Returns the function that ends it.
   *
   *   runtime.health.registerBreaker('mail', { state: () => (circuit.opened ? 'open' : 'closed') });
   *
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED beyond 1,024 · STOPPED
   */
  registerBreaker(name: string, breaker: ForeignBreaker, options?: ForeignBreakerOptions): () => void;
  /**
   * Say how bad something is: 0 ends the signal, 1 is worst. It counts until it ends, and is told at once as
   * `signal.raised`; an algedonic one is what degradation and alerts act on without waiting for a tick. After the stop it does nothing.
   *
   * throws  INVALID_OPTIONS
   */
  signal(name: string, severity: number, options?: SignalOptions): void;
  /** Whether there is a check of that name to probe. */
  hasCheck(name: string): boolean;
  /**
   * Ask the check of that name now; its answer counts. What fails or is late is `unhealthy`.
   *
   * throws  INVALID_OPTIONS for a name no check has · STOPPED, also when the check is ended meanwhile
   */
  probe(name: string): Promise<CheckAnswer>;
}

export interface RuntimeMetering {
  /**
   * Meter one use.
   *
   * out     true when it will be flushed; false when it was refused (an amount that is none, or another policy hash) or
   *         dropped (no room)
   * throws  nothing, whatever it is given
   */
  record(record: MeteredRecord): boolean;
  /**
   * Meter for the same names again and again: they are looked up once.
   *
   * throws  POLICY_HASH_MISMATCH
   */
  bind(names: MeteredNames): BoundMeter;
  /** What a governance platform meters: each function knows its operation and tier. */
  readonly hooks: MeteringHooks;
  /**
   * The same function, metered with every call, whether it answers or throws.
   *
   * throws  INVALID_OPTIONS · POLICY_HASH_MISMATCH
   */
  metered<This, Args extends unknown[], R>(
    fn: (this: This, ...args: Args) => R,
    by: MeteredBy<Args>,
  ): (this: This, ...args: Args) => R;
  /**
   * Flush everything recorded until now.
   *
   * throws  what the drain or the ledger failed with; the records go on waiting
   */
  flush(): Promise<void>;
  /** recorded = flushed + pending + dropped, at every instant; refused and mismatched are apart. */
  totals(): MeteringReading;
  /**
   * What is flushed, added up by tenant, operation, tier, agent or window; by tenant where nothing else is said.
   *
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED for more than 16,384 rows of a store · what the ledger failed with
   */
  usage(question?: UsageQuestion): Promise<readonly UsageRow[]>;
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
  /** Send the component's next call to that provider. throws  INVALID_OPTIONS for one there is not · STOPPED */
  failover(component: string, backup: string, manual: Wanted): void;
  /**
   * Say who can serve a component, the best one first. Calls of the pipeline of that name read `context.provider`.
   *
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED beyond 1,024 components · STOPPED
   */
  providers(component: string, options: ProvidersOptions): Providers;
  /** Say how to write a service's state down and bring it back. throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED */
  checkpoint<T>(service: string, pair: Checkpoint<T>): TakenCheckpoint;
  /**
   * Say how to find out whether a service is well; an open breaker of that name is probed with it when its opening is
   * over. It is not where the probe throws, rejects or answers false, 'degraded', 'unhealthy', an Error, `{ ok: false }`
   * or a status from 400 on. Returns the function that ends it.
   *
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED beyond 1,024 probes · STOPPED
   */
  probe(service: string, probe: RecoveryProbe): () => void;
  /**
   * Add a rule behind those there are. Returns the function that ends it: what it saw is left to the next rule that
   * fits, else its task is cancelled, unless a person has scheduled it or a call that failed wants it, too.
   *
   * throws  INVALID_OPTIONS · POLICY_HASH_MISMATCH · CAPACITY_EXHAUSTED beyond 256 · STOPPED
   */
  rule(rule: RecoveryRule): () => void;
  /** scheduled = waiting + inProgress + ended, at every instant. */
  statistics(): RecoveryStatistics;
  /** The last 256 that ended, the oldest first. */
  history(): readonly EndedRecovery[];
}
