/** Every public name of `holdfast`. Importing it has no side effect. */
export type { HealthAnswer, HealthCheck, HealthCheckOptions } from './control/health/checks.ts';
export { breaker, pipeline, withBreaker } from './default-runtime.ts';
export { createRuntime, type Runtime } from './runtime.ts';
export type { NamedBreakerOptions } from './initialize-breakers.ts';
export type { RuntimeEvents, RuntimeHealth, RuntimeMetering } from './runtime-faces.ts';
export type { RuntimeOptions } from './runtime-options.ts';
export type { Chart } from '../actors/chart.ts';
export { charts } from '../actors/charts.ts';
export type { InspectionObserver } from '../actors/inspect-tree.ts';
export type { TreeNode } from '../actors/read-tree.ts';
export type { SupervisorView } from './supervisor-view.ts';
export type { SupervisedHandle, SupervisedPart } from './supervised-part.ts';
export type { CallContext, CallOptions, Protected } from './core/call.ts';
export { BREAKER_STATES, type BreakerState } from './core/breaker-state.ts';
export type {
  Address,
  Database,
  DatabaseOptions,
  Env,
  Files,
  Listener as NetworkListener,
  Pool,
  PoolOptions,
  SqlValue,
  Thread,
  ThreadCore,
  ThreadOptions,
  Timer,
} from './core/env.ts';
export { ERROR_CODES, type ErrorCode, type ErrorFields, HoldfastError, isHoldfastError } from './core/errors.ts';
export type { Envelope, EventType, HoldfastEvent, Listener } from './core/events.ts';
export { type Outcome, OUTCOMES, type OutcomeCounts, type Vote } from './core/outcome.ts';
export type {
  BreakerReading,
  ChartEdge,
  ChartReading,
  ChartState,
  ChildReading,
  EngineReading,
  HealthReading,
  HealthStatus,
  HealthTrend,
  MeteringReading,
  PipelineReading,
  Readings,
  RuntimeReading,
  SampleReading,
  Section,
  StoreReading,
  TransitionReading,
  UsageReading,
} from './core/readings.ts';
export type {
  Failover,
  FailoversQuery,
  HealthSample,
  HistoryEntry,
  HistorySpan,
  RuntimeHistory,
  Trip,
  TripsQuery,
} from './durable/stores/history.ts';
export type { BoundMeter, MeteredAmounts, MeteredNames, MeteredRecord } from './hotpath/metering-ring.ts';
export type {
  Breaker,
  BreakerSnapshot,
  BreakerTransition,
  Permit,
  TransitionListener,
} from './policies/breaker/breaker.ts';
export type { KeyedBreaker, KeyedReading } from './policies/breaker/keyed.ts';
export type {
  KeyedBreakerOptions,
  SoloBreakerOptions as BreakerOptions,
  TripCounts,
} from './policies/breaker/options.ts';
export { attemptsOf } from './policies/retry/attempts.ts';
export { BreakerOpenError } from './policies/breaker/rejection.ts';
export type { Manual, SlotCounts as BreakerCounts } from './policies/breaker/slot.ts';
export type { Fallback } from './policies/fallback/fallback.ts';
export type { PipelineOptions } from './policies/options.ts';
export type { Pipeline } from './policies/pipeline.ts';
