import { expect, test } from 'vitest';
import { toneOf } from '../../../src/surfaces/dashboard/tones.ts';
import { HAPPENING_ROWS } from '../../support/happening-rows.ts';

test('news of every kind is good, bad, to be watched, or neither', () => {
  const entries = Object.values(HAPPENING_ROWS).flatMap((rows) => rows.flatMap(([, entry]) => entry ?? []));

  const tones = new Set(entries.map(({ kind, became }) => `${kind} ${became}: ${toneOf(kind, became)}`));

  expect([...tones].toSorted()).toEqual([
    'alert acknowledged: idle',
    'alert escalated: bad',
    'alert raised as critical: bad',
    'alert raised as warning: warn',
    'alert resolved: good',
    'breaker forcedOpen: bad',
    'breaker open: bad',
    'channel failed: bad',
    'channel recovered: good',
    'check degraded: warn',
    'check healthy: good',
    'check unhealthy: bad',
    'failover us: idle',
    'feature held off: warn',
    'feature off: warn',
    'feature on: good',
    'feature released: idle',
    'foreign open: bad',
    'foreign unknown: idle',
    'health critical: bad',
    'health degraded: warn',
    'health unknown: idle',
    'level held at reduced: warn',
    'level minimal: warn',
    'level reduced: warn',
    'level released at reduced: warn',
    'part crashed: bad',
    'part escalated: bad',
    'part lost: bad',
    'part started: good',
    'recovery attempt 2 failed: bad',
    'recovery attempt 3 succeeded: good',
    'recovery awaitingManual: bad',
    'recovery cancelled: idle',
    'recovery escalated: bad',
    'recovery restored: idle',
    'recovery scheduled: warn',
    'recovery succeeded: good',
    'signal ended: good',
    'signal raised: warn',
    'sink failed: bad',
    'sink recovered: good',
    'store degraded: bad',
    'store quarantined: bad',
    'store recovered: good',
  ]);
});

test('a provider may be named like anything', () => {
  expect(['open', 'critical', 'constructor', '__proto__'].map((name) => toneOf('failover', name))).toEqual([
    'idle',
    'idle',
    'idle',
    'idle',
  ]);
});
