/** Every public name of `holdfast`. Importing it has no side effect. */
export type { AlertChannel, ChannelContext, DeliverAlert } from './control/alerts/channel.ts';
export { email, type EmailOptions, type EmailTransport } from './control/alerts/channels/email.ts';
export { logChannel, type LogChannelOptions } from './control/alerts/channels/log-channel.ts';
export { pagerDuty, type PagerDutyOptions } from './control/alerts/channels/pager-duty.ts';
export { slack, type SlackOptions } from './control/alerts/channels/slack.ts';
export { webhook, type WebhookOptions } from './control/alerts/channels/webhook.ts';
export type { AlertNotice, NoticeKind } from './control/alerts/notice.ts';
export type { AlertsOptions, SilenceOptions } from './control/alerts/options.ts';
export type { AlertRule, Found, FoundAt } from './control/alerts/rule-options.ts';
export type { AlertSample, RecentCalls } from './control/alerts/sample.ts';
export type { AlertRuleReading } from './control/alerts/watched-rule.ts';
export type { HealthCheckOptions } from './control/health/checks.ts';
export type { ForeignBreaker, ForeignBreakerOptions } from './control/health/foreign-breakers.ts';
export type { CheckContext, CheckFinding, HealthCheck } from './control/health/question.ts';
export { diskCheck, type DiskCheckOptions } from './control/health/ready-made/disk-check.ts';
export { eventLoopCheck, type EventLoopCheckOptions } from './control/health/ready-made/event-loop-check.ts';
export { httpCheck, type HttpCheckOptions } from './control/health/ready-made/http-check.ts';
export { memoryCheck, type MemoryCheckOptions } from './control/health/ready-made/memory-check.ts';
export { tcpCheck, type TcpCheckOptions } from './control/health/ready-made/tcp-check.ts';
export type { SignalOptions } from './control/health/signals.ts';
export type {
  ProvidersOptions,
  RecoveryCheck,
  RecoveryPolicy,
  RecoveryRule,
  ScheduleOptions,
} from './control/recovery/options.ts';
export type { Providers } from './control/recovery/providers.ts';
export type { Checkpoint, TakenCheckpoint } from './control/recovery/checkpoints.ts';
export type { RecoveryProbe } from './control/recovery/sources.ts';
export type { EndedRecovery, RecoveryStatistics } from './control/recovery/statistics.ts';
export type { RecoveryStep, StepContext } from './control/recovery/step.ts';
export { step } from './control/recovery/steps.ts';
export type { HealingOptions } from './execute-with-healing.ts';
export { breaker, pipeline, withBreaker } from './default-runtime.ts';
export { installSignalHandlers } from './install-signal-handlers.ts';
export { createRuntime, type Runtime } from './runtime.ts';
export type { SignalHandlersOptions, StopOptions } from './stop-options.ts';
export type { NamedBreakerOptions } from './initialize-breakers.ts';
export type { Advice, Availability } from './control/degradation/advice.ts';
export type { OverrideOptions, ReleaseOptions } from './control/degradation/options.ts';
export type { FeatureOptions, HoldOptions } from './control/flags/options.ts';
export type { GivenByLevel as ByLevel } from './core/levels.ts';
export type { RuntimeDegradation } from './runtime-degradation.ts';
export type { RuntimeAlerts } from './runtime-alerts.ts';
export type { RuntimeEvents, RuntimeHealth, RuntimeMetering, RuntimeRecovery } from './runtime-faces.ts';
export type { RuntimeOptions } from './runtime-options.ts';
export type { Chart } from '../actors/chart.ts';
export { charts } from '../actors/charts.ts';
export type { InspectionObserver } from '../actors/inspect-tree.ts';
export type { TreeNode } from '../actors/read-tree.ts';
export type { SupervisorView } from './supervisor-view.ts';
export type { SupervisedActor, SupervisedActorHandle, SupervisedHandle, SupervisedPart } from './supervised-part.ts';
export type { CallContext, CallOptions, Protected } from './core/call.ts';
export type { AlertState } from './core/alert-state.ts';
export { BREAKER_STATES, type BreakerState } from './core/breaker-state.ts';
export type {
  Address,
  Database,
  DatabaseOptions,
  Env,
  Fetch,
  FetchRequest,
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
  AlertingReading,
  AlertReading,
  AlertSeverity,
  BreakerGlance,
  BreakerReading,
  ChannelReading,
  ChartEdge,
  ChartReading,
  ChartState,
  CheckAnswer,
  ChildReading,
  CircuitReading,
  ComponentKind,
  ComponentReading,
  DegradationReading,
  EngineReading,
  FailureReading,
  FlagReading,
  HappeningKind,
  HappeningReading,
  HealthReading,
  HealthSample,
  HealthStatus,
  HealthTrend,
  Level,
  LimitReading,
  MeteringReading,
  PipelineReading,
  PoliciesReading,
  ProvidersReading,
  Readings,
  RecoveryReading,
  RuntimeReading,
  SampleReading,
  SilenceReading,
  SinkReading,
  Section,
  StoreReading,
  TransitionReading,
  UsageReading,
} from './core/readings.ts';
export { retryAfterMs } from './core/retry-after-ms.ts';
export { cloudEventsSink, type CloudEventsSinkOptions } from './durable/metering/cloud-events-sink.ts';
export type { HookUse, MeteringHooks } from './durable/metering/hooks.ts';
export type { MeteredBy } from './durable/metering/metered.ts';
export type { UsageQuestion } from './durable/metering/options.ts';
export type { UsageBatch, UsageBatchLine, UsageNote } from './durable/metering/usage-batch.ts';
export type { UsageDimension } from './durable/metering/usage-dimension.ts';
export type { UsageRow } from './durable/metering/usage-rows.ts';
export type { DeliverUsage, SinkContext, UsageSink } from './durable/metering/usage-sink.ts';
export type {
  Failover,
  FailoversQuery,
  HealthEntry,
  HistoryEntry,
  HistorySpan,
  RuntimeHistory,
  Trip,
  TripsQuery,
} from './durable/stores/history.ts';
export type { BoundMeter, Metadata, MeteredAmounts, MeteredNames, MeteredRecord } from './hotpath/metering-ring.ts';
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
export type { CallNames } from './policies/call-meter.ts';
export type { Fallback } from './policies/fallback/fallback.ts';
export type { PipelineLayer } from './policies/layers/options.ts';
export type { PipelineOptions } from './policies/options.ts';
export type { Pipeline } from './policies/pipeline.ts';
