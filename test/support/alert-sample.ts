/** A moment at which nothing is wrong, for rules to look at, and what is different in it. */
import type { AlertSample } from '../../src/control/alerts/sample.ts';
import type { BreakerReading, ComponentReading, RecoveryReading } from '../../src/core/readings.ts';

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
    queueDepth: 0,
    level: 'full',
    hasRateLimits: true,
    ...different,
  };
}

export function breakerOf(different: Partial<BreakerReading> = {}): BreakerReading {
  return {
    state: 'closed',
    epoch: 1,
    score: 1,
    stateSinceMs: 0,
    failureRate: 0,
    slowCallRate: 0,
    total: 100,
    failed: 0,
    slow: 0,
    notPermitted: 0,
    p50Ms: 1,
    p95Ms: 1,
    p99Ms: 1,
    p999Ms: 1,
    retryAfterMs: null,
    lastFailure: null,
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
