/**
 * The rules there are without anybody writing one, as one table. All of it pure: a sample or an event in, findings out.
 *
 * A rule that is about a rate or a share compares strictly: exactly at its threshold nothing is wrong yet. Messages go to
 * others' services: none repeats what an error of the application's says.
 */
import { eachOf } from '../../core/each-of.ts';
import type { AlertSeverity, ComponentReading, RecoveryReading, Section } from '../../core/readings.ts';
import type { Finding, Rule, RuleLogic } from './rule.ts';
import type { ThresholdUnit } from './rule-options.ts';
import type { AlertSample } from './sample.ts';

const MINUTE_MS = 60_000;
/** Below this many calls a share of them says nothing. */
const MINIMUM_CALLS = 20;

interface Row extends RuleLogic {
  readonly severity: AlertSeverity;
  readonly threshold?: number;
  /** Of the threshold, where there is one. */
  readonly unit?: ThresholdUnit;
  readonly forMs?: number;
  readonly calmMs?: number;
}

/** Within so long of its start an application has made its breakers and its checks: until then what is not there says nothing. */
const MADE_MS = 10_000;

/** A share or a quantile that is about at its threshold is on both sides of it each minute: one alert, not one each time. */
const SETTLED_MS = 30_000;

const availability: RuleLogic & Pick<Row, 'unit' | 'calmMs'> = {
  unit: 'share',
  calmMs: SETTLED_MS,
  windowMs: 5 * MINUTE_MS,
  lack: ({ availability }) => lackOf(availability, 'no component has a score'),
  find: ({ availability }, threshold) =>
    findingsIn(availability, (share, component) =>
      share < threshold ? { component, message: `available ${percent(share)} of the last 5 min` } : undefined,
    ),
};

const errorRate: RuleLogic & Pick<Row, 'unit' | 'calmMs'> = {
  unit: 'share',
  calmMs: SETTLED_MS,
  windowMs: MINUTE_MS,
  lack: ({ calls }) => lackOf(calls, 'there is no pipeline, and no breaker that was called'),
  find: ({ calls }, threshold) =>
    findingsIn(calls, ({ total, errors }, component) =>
      total >= MINIMUM_CALLS && errors / total > threshold
        ? { component, message: `${errors} of ${total} calls failed within 1 min` }
        : undefined,
    ),
};

/** A breaker's quantile is of its own window, so "over a minute" is: at every look of it that finds calls in the window. */
const latency: RuleLogic & Pick<Row, 'unit' | 'forMs' | 'calmMs'> = {
  unit: 'milliseconds',
  calmMs: SETTLED_MS,
  forMs: MINUTE_MS,
  windowMs: MINUTE_MS,
  lack: ({ breakers }) =>
    Object.values(breakers).some(({ p95Ms }) => p95Ms !== null) ? undefined : 'no breaker has measured a latency',
  find: ({ breakers }, threshold) =>
    findingsIn(breakers, ({ p95Ms }, breaker) =>
      p95Ms !== null && p95Ms > threshold
        ? {
            component: `breaker/${breaker}`,
            message: `p95 above ${threshold} ms for 1 min, now ${Math.round(p95Ms)} ms`,
          }
        : undefined,
    ),
  isUnknown: ({ breakers }, component) => breakers[nameIn(component)]?.p95Ms === null,
};

