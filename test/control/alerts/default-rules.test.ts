/** The rules there are, as literals, and each of them on both sides of its bound. */
import { describe, expect, test } from 'vitest';
import { DEFAULT_RULES } from '../../../src/control/alerts/default-rules.ts';
import type { AlertSample } from '../../../src/control/alerts/sample.ts';
import type { EventType, HoldfastEvent } from '../../../src/core/events.ts';
import { breakerOf, channelOf, componentOf, recoveryOf, sampleOf, sinkOf } from '../../support/alert-sample.ts';

const RULES = new Map(DEFAULT_RULES.map((rule) => [rule.name, rule]));

function found(name: string, different: Partial<AlertSample>): readonly string[] {
  const rule = RULES.get(name)!;
  return rule.find!(sampleOf(different), rule.threshold).map(({ component }) => component);
}

function heard(name: string, type: EventType, event: object): string | undefined {
  const hear = RULES.get(name)!.hear![type] as unknown as (event: HoldfastEvent) => { component: string } | undefined;
  return hear(event as HoldfastEvent)?.component;
}

function holds(name: string, component: string, different: Partial<AlertSample>): boolean {
  return RULES.get(name)!.holds!(sampleOf(different), component);
}

test('these are the rules, with their severities, thresholds and durations', () => {
  expect(
    DEFAULT_RULES.map(({ name, severity, threshold, forMs, calmMs }) => [name, severity, threshold, forMs, calmMs]),
  ).toEqual([
    ['availabilityCritical', 'critical', 0.95, 0, 30_000],
    ['errorRateCritical', 'critical', 0.05, 0, 30_000],
    ['latencyCritical', 'critical', 5_000, 60_000, 30_000],
    ['breakerStuck', 'critical', 60_000, 0, 0],
    ['systemCritical', 'critical', NaN, 0, 0],
    ['recoveryExhausted', 'critical', NaN, 0, 0],
    ['recoveryEscalated', 'critical', NaN, 0, 0],
    ['signalRaised', 'critical', NaN, 0, 0],
    ['availabilityWarning', 'warning', 0.99, 0, 30_000],
    ['errorRateWarning', 'warning', 0.01, 0, 30_000],
    ['latencyWarning', 'warning', 2_000, 60_000, 30_000],
    ['queueDepth', 'warning', 1_000, 0, 0],
    ['breakerOpened', 'warning', NaN, 0, 0],
    ['deliveryFailed', 'warning', NaN, 0, 60_000],
    ['levelChanged', 'info', NaN, 0, 0],
    ['recoveryStarted', 'info', NaN, 0, 0],
    ['recoveryPoint', 'info', NaN, 0, 0],
    ['rateLimited', 'info', 0, 0, 0],
    ['checkFailed', 'info', NaN, 0, 0],
  ]);
});

describe('at its bound a rule is silent, and beyond it it is not', () => {
  const open = { state: 'open', retryAfterMs: 1 } as const;

  test.each<[string, Partial<AlertSample>, Partial<AlertSample>, string]>([
    [
      'availabilityCritical',
      { availability: { 'check/db': 0.95 } },
      { availability: { 'check/db': 0.9499 } },
      'check/db',
    ],
    [
      'availabilityWarning',
      { availability: { 'check/db': 0.99 } },
      { availability: { 'check/db': 0.9899 } },
      'check/db',
    ],
    ['errorRateCritical', { calls: callsOf(100, 5) }, { calls: callsOf(100, 6) }, 'pipeline/quotes'],
    ['errorRateCritical', { calls: callsOf(19, 19) }, { calls: callsOf(20, 2) }, 'pipeline/quotes'],
    ['errorRateWarning', { calls: callsOf(100, 1) }, { calls: callsOf(100, 2) }, 'pipeline/quotes'],
    ['errorRateWarning', { calls: callsOf(19, 19) }, { calls: callsOf(20, 1) }, 'pipeline/quotes'],
    [
      'latencyCritical',
      { breakers: { db: breakerOf({ p95Ms: 5_000 }) } },
      { breakers: { db: breakerOf({ p95Ms: 5_001 }) } },
      'breaker/db',
    ],
    [
      'latencyWarning',
      { breakers: { db: breakerOf({ p95Ms: 2_000 }) } },
      { breakers: { db: breakerOf({ p95Ms: 2_001 }) } },
      'breaker/db',
    ],
    [
      'breakerStuck',
      { openForMs: { 'breaker/db': 60_000 }, breakers: { db: breakerOf(open) } },
      { openForMs: { 'breaker/db': 60_001 }, breakers: { db: breakerOf(open) } },
      'breaker/db',
    ],
    [
      'breakerStuck',
      { openForMs: { 'breaker/db': 90_000 }, breakers: { db: breakerOf({ ...open, retryAfterMs: 0 }) } },
      { openForMs: { 'breaker/db': 90_000 }, breakers: { db: breakerOf({ state: 'forcedOpen' }) } },
      'breaker/db',
    ],
    [
      'systemCritical',
      { health: { ...sampleOf().health, status: 'degraded' } },
      { health: { ...sampleOf().health, status: 'critical' } },
      'system',
    ],
    ['queueDepth', { queueDepth: 1_000 }, { queueDepth: 1_001 }, 'system'],
    ['rateLimited', { calls: callsOf(9, 0, 0) }, { calls: callsOf(9, 0, 1) }, 'pipeline/quotes'],
    [
      'recoveryExhausted',
      { recoveries: { db: recoveryOf({ state: 'awaitingManual', attempts: 0 }) } },
      { recoveries: { db: recoveryOf({ state: 'awaitingManual', attempts: 5 }) } },
      'service/db',
    ],
    [
      'recoveryExhausted',
      { recoveries: { db: recoveryOf({ state: 'awaitingManual', attempts: 1, strategy: 'manual' }) } },
      { recoveries: { db: recoveryOf({ state: 'failed', attempts: 5 }) } },
      'service/db',
    ],
    [
      'recoveryExhausted',
      { recoveries: { db: recoveryOf({ state: 'scheduled', attempts: 4 }) } },
      { recoveries: { db: recoveryOf({ state: 'failed', attempts: 1 }) } },
      'service/db',
    ],
  ])('%s', (name, well, unwell, component) => {
    expect(found(name, well)).toEqual([]);
    expect(found(name, unwell)).toEqual([component]);
  });
});

