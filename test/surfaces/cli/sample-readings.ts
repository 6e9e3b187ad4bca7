/** Readings of a demo in trouble, small enough to be read: one breaker open, one probing, one well. */
import type { Readings } from '../../../src/index.ts';

const NO_POLICIES = { retries: 0, overBudget: 0, waiting: 0, zombies: 0, lent: 0, tenants: 0, sharing: 0 };
const NONE = { success: 0, failure: 0, ignored: 0, timeout: 0, aborted: 0, rejected: 0, fallback: 0 };
const IDLE = {
  epoch: 0,
  score: 1,
  stateSinceMs: 0,
  failureRate: null,
  slowCallRate: null,
  total: 0,
  failed: 0,
  slow: 0,
  notPermitted: 0,
  p95Ms: null,
  p999Ms: null,
  lastFailure: null,
};

const RUNNING = { state: 'running', startedAtMs: 0, at: ['running'] } as const;

export const sampleReadings: Readings = {
  runtime: {
    self: {
      name: 'demo',
      policyHash: 'cdd01ef066bc6cf2',
      startedWallMs: 0,
      degraded: false,
      callbackFailures: 0,
      droppedEvents: 0,
    },
  },
  breakers: {
    catalog: { ...IDLE, state: 'closed', failureRate: 0.25, p50Ms: 7.04, p99Ms: 12.6, retryAfterMs: null },
    payments: { ...IDLE, state: 'open', notPermitted: 31, p50Ms: null, p99Ms: null, retryAfterMs: 1_240 },
    invoices: { ...IDLE, state: 'halfOpen', p50Ms: 19, p99Ms: 1_204.2, retryAfterMs: null },
  },
  pipelines: {
    catalog: {
      calls: 21,
      inFlight: 0,
      outcomes: { ...NONE, success: 20, ignored: 1 },
      rejections: {},
      late: 0,
      policies: NO_POLICIES,
    },
    payments: {
      calls: 40,
      inFlight: 1,
      outcomes: { ...NONE, success: 5, fallback: 34 },
      rejections: { BREAKER_OPEN: 31 },
      late: 0,
      policies: NO_POLICIES,
    },
  },
  health: {
    system: {
      status: 'degraded',
      score: 0.5012,
      percent: 50.1,
      min: 0.41,
      trend: 'stable',
      counted: 3,
      unkeptSignals: 0,
      policyHash: 'hash',
    },
  },
  components: {},
  degradation: {
    self: {
      level: 'reduced',
      sinceMs: 5_000,
      reason: 'score is 0.501, below 0.7',
      by: null,
      changes: 1,
      sensors: { score: 0.5012 },
      broken: [],
      failSafes: 0,
      override: null,
    },
  },
  flags: {},
  limits: {},
  metering: {
    total: {
      enabled: true,
      recorded: 60,
      flushed: 40,
      pending: 20,
      dropped: 0,
      refused: 0,
      mismatched: 0,
      overflow: 0,
      metadataCut: 0,
      lagMs: 40,
      undelivered: 0,
      sinks: {},
    },
  },
  usage: { harbour: { count: 40, tokens: 4_011, latencyMeanMs: 17.6, latencyMaxMs: 400, scoreMean: null } },
  children: {
    root: { ...RUNNING, kind: 'supervisor', incarnation: 1, restarts: 0, chart: 'supervisor' },
    'root/surfaces': { ...RUNNING, kind: 'supervisor', incarnation: 2, restarts: 1, chart: 'supervisor' },
    'root/surfaces/feed': { ...RUNNING, kind: 'worker', incarnation: 3, restarts: 2, chart: 'resource' },
  },
  charts: {},
  engine: { self: { kind: 'wasm', threads: 2, ticks: 9, workerTicks: 0, threadsLost: 0, overdue: 0, zombies: 0 } },
  recoveries: {},
  providers: {},
  store: {},
  alerts: {},
  alerting: {},
  transitions: {
    0: { breaker: 'payments', from: 'closed', to: 'open', rule: 'consecutiveFailures', atMs: 4_449 },
    1: { breaker: 'invoices', from: 'open', to: 'halfOpen', rule: 'deadline', atMs: 12_010 },
  },
  timeline: {
    3: {
      atMs: 4_449,
      kind: 'breaker',
      subject: 'payments',
      was: 'closed',
      became: 'open',
      because: 'consecutiveFailures',
    },
  },
  samples: {},
};