const TABLE = {
  availabilityCritical: { severity: 'critical', threshold: 0.95, ...availability },
  errorRateCritical: { severity: 'critical', threshold: 0.05, ...errorRate },
  latencyCritical: { severity: 'critical', threshold: 5_000, ...latency },
  /** One that is past its deadline waits for a call, not for people, and ends it when it has waited for long (`open-time.ts`). */
  breakerStuck: {
    severity: 'critical',
    windowMs: MADE_MS,
    threshold: MINUTE_MS,
    unit: 'milliseconds',
    lack: lackOfBreakers,
    find: (sample, threshold) =>
      findingsIn(sample.openForMs, (forMs, component) =>
        forMs > threshold && rejects(sample, component)
          ? { component, message: `open for more than ${threshold / 1_000} s` }
          : undefined,
      ),
    holds: ({ openForMs }, component) => component in openForMs,
  },
  systemCritical: {
    severity: 'critical',
    lack: ({ health }) => (health.status === 'unknown' ? 'nothing counts for the score' : undefined),
    find: ({ health }) =>
      health.status === 'critical' ? [{ component: 'system', message: `health is critical, ${health.percent}` }] : [],
  },
  /** Waiting for a person because it was asked to is no exhaustion. What the attempts failed with may hold a secret. */
  recoveryExhausted: {
    severity: 'critical',
    find: ({ recoveries }) =>
      findingsIn(recoveries, (recovery, service) =>
        isExhausted(recovery)
          ? {
              component: `service/${service}`,
              message: `not recovered in ${attemptsIn(recovery)}: ${recovery.reason}`,
            }
          : undefined,
      ),
  },
  /** A step of a recovery asks for people by itself. */
  recoveryEscalated: {
    severity: 'critical',
    hear: {
      'recovery.escalated': ({ service, channels, message }) => ({
        component: `service/${service}`,
        message,
        channels,
      }),
    },
    holds: ({ recoveries }, component) => isOpen(recoveries[nameIn(component)]),
  },
  /** Pain: past every aggregation, at once; looked at, too, as it may have begun before anybody listened. */
  signalRaised: {
    severity: 'critical',
    find: ({ pains }) =>
      findingsIn(pains, (severity, signal) => ({
        component: `signal/${signal}`,
        message: `signalled ${severity} of 1`,
      })),
    hear: {
      'signal.raised': ({ signal, severity, algedonic }) =>
        algedonic ? { component: `signal/${signal}`, message: `signalled ${severity} of 1` } : undefined,
    },
    holds: ({ components }, component) => component in components,
  },
  availabilityWarning: { severity: 'warning', threshold: 0.99, ...availability },
  errorRateWarning: { severity: 'warning', threshold: 0.01, ...errorRate },
  latencyWarning: { severity: 'warning', threshold: 2_000, ...latency },
  queueDepth: {
    severity: 'warning',
    threshold: 1_000,
    unit: 'calls',
    lack: ({ queueDepth }) => (queueDepth === null ? 'there is no bulkhead' : undefined),
    find: ({ queueDepth }, threshold) =>
      queueDepth !== null && queueDepth > threshold
        ? [{ component: 'system', message: `more than ${threshold} calls wait in bulkheads` }]
        : [],
  },
  /** The keys of a keyed breaker are one component: ten thousand may open at once. */
  breakerOpened: {
    severity: 'warning',
    windowMs: MADE_MS,
    lack: lackOfBreakers,
    hear: {
      'foreign.changed': ({ breaker, to }) =>
        isOpenState(to) ? { component: `foreign/${breaker}`, message: 'opened' } : undefined,
      'breaker.transitioned': ({ breaker, key, to, rule }) =>
        isOpenState(to)
          ? {
              component: `breaker/${breaker}`,
              message: `opened by ${rule}${key === undefined ? '' : `, key ${JSON.stringify(key)}`}`,
            }
          : undefined,
    },
    holds: ({ breakers, components }, component) =>
      isForeign(component) ? isFailing(components[component]) : isAnyOpen(breakers, nameIn(component)),
  },
  /** Looked at, not heard: also what was so before anybody looked is told. It ends late: what ends it is told there as well. */
  deliveryFailed: {
    severity: 'warning',
    calmMs: MINUTE_MS,
    lack: ({ channels, sinks }) =>
      lackOf(channels, '') === undefined ? undefined : lackOf(sinks, 'there is no channel, and no sink'),
    find: ({ channels, sinks }) => [
      ...findingsIn(channels, ({ error }, channel) =>
        error === null
          ? undefined
          : { component: `channel/${channel}`, message: `does not take what it is told: ${error}` },
      ),
      ...findingsIn(sinks, ({ error }, sink) =>
        error === null ? undefined : { component: `sink/${sink}`, message: 'does not take the usage it is given' },
      ),
    ],
  },
  levelChanged: {
    severity: 'info',
    lack: ({ level }) => (level === null ? 'nothing drives the level' : undefined),
    hear: {
      'degradation.changed': ({ from, to, reason }) =>
        to === 'full' ? undefined : { component: `level/${to}`, message: `${from} → ${to}: ${reason}` },
    },
    holds: ({ level }, component) => component === `level/${level}`,
  },
  recoveryStarted: {
    severity: 'info',
    hear: {
      'recovery.scheduled': ({ service, strategy, reason }) => ({
        component: `service/${service}`,
        message: `being recovered (${strategy}): ${reason}`,
      }),
    },
    holds: ({ recoveries }, component) => isUnderWay(recoveries[nameIn(component)]),
  },
  /** What was done since its checkpoint is gone. That one was taken is an event, and nothing to be told of. */
  recoveryPoint: {
    severity: 'info',
    hear: {
      'recovery.restored': ({ service, ageMs }) => ({
        component: `service/${service}`,
        message: `brought back to its checkpoint of ${Math.round(ageMs / 1_000)} s ago`,
      }),
    },
    holds: ({ recoveries }, component) => isOpen(recoveries[nameIn(component)]),
  },
  rateLimited: {
    severity: 'info',
    threshold: 0,
    unit: 'calls',
    windowMs: MINUTE_MS,
    lack: ({ hasRateLimits }) => (hasRateLimits ? undefined : 'no pipeline has a rate limit'),
    find: ({ calls }, threshold) =>
      findingsIn(calls, ({ rateLimited }, component) =>
        rateLimited > threshold
          ? { component, message: `${rateLimited} calls over its rate limit within 1 min` }
          : undefined,
      ),
  },
  checkFailed: {
    severity: 'info',
    windowMs: MADE_MS,
    lack: ({ components }) =>
      Object.values(components).some(({ kind }) => kind === 'check') ? undefined : 'no check is registered',
    hear: {
      'check.changed': ({ check, to }) =>
        to === 'unhealthy' ? { component: `check/${check}`, message: 'unhealthy' } : undefined,
    },
    holds: ({ components }, component) => components[component]?.score === 0,
  },
} satisfies Readonly<Record<string, Row>>;

