import { expect, test } from 'vitest';
import { report } from '../../../src/surfaces/cli/demo/report.ts';
import { sampleReadings } from './sample-readings.ts';

test('the report has exactly the promised keys, in JSON as in memory', () => {
  const line = JSON.stringify(report(sampleReadings, { frames: 12, clientEqual: true }));

  expect(JSON.parse(line)).toEqual({
    calls: 61,
    outcomes: { success: 25, failure: 0, ignored: 1, timeout: 0, aborted: 0, rejected: 0, fallback: 34 },
    transitions: [
      { breaker: 'payments', from: 'closed', to: 'open', rule: 'consecutiveFailures', atMs: 4_449 },
      { breaker: 'invoices', from: 'open', to: 'halfOpen', rule: 'deadline', atMs: 12_010 },
    ],
    recoveries: {},
    health: { score: 0.5012, min: 0.41, status: 'degraded' },
    metering: { recorded: 60, flushed: 40, pending: 20, dropped: 0 },
    engine: { kind: 'wasm', threads: 2, ticks: 9 },
    feed: { frames: 12, clientEqual: true },
    restarts: 3,
  });
});
