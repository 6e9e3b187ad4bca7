/** Every public name of `holdfast`. Importing it has no side effect. */
export { breaker, pipeline, withBreaker } from './default-runtime.ts';
export { createRuntime, type Runtime } from './runtime.ts';
export type { RuntimeOptions } from './runtime-options.ts';
export type { Chart } from '../actors/chart.ts';
export { charts } from '../actors/charts.ts';
export type { InspectionObserver } from '../actors/inspect-tree.ts';
export type { TreeNode } from '../actors/read-tree.ts';
export type { SupervisorView } from './supervisor-view.ts';
export type { SupervisedHandle, SupervisedPart } from './supervised-part.ts';
export type { CallContext, CallOptions, Protected } from './core/call.ts';
export { BREAKER_STATES, type BreakerState } from './core/breaker-state.ts';
export type { Address, Env, Timer } from './core/env.ts';
export { ERROR_CODES, type ErrorCode, HoldfastError, isHoldfastError } from './core/errors.ts';
export type { EventType, HoldfastEvent, Listener } from './core/events.ts';
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
  MeteringReading,
  PipelineReading,
  Readings,
  RuntimeReading,
  SampleReading,
  Section,
  TransitionReading,
  UsageReading,
} from './core/readings.ts';
export type { Breaker, BreakerSnapshot, BreakerTransition, Permit } from './policies/breaker/breaker.ts';
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