export type DefaultRuleName = keyof typeof TABLE;

export const DEFAULT_RULES: readonly (Rule & Pick<Row, 'unit'>)[] = Object.entries<Row>(TABLE).map(([name, row]) =>
  Object.assign({ name, threshold: NaN, forMs: 0, calmMs: 0 }, row),
);

function findingsIn<T>(
  section: Section<T>,
  find: (reading: T, name: string) => Finding | undefined,
): readonly Finding[] {
  const findings: Finding[] = [];
  eachOf(section, (reading, name) => {
    const found = find(reading, name);
    if (found !== undefined) findings.push(found);
  });
  return findings;
}

function lackOf(section: Section<unknown>, lack: string): string | undefined {
  for (const _ in section) return undefined;
  return lack;
}

/** shape  0.94499 → '94.49 %': cut, so that what is below a bound is not shown as if it were on it */
function percent(share: number): string {
  return `${Math.floor(share * 1e4) / 1e2} %`;
}

/** shape  'breaker/a/b' → 'a/b': kinds have no slash */
function nameIn(component: string): string {
  return component.slice(component.indexOf('/') + 1);
}

function lackOfBreakers({ breakers, components }: AlertSample): string | undefined {
  const hasForeign = Object.values(components).some(({ kind }) => kind === 'foreign');
  return hasForeign ? undefined : lackOf(breakers, 'there is no breaker');
}

function isForeign(component: string): boolean {
  return component.startsWith('foreign/');
}

/** One of another library says no deadline: it rejects for as long as it says that it is open. */
function rejects({ breakers, components }: AlertSample, component: string): boolean {
  if (isForeign(component)) return isOpenState(components[component]?.reason);
  const breaker = breakers[nameIn(component)];
  return breaker?.state === 'forcedOpen' || (breaker?.state === 'open' && breaker.retryAfterMs !== 0);
}

function isOpenState(state: string | null | undefined): boolean {
  return state === 'open' || state === 'forcedOpen';
}

/** Half-open is not well yet. */
function isFailing(component: ComponentReading | undefined): boolean {
  return component !== undefined && component.score !== null && component.score < 1;
}

/** Half-open is not well yet. */
function isAnyOpen(breakers: AlertSample['breakers'], name: string): boolean {
  return Object.entries(breakers).some(
    ([shown, { state }]) =>
      (state === 'open' || state === 'halfOpen' || state === 'forcedOpen') &&
      (shown === name || shown.startsWith(`${name} · `)),
  );
}

function isExhausted({ state, attempts, strategy }: RecoveryReading): boolean {
  return (state === 'awaitingManual' || state === 'failed') && attempts > 0 && strategy !== 'manual';
}

function attemptsIn({ attempts }: RecoveryReading): string {
  return attempts === 1 ? '1 attempt' : `${attempts} attempts`;
}

function isUnderWay(recovery: RecoveryReading | undefined): boolean {
  return recovery?.state === 'scheduled' || recovery?.state === 'inProgress';
}

function isOpen(recovery: RecoveryReading | undefined): boolean {
  return isUnderWay(recovery) || recovery?.state === 'awaitingManual';
}