test('a breaker that is half-open, or open past its probe deadline, is not found stuck; one that was is so until its opening is over', () => {
  const openForMs = { 'breaker/db': 600_000 };

  expect(found('breakerStuck', { openForMs, breakers: { db: breakerOf({ state: 'halfOpen' }) } })).toEqual([]);
  expect(found('breakerStuck', { openForMs, breakers: { db: breakerOf({ state: 'open', retryAfterMs: 0 }) } })).toEqual(
    [],
  );
  expect(holds('breakerStuck', 'breaker/db', { openForMs })).toBe(true);
  expect(holds('breakerStuck', 'breaker/db', {})).toBe(false);
});

test('a breaker of another library is stuck while it says that it is open', () => {
  const saying = (reason: string, score: number) => ({
    openForMs: { 'foreign/mail': 60_001 },
    components: { 'foreign/mail': componentOf({ kind: 'foreign', name: 'mail', score, reason }) },
  });

  expect(found('breakerStuck', saying('open', 0))).toEqual(['foreign/mail']);
  expect(found('breakerStuck', saying('forcedOpen', 0))).toEqual(['foreign/mail']);
  expect(found('breakerStuck', saying('halfOpen', 0.5))).toEqual([]);
  expect(found('breakerStuck', saying('TypeError: oops', 0))).toEqual([]);
});

test('a channel or a sink whose last delivery failed is told as such, without a word of what a sink said', () => {
  const channels = { ops: channelOf({ error: 'answered 500' }), slack: channelOf() };
  const sinks = { billing: sinkOf({ error: 'Error: CANARY' }), other: sinkOf() };
  const { find, threshold } = RULES.get('deliveryFailed')!;

  expect(find!(sampleOf({ channels, sinks }), threshold)).toEqual([
    { component: 'channel/ops', message: 'does not take what it is told: answered 500' },
    { component: 'sink/billing', message: 'does not take the usage it is given' },
  ]);
});

