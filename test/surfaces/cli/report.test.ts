import { expect, test } from 'vitest';
import type { Journal } from '../../../src/surfaces/cli/demo/journal.ts';
import { report } from '../../../src/surfaces/cli/demo/report.ts';
import { sampleReadings } from './sample-readings.ts';

const JOURNAL: Journal = {
  levels: [{ type: 'degradation.changed', atMs: 5, from: 'full', to: 'reduced', reason: 'score' }],
  flags: [],
  recoveries: [],
  alerts: [],
};

test('the report has exactly the promised keys, in JSON as in memory', () => {
  const line = JSON.stringify(report(sampleReadings, JOURNAL, { frames: 12, clientEqual: true }));

  expect(JSON.parse(line)).toEqual({
    calls: 61,
    outcomes: { success: 25, failure: 0, ignored: 1, timeout: 0, aborted: 0, rejected: 0, fallback: 34 },
    transitions: [
      { breaker: 'payments', from: 'closed', to: 'open', rule: 'consecutiveFailures', atMs: 4_449 },
      { breaker: 'invoices', from: 'open', to: 'halfOpen', rule: 'deadline', atMs: 12_010 },
    ],
    timeline: [
      {
        atMs: 4_449,
        kind: 'breaker',
        subject: 'payments',
        was: 'closed',
        became: 'open',
        because: 'consecutiveFailures',
      },
    ],
    levels: [{ type: 'degradation.changed', atMs: 5, from: 'full', to: 'reduced', reason: 'score' }],
    flags: [],
    recoveries: [],
    alerts: [],
    health: { score: 0.5012, min: 0.41, status: 'degraded' },
    metering: { recorded: 60, flushed: 40, pending: 20, dropped: 0 },
    engine: { kind: 'wasm', threads: 2, ticks: 9 },
    feed: { frames: 12, clientEqual: true },
    restarts: 3,
    store: null,
  });
});

test('with a store the report says what is in its file, over all tenants', () => {
  const levels = { lastError: null, unsaved: 0, bytes: 1, walBytes: 1, damaged: 0, undelivered: 0, quarantined: 0 };
  const self = {
    state: 'ready',
    queued: 0,
    written: 3,
    dropped: 0,
    errors: 0,
    batches: 4,
    records: 70,
    ...levels,
  } as const;
  const usage = { acme: { count: 30, tokens: 5, latencyMeanMs: null, latencyMaxMs: null, scoreMean: null } };

  const { store } = report(
    { ...sampleReadings, usage: { ...usage, umbra: { ...usage.acme, count: 40 } }, store: { self } },
    JOURNAL,
    { frames: 12, clientEqual: true },
  );

  expect(store).toEqual({ state: 'ready', batches: 4, records: 70, usage: { count: 70, tokens: 10 } });
});
