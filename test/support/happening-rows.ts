/** Events of every type, and what the timeline says of each. As a record, so that a new type does not compile without. */
import type { EventPayload, EventType } from '../../src/core/events.ts';
import type { HappeningReading } from '../../src/core/readings.ts';

type Entry = Omit<HappeningReading, 'atMs'>;

export const HAPPENING_ROWS: {
  readonly [T in EventType]: readonly (readonly [EventPayload<T>, Entry | null])[];
} = {
  'breaker.transitioned': [
    [
      { breaker: 'pay', from: 'closed', to: 'open', rule: 'failureRate', epoch: 2 },
      entry('breaker', 'pay', 'closed', 'open', 'failureRate'),
    ],
    [
      { breaker: 'pay', from: 'open', to: 'forcedOpen', rule: 'manual', epoch: 3, by: 'ada', reason: 'the launch' },
      entry('breaker', 'pay', 'open', 'forcedOpen', 'ada: the launch'),
    ],
    [{ breaker: 'tenants', key: 'acme', from: 'closed', to: 'open', rule: 'failureRate', epoch: 2 }, null],
  ],
  'breaker.crossed': [[{ breaker: 'pay', rule: 'failureRate' }, null]],
  'breaker.configured': [
    [{ breaker: 'pay', changed: ['openMs'], cleared: [], epoch: 1, by: 'ada', reason: 'slower' }, null],
  ],
  'breaker.forgotten': [[{ breaker: 'pay', state: 'open' }, null]],
  'retry.exhausted': [[{ pipeline: 'pay', attempts: 3, usedUp: 'attempts', error: 'ECONNREFUSED' }, null]],
  'health.changed': [
    [
      { from: 'healthy', to: 'degraded', score: 0.66249 },
      entry('health', 'system', 'healthy', 'degraded', 'score is 0.662'),
    ],
    [{ from: 'degraded', to: 'unknown', score: null }, entry('health', 'system', 'degraded', 'unknown', null)],
    [{ from: 'unknown', to: 'critical', score: 0.2 }, entry('health', 'system', 'unknown', 'critical', 'score is 0.2')],
    [{ from: 'unknown', to: 'healthy', score: 1 }, null],
  ],
  'check.changed': [
    [
      { check: 'disk', from: 'healthy', to: 'unhealthy', error: '1 % is free' },
      entry('check', 'disk', 'healthy', 'unhealthy', '1 % is free'),
    ],
    [{ check: 'disk', from: 'unhealthy', to: 'healthy' }, entry('check', 'disk', 'unhealthy', 'healthy', null)],
    [{ check: 'disk', from: null, to: 'degraded' }, entry('check', 'disk', null, 'degraded', null)],
    [{ check: 'disk', from: null, to: 'healthy' }, null],
  ],
  'foreign.changed': [
    [{ breaker: 'old', from: 'closed', to: 'open' }, entry('foreign', 'old', 'closed', 'open', null)],
    [{ breaker: 'old', from: 'open', to: null }, entry('foreign', 'old', 'open', 'unknown', null)],
  ],
  'signal.raised': [
    [{ signal: 'pain', severity: 0.4, algedonic: false }, entry('signal', 'pain', null, 'raised', 'severity 0.4')],
    [
      { signal: 'pain', severity: 1, algedonic: true },
      entry('signal', 'pain', null, 'raised', 'severity 1, algedonic'),
    ],
  ],
  'signal.ended': [[{ signal: 'pain', why: 'expired' }, entry('signal', 'pain', null, 'ended', 'expired')]],
  'recovery.scheduled': [
    [
      { task: 'pay#1', service: 'pay', strategy: 'exponential', priority: 5, reason: 'breaker "pay" opened' },
      entry('recovery', 'pay', null, 'scheduled', 'breaker "pay" opened'),
    ],
  ],
  'recovery.attempted': [
    [
      { task: 'pay#1', service: 'pay', attempt: 2, succeeded: false, durationMs: 9, error: 'TypeError: fetch failed' },
      entry('recovery', 'pay', null, 'attempt 2 failed', 'TypeError: fetch failed'),
    ],
    [
      { task: 'pay#1', service: 'pay', attempt: 3, succeeded: true, durationMs: 9 },
      entry('recovery', 'pay', null, 'attempt 3 succeeded', null),
    ],
  ],
  'recovery.ended': [
    [
      { task: 'pay#1', service: 'pay', result: 'succeeded', attempts: 3, durationMs: 900 },
      entry('recovery', 'pay', null, 'succeeded', 'after 3 attempts'),
    ],
    [
      { task: 'pay#1', service: 'pay', result: 'awaitingManual', attempts: 1, durationMs: 900 },
      entry('recovery', 'pay', null, 'awaitingManual', 'after 1 attempt'),
    ],
    [
      { task: 'pay#1', service: 'pay', result: 'cancelled', attempts: 0, durationMs: 900, reason: 'ada: not now' },
      entry('recovery', 'pay', null, 'cancelled', 'ada: not now'),
    ],
  ],
  'recovery.escalated': [
    [
      { task: 'pay#1', service: 'pay', channels: ['pager'], message: 'call the bank' },
      entry('recovery', 'pay', null, 'escalated', 'call the bank'),
    ],
    [
      { task: 'pay#1', service: 'pay', channels: [], message: 'a'.repeat(257) },
      entry('recovery', 'pay', null, 'escalated', `${'a'.repeat(255)}…`),
    ],
  ],
  'recovery.restored': [
    [{ service: 'pay', ageMs: 61_400 }, entry('recovery', 'pay', null, 'restored', 'to its checkpoint of 61 s ago')],
  ],
  'recovery.checkpointed': [[{ service: 'pay' }, null]],
  'failover.switched': [
    [
      { component: 'db', from: 'eu', to: 'us', by: 'failover', reason: 'eu fails' },
      entry('failover', 'db', 'eu', 'us', 'failover: eu fails'),
    ],
  ],
  'degradation.changed': [
    [
      { from: 'full', to: 'reduced', reason: 'score is 0.6, below 0.7' },
      entry('level', 'self', 'full', 'reduced', 'score is 0.6, below 0.7'),
    ],
    [
      { from: 'full', to: 'minimal', reason: 'the launch', by: 'ada' },
      entry('level', 'self', 'full', 'minimal', 'ada: the launch'),
    ],
  ],
  'degradation.overridden': [
    [
      { level: 'reduced', by: 'ada', reason: 'the launch', forMs: 60_000 },
      entry('level', 'self', null, 'held at reduced', 'ada: the launch'),
    ],
  ],
  'degradation.released': [
    [
      { level: 'reduced', reason: 'its time is over' },
      entry('level', 'self', null, 'released at reduced', 'its time is over'),
    ],
  ],
  'flag.changed': [
    [
      { flag: 'reviews', enabled: false, reason: 'the level is reduced' },
      entry('feature', 'reviews', 'on', 'off', 'the level is reduced'),
    ],
    [
      { flag: 'reviews', enabled: true, reason: 'the level is full' },
      entry('feature', 'reviews', 'off', 'on', 'the level is full'),
    ],
  ],
  'flag.overridden': [
    [
      { flag: 'reviews', enabled: false, by: 'ada', reason: 'the launch' },
      entry('feature', 'reviews', null, 'held off', 'ada: the launch'),
    ],
  ],
  'flag.released': [
    [{ flag: 'reviews', reason: 'done', by: 'ada' }, entry('feature', 'reviews', null, 'released', 'ada: done')],
  ],
  'limit.changed': [[{ limit: 'tokens', from: 9, to: 4, reason: 'the level is reduced' }, null]],
  'alert.raised': [
    [
      {
        alert: 'k-1',
        rule: 'breakerOpened',
        severity: 'warning',
        component: 'breaker/pay',
        message: 'opened by failureRate',
      },
      entry('alert', 'breaker/pay', null, 'raised as warning', 'breakerOpened: opened by failureRate'),
    ],
    [
      { alert: 'k-2', rule: 'stock', severity: 'critical', component: 'system', message: 'few left', silenced: true },
      entry('alert', 'system', null, 'raised as critical', 'stock, silenced: few left'),
    ],
  ],
  'alert.acknowledged': [
    [
      { alert: 'k-1', rule: 'breakerOpened', component: 'breaker/pay', by: 'ada' },
      entry('alert', 'breaker/pay', null, 'acknowledged', 'breakerOpened: by ada'),
    ],
  ],
  'alert.escalated': [
    [
      { alert: 'k-1', rule: 'breakerOpened', component: 'breaker/pay', afterMs: 60_000, channels: ['ops', 'boss'] },
      entry('alert', 'breaker/pay', null, 'escalated', 'breakerOpened: to ops, boss'),
    ],
  ],
  'alert.resolved': [
    [
      { alert: 'k-1', rule: 'breakerOpened', severity: 'warning', component: 'breaker/pay', durationMs: 6_400 },
      entry('alert', 'breaker/pay', null, 'resolved', 'breakerOpened: after 6 s'),
    ],
  ],
  'alerts.silenced': [[{ rule: 'stock', by: 'ada', reason: 'known', forMs: 1 }, null]],
  'alerts.unsilenced': [[{ rule: 'stock', why: 'expired' }, null]],
  'channel.failed': [
    [{ channel: 'pager', error: 'ECONNREFUSED' }, entry('channel', 'pager', null, 'failed', 'ECONNREFUSED')],
  ],
  'channel.recovered': [
    [{ channel: 'pager', downMs: 61_000 }, entry('channel', 'pager', null, 'recovered', 'after 61 s')],
  ],
  'sink.failed': [
    [
      { sink: 'bill', batch: 'b1', error: 'Error: status 500' },
      entry('sink', 'bill', null, 'failed', 'Error: status 500'),
    ],
  ],
  'sink.recovered': [[{ sink: 'bill', downMs: 900 }, entry('sink', 'bill', null, 'recovered', 'after 1 s')]],
  'store.degraded': [[{ error: 'disk full' }, entry('store', 'self', null, 'degraded', 'disk full')]],
  'store.recovered': [[{ downMs: 4_000 }, entry('store', 'self', null, 'recovered', 'after 4 s')]],
  'store.quarantined': [
    [
      { path: '/srv/a.db', aside: '/srv/a.db.bad', error: 'file is not a database' },
      entry('store', 'self', null, 'quarantined', 'file is not a database'),
    ],
  ],
  'store.committed': [[{ batch: 'b1', records: 3 }, null]],
  'metering.committed': [[{ batch: 'b1', records: 3, groups: 1 }, null]],
  'metering.failed': [[{ error: 'Error: no' }, null]],
  'metering.mismatched': [[{ expected: 'a', given: '"b"' }, null]],
  'child.started': [
    [{ child: 'root/compute/pool', incarnation: 1 }, null],
    [
      { child: 'root/compute/pool', incarnation: 2 },
      entry('part', 'root/compute/pool', null, 'started', 'incarnation 2'),
    ],
  ],
  'child.exited': [
    [
      { child: 'root/surfaces/db', incarnation: 1, reason: 'error', error: 'TypeError: no host postgres://ada:pw@db' },
      entry('part', 'root/surfaces/db', null, 'crashed', 'TypeError'),
    ],
    [
      { child: 'root/surfaces/db', incarnation: 1, reason: 'error', error: '"pw"' },
      entry('part', 'root/surfaces/db', null, 'crashed', null),
    ],
    [
      { child: 'root/surfaces/db', incarnation: 1, reason: 'error' },
      entry('part', 'root/surfaces/db', null, 'crashed', null),
    ],
    [{ child: 'root/surfaces/db', incarnation: 1, reason: 'shutdown' }, null],
    [{ child: 'root/surfaces/db', incarnation: 1, reason: 'normal' }, null],
  ],
  'supervisor.escalated': [
    [
      { child: 'root/compute', error: 'HoldfastError: root/compute: expected at most 5 restarts' },
      entry('part', 'root/compute', null, 'escalated', 'HoldfastError: root/compute: expected at most 5 restarts'),
    ],
  ],
  'worker.lost': [[{ pool: 'pool', error: 'Error: it ended' }, entry('part', 'pool', null, 'lost', 'Error')]],
  'callback.failed': [[{ callback: 'a listener', error: 'Error: no' }, null]],
};

function entry(
  kind: Entry['kind'],
  subject: string,
  was: string | null,
  became: string,
  because: string | null,
): Entry {
  return { kind, subject, was, became, because };
}