describe('what is told by an event is raised by it, and holds until the readings say otherwise', () => {
  test('an opened breaker, whichever of its keys it was, until none is open or half-open', () => {
    const opened = { breaker: 'db', from: 'closed', to: 'open', rule: 'failureRate', epoch: 2 };
    expect(heard('breakerOpened', 'breaker.transitioned', opened)).toBe('breaker/db');
    expect(heard('breakerOpened', 'breaker.transitioned', { ...opened, key: 'acme' })).toBe('breaker/db');
    expect(heard('breakerOpened', 'breaker.transitioned', { ...opened, to: 'forcedOpen' })).toBe('breaker/db');
    expect(heard('breakerOpened', 'breaker.transitioned', { ...opened, to: 'halfOpen' })).toBeUndefined();

    expect(holds('breakerOpened', 'breaker/db', { breakers: { db: breakerOf({ state: 'halfOpen' }) } })).toBe(true);
    expect(holds('breakerOpened', 'breaker/db', { breakers: { 'db · acme': breakerOf({ state: 'open' }) } })).toBe(
      true,
    );
    expect(
      holds('breakerOpened', 'breaker/db', { breakers: { db: breakerOf(), dbx: breakerOf({ state: 'open' }) } }),
    ).toBe(false);
  });

  test('a breaker of another library, until it is closed or gone', () => {
    const opened = { breaker: 'mail', from: 'closed', to: 'open' };
    expect(heard('breakerOpened', 'foreign.changed', opened)).toBe('foreign/mail');
    expect(heard('breakerOpened', 'foreign.changed', { ...opened, to: 'forcedOpen' })).toBe('foreign/mail');
    expect(heard('breakerOpened', 'foreign.changed', { ...opened, to: 'halfOpen' })).toBeUndefined();
    expect(heard('breakerOpened', 'foreign.changed', { ...opened, to: null })).toBeUndefined();

    const scored = (score: number | null) => ({
      components: { 'foreign/mail': componentOf({ kind: 'foreign', name: 'mail', score }) },
    });
    expect([0, 0.5, 1, null].map((score) => holds('breakerOpened', 'foreign/mail', scored(score)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(holds('breakerOpened', 'foreign/mail', {})).toBe(false);
  });

  test('a changed level, until it is another one; back at full is no news of its own', () => {
    const changed = { from: 'full', to: 'reduced', reason: 'score is 0.5' };
    expect(heard('levelChanged', 'degradation.changed', changed)).toBe('level/reduced');
    expect(heard('levelChanged', 'degradation.changed', { ...changed, from: 'reduced', to: 'full' })).toBeUndefined();

    expect(holds('levelChanged', 'level/reduced', { level: 'reduced' })).toBe(true);
    expect(holds('levelChanged', 'level/reduced', { level: 'minimal' })).toBe(false);
  });

  test('pain, also of a name with a slash, until the signal ends; a signal that is none is not told', () => {
    const raised = { signal: 'disk/a', severity: 0.9, algedonic: true };
    expect(heard('signalRaised', 'signal.raised', raised)).toBe('signal/disk/a');
    expect(heard('signalRaised', 'signal.raised', { ...raised, algedonic: false })).toBeUndefined();

    const components = { 'signal/disk/a': componentOf({ kind: 'signal', name: 'disk/a' }) };
    expect(holds('signalRaised', 'signal/disk/a', { components })).toBe(true);
    expect(holds('signalRaised', 'signal/disk/a', {})).toBe(false);
  });

  test('a failed check, until it answers anything better', () => {
    expect(heard('checkFailed', 'check.changed', { check: 'disk', from: 'healthy', to: 'unhealthy' })).toBe(
      'check/disk',
    );
    expect(heard('checkFailed', 'check.changed', { check: 'disk', from: 'healthy', to: 'degraded' })).toBeUndefined();

    expect(holds('checkFailed', 'check/disk', { components: { 'check/disk': componentOf({ score: 0 }) } })).toBe(true);
    expect(holds('checkFailed', 'check/disk', { components: { 'check/disk': componentOf({ score: 0.5 }) } })).toBe(
      false,
    );
  });

  test('a recovery, until it is over or waits for a person; one that asks for people, until it is over', () => {
    expect(
      heard('recoveryStarted', 'recovery.scheduled', { service: 'db', strategy: 'linear', reason: 'it opened' }),
    ).toBe('service/db');
    expect(
      heard('recoveryEscalated', 'recovery.escalated', { service: 'db', channels: ['ops'], message: 'help' }),
    ).toBe('service/db');

    expect(heard('recoveryPoint', 'recovery.restored', { service: 'db', ageMs: 61_400 })).toBe('service/db');

    for (const [state, started, escalated] of [
      ['scheduled', true, true],
      ['inProgress', true, true],
      ['awaitingManual', false, true],
      ['succeeded', false, false],
      ['failed', false, false],
    ] as const) {
      const recoveries = { db: recoveryOf({ state }) };
      expect([state, holds('recoveryStarted', 'service/db', { recoveries })]).toEqual([state, started]);
      expect([state, holds('recoveryEscalated', 'service/db', { recoveries })]).toEqual([state, escalated]);
      expect([state, holds('recoveryPoint', 'service/db', { recoveries })]).toEqual([state, escalated]);
    }
  });
});

test('a rule without a source says what it lacks', () => {
  const nothing = sampleOf({
    health: { ...sampleOf().health, status: 'unknown' },
    queueDepth: null,
    level: null,
    hasRateLimits: false,
  });

  expect(DEFAULT_RULES.map(({ name, lack }) => [name, lack?.(nothing)])).toEqual([
    ['availabilityCritical', 'no component has a score'],
    ['errorRateCritical', 'there is no pipeline, and no breaker that was called'],
    ['latencyCritical', 'no breaker has measured a latency'],
    ['breakerStuck', 'there is no breaker'],
    ['systemCritical', 'nothing counts for the score'],
    ['recoveryExhausted', undefined],
    ['recoveryEscalated', undefined],
    ['signalRaised', undefined],
    ['availabilityWarning', 'no component has a score'],
    ['errorRateWarning', 'there is no pipeline, and no breaker that was called'],
    ['latencyWarning', 'no breaker has measured a latency'],
    ['queueDepth', 'there is no bulkhead'],
    ['breakerOpened', 'there is no breaker'],
    ['deliveryFailed', 'there is no channel, and no sink'],
    ['levelChanged', 'nothing drives the level'],
    ['recoveryStarted', undefined],
    ['recoveryPoint', undefined],
    ['rateLimited', 'no pipeline has a rate limit'],
    ['checkFailed', 'no check is registered'],
  ]);
});

function callsOf(total: number, errors: number, rateLimited = 0): AlertSample['calls'] {
  return { 'pipeline/quotes': { total, errors, rateLimited } };
}
