/** A moment at which nothing is wrong, for rules to look at, and what is different in it. */
import type { AlertSample } from '../../src/control/alerts/sample.ts';
import type {
  BreakerGlance,
  ChannelReading,
  ComponentReading,
  RecoveryReading,
  SinkReading,
} from '../../src/core/readings.ts';

export function sampleOf(different: Partial<AlertSample> = {}): AlertSample {
  return {
    atMs: 100_000,
    health: {
      status: 'healthy',
      score: 1,
      percent: 100,
      min: 1,
      trend: 'stable',
      counted: 1,
      unkeptSignals: 0,
      policyHash: 'policy',
    },
    components: {},
    availability: {},
    breakers: {},
    openForMs: {},
    calls: {},
    recoveries: {},
    pains: {},
    channels: {},
    sinks: {},
    queueDepth: 0,
    level: 'full',
    hasRateLimits: true,
    ...different,
  };
}

export function breakerOf(different: Partial<BreakerGlance> = {}): BreakerGlance {
  return {
    state: 'closed',
    stateSinceMs: 0,
    retryAfterMs: null,
    p95Ms: 1,
    isProbing: false,
    calls: null,
    ...different,
  };
}

export function recoveryOf(different: Partial<RecoveryReading> = {}): RecoveryReading {
  return {
    task: 'task-1',
    state: 'scheduled',
    strategy: 'exponential',
    priority: 10,
    reason: 'it opened',
    attempts: 0,
    scheduledAtMs: 0,
    dueAtMs: null,
    endedAtMs: null,
    lastError: 'Error: 503',
    ...different,
  };
}

export function componentOf(different: Partial<ComponentReading> = {}): ComponentReading {
  return {
    kind: 'check',
    name: 'disk',
    score: 1,
    status: 'healthy',
    availability: 1,
    weight: 1,
    critical: false,
    reason: null,
    ...different,
  };
}

export function channelOf(different: Partial<ChannelReading> = {}): ChannelReading {
  return { queued: 0, delivered: 1, failures: 0, lost: 0, suppressed: 0, error: null, ...different };
}

export function sinkOf(different: Partial<SinkReading> = {}): SinkReading {
  return { backlog: 0, delivered: 1, failures: 0, error: null, ...different };
}
