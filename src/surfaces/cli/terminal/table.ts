/** What the demo shows in the terminal: readings to lines. Pure. */
import type { BreakerReading, BreakerState, HealthStatus, Level, Outcome, Readings } from '../../../index.ts';
import { columns, printable, type Cell, type Column } from './columns.ts';
import type { Paint, Tone } from './paint.ts';

const OUTCOMES: readonly Outcome[] = ['success', 'fallback', 'failure', 'timeout', 'rejected', 'ignored', 'aborted'];
const TRANSITIONS_SHOWN = 5;

/** in  seconds   since the demo began */
export function tableLines(readings: Readings, seconds: number, paint: Paint): string[] {
  return [
    headline(readings, seconds, paint),
    '',
    ...columns(BREAKER_COLUMNS, Object.entries(readings.breakers).map(breakerRow), paint),
    '',
    ...columns(PIPELINE_COLUMNS, Object.entries(readings.pipelines).map(pipelineRow), paint),
    '',
    ...columns(USAGE_COLUMNS, Object.entries(readings.usage).map(usageRow), paint),
    meteringLine(readings, paint),
    '',
    ...transitionLines(readings, paint),
  ];
}

/** One line for a log: what a terminal without a cursor gets now and then. */
export function summaryLine(readings: Readings, seconds: number): string {
  const notClosed = Object.entries(readings.breakers).filter(([, { state }]) => state !== 'closed');
  const breakers =
    notClosed.map(([name, { state }]) => `${printable(name)} ${state}`).join(', ') || 'all breakers closed';
  const { score, status } = readings.health['system']!;
  return `${seconds} s  ${sum(readings)} calls  health ${ratio(score)} ${status}  level ${levelOf(readings)}  ${breakers}`;
}

function headline(readings: Readings, seconds: number, paint: Paint): string {
  const { score, min, status } = readings.health['system']!;
  const word = paint(STATUS_TONES[status], `${ratio(score)} ${status}`);
  const name = paint('strong', printable(readings.runtime['self']!.name));
  const level = paint(LEVEL_TONES[levelOf(readings)], levelOf(readings));
  const lowest = paint('quiet', `lowest ${ratio(min)}`);
  return `${name}  ${seconds} s  ${sum(readings)} calls  health ${word}  ${lowest}  level ${level}`;
}

const BREAKER_COLUMNS: readonly Column[] = [
  { title: 'breaker', width: 12 },
  { title: 'state', width: 13 },
  { title: 'failing', width: 7, right: true },
  { title: 'p50', width: 8, right: true },
  { title: 'p99', width: 8, right: true },
  { title: 'refused', width: 8, right: true },
  { title: '', width: 16 },
];

function breakerRow([name, breaker]: [string, BreakerReading]): Cell[] {
  const { state, failureRate, p50Ms, p99Ms, notPermitted, retryAfterMs } = breaker;
  return [
    { text: name },
    { text: `${STATE_MARKS[state]} ${state}`, tone: STATE_TONES[state] },
    { text: failureRate === null ? '–' : `${Math.round(failureRate * 100)} %` },
    { text: milliseconds(p50Ms) },
    { text: milliseconds(p99Ms) },
    { text: String(notPermitted) },
    { text: retryAfterMs === null ? '' : ` tries in ${(retryAfterMs / 1_000).toFixed(1)} s`, tone: 'quiet' },
  ];
}

const PIPELINE_COLUMNS: readonly Column[] = [
  { title: 'pipeline', width: 12 },
  ...OUTCOMES.map((title): Column => ({ title, width: 8, right: true })),
];

function pipelineRow([name, { outcomes }]: [string, Readings['pipelines'][string]]): Cell[] {
  return [
    { text: name },
    ...OUTCOMES.map((outcome): Cell =>
      outcomes[outcome] === 0 ? { text: '0', tone: 'quiet' } : { text: String(outcomes[outcome]) },
    ),
  ];
}

const USAGE_COLUMNS: readonly Column[] = [
  { title: 'tenant', width: 12 },
  { title: 'calls', width: 8, right: true },
  { title: 'tokens', width: 10, right: true },
  { title: 'mean', width: 9, right: true },
];

function usageRow([tenant, usage]: [string, Readings['usage'][string]]): Cell[] {
  return [
    { text: tenant },
    { text: String(usage.count) },
    { text: String(usage.tokens) },
    { text: milliseconds(usage.latencyMeanMs) },
  ];
}

function meteringLine(readings: Readings, paint: Paint): string {
  const { recorded, flushed, pending, dropped } = readings.metering['total']!;
  return paint('quiet', `metered: ${recorded} recorded = ${flushed} flushed + ${pending} pending + ${dropped} dropped`);
}

function transitionLines(readings: Readings, paint: Paint): string[] {
  const last = Object.values(readings.transitions).slice(-TRANSITIONS_SHOWN);
  const rows = last.map(({ atMs, breaker, from, to, rule }): Cell[] => [
    { text: `${(atMs / 1_000).toFixed(1)} s`, tone: 'quiet' },
    { text: breaker },
    { text: `${from} → ${to}`, tone: STATE_TONES[to] },
    { text: rule, tone: 'quiet' },
  ]);
  return columns(TRANSITION_COLUMNS, rows, paint);
}

const TRANSITION_COLUMNS: readonly Column[] = [
  { title: 'at', width: 8, right: true },
  { title: 'transition', width: 12 },
  { title: '', width: 22 },
  { title: 'rule', width: 20 },
];

const STATE_MARKS: Readonly<Record<BreakerState, string>> = {
  closed: '●',
  halfOpen: '◐',
  open: '○',
  forcedOpen: '⊘',
  disabled: '–',
  metricsOnly: '◌',
};

const STATE_TONES: Readonly<Record<BreakerState, Tone>> = {
  closed: 'good',
  halfOpen: 'warn',
  open: 'bad',
  forcedOpen: 'bad',
  disabled: 'quiet',
  metricsOnly: 'quiet',
};

const STATUS_TONES: Readonly<Record<HealthStatus, Tone>> = {
  healthy: 'good',
  degraded: 'warn',
  critical: 'bad',
  unknown: 'quiet',
};

const LEVEL_TONES: Readonly<Record<Level, Tone>> = {
  full: 'good',
  reduced: 'warn',
  minimal: 'warn',
  emergency: 'bad',
};

function levelOf(readings: Readings): Level {
  return readings.degradation['self']!.level;
}

function sum(readings: Readings): number {
  return Object.values(readings.pipelines).reduce((calls, pipeline) => calls + pipeline.calls, 0);
}

function ratio(score: number | null): string {
  return score === null ? '–' : score.toFixed(2);
}

function milliseconds(value: number | null): string {
  return value === null ? '–' : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}
