/**
 * What an event is in the timeline: one line about one thing, or nothing. Pure.
 *
 * A table by the event's type, so that whoever adds one decides whether it is told. Told is what the runtime noticed of
 * trouble, and what it did about it; not what each call came to, and not what is as it should be from the beginning.
 */
import { EVENT_TYPES, type EventPayload, type EventType } from './events.ts';
import type { HappeningKind, HappeningReading } from './readings.ts';

/** What every kind says of itself in its own words. */
type Words = Pick<HappeningReading, 'subject' | 'became'> & Partial<Pick<HappeningReading, 'was' | 'because'>>;

interface Telling<T extends EventType> {
  readonly kind: HappeningKind;
  /** Absent: each one is told. */
  readonly isTold?: (event: EventPayload<T>) => boolean;
  readonly words: (event: EventPayload<T>) => Words;
}

const LONGEST = 256;

/** Null for what is never told. */
const TELLINGS: { readonly [T in EventType]: Telling<T> | null } = {
  'breaker.transitioned': {
    kind: 'breaker',
    isTold: ({ key }) => key === undefined, // a hundred thousand keys are not one story
    words: ({ breaker, from, to, rule, by, reason }) => ({
      subject: breaker,
      was: from,
      became: to,
      because: by === undefined || reason === undefined ? rule : byHand(by, reason),
    }),
  },
  'foreign.changed': {
    kind: 'foreign',
    words: ({ breaker, from, to }) => ({ subject: breaker, was: from, became: to ?? 'unknown' }),
  },
  'health.changed': {
    kind: 'health',
    isTold: ({ from, to }) => from !== 'unknown' || to !== 'healthy',
    words: ({ from, to, score }) => ({
      subject: 'system',
      was: from,
      became: to,
      because: score === null ? null : `score is ${Math.round(score * 1_000) / 1_000}`,
    }),
  },
  'check.changed': {
    kind: 'check',
    isTold: ({ from, to }) => from !== null || to !== 'healthy',
    words: ({ check, from, to, error = null }) => ({ subject: check, was: from, became: to, because: error }),
  },
  'signal.raised': {
    kind: 'signal',
    words: ({ signal, severity, algedonic }) => ({
      subject: signal,
      became: 'raised',
      because: `severity ${severity}${algedonic ? ', algedonic' : ''}`,
    }),
  },
  'signal.ended': {
    kind: 'signal',
    words: ({ signal, why }) => ({ subject: signal, became: 'ended', because: why }),
  },
  'degradation.changed': {
    kind: 'level',
    words: ({ from, to, reason, by }) => ({ subject: 'self', was: from, became: to, because: byHand(by, reason) }),
  },
  'degradation.overridden': {
    kind: 'level',
    words: ({ level, by, reason }) => ({ subject: 'self', became: `held at ${level}`, because: byHand(by, reason) }),
  },
  'degradation.released': {
    kind: 'level',
    words: ({ level, by, reason }) => ({
      subject: 'self',
      became: `released at ${level}`,
      because: byHand(by, reason),
    }),
  },
  'flag.changed': {
    kind: 'feature',
    words: ({ flag, enabled, reason }) => ({
      subject: flag,
      was: onOrOff(!enabled),
      became: onOrOff(enabled),
      because: reason,
    }),
  },
  'flag.overridden': {
    kind: 'feature',
    words: ({ flag, enabled, by, reason }) => ({
      subject: flag,
      became: `held ${onOrOff(enabled)}`,
      because: byHand(by, reason),
    }),
  },
  'flag.released': {
    kind: 'feature',
    words: ({ flag, by, reason }) => ({ subject: flag, became: 'released', because: byHand(by, reason) }),
  },
  'recovery.scheduled': {
    kind: 'recovery',
    words: ({ service, reason }) => ({ subject: service, became: 'scheduled', because: reason }),
  },
  'recovery.attempted': {
    kind: 'recovery',
    words: ({ service, attempt, succeeded, error = null }) => ({
      subject: service,
      became: `attempt ${attempt} ${succeeded ? 'succeeded' : 'failed'}`,
      because: error,
    }),
  },
  'recovery.ended': {
    kind: 'recovery',
    words: ({ service, result, attempts, reason }) => ({
      subject: service,
      became: result,
      because: reason ?? `after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`,
    }),
  },
  'recovery.escalated': {
    kind: 'recovery',
    words: ({ service, message }) => ({ subject: service, became: 'escalated', because: message }),
  },
  'recovery.restored': {
    kind: 'recovery',
    words: ({ service, ageMs }) => ({
      subject: service,
      became: 'restored',
      because: `to its checkpoint of ${Math.round(ageMs / 1_000)} s ago`,
    }),
  },
  'failover.switched': {
    kind: 'failover',
    words: ({ component, from, to, by, reason }) => ({
      subject: component,
      was: from,
      became: to,
      because: byHand(by, reason),
    }),
  },
  'alert.raised': {
    kind: 'alert',
    words: ({ component, severity, rule, message, silenced }) => ({
      subject: component,
      became: `raised as ${severity}`,
      because: `${rule}${silenced ? ', silenced' : ''}: ${message}`,
    }),
  },
  'alert.acknowledged': {
    kind: 'alert',
    words: ({ component, rule, by }) => ({ subject: component, became: 'acknowledged', because: `${rule}: by ${by}` }),
  },
  'alert.escalated': {
    kind: 'alert',
    words: ({ component, rule, channels }) => ({
      subject: component,
      became: 'escalated',
      because: `${rule}: to ${channels.join(', ')}`,
    }),
  },
  'alert.resolved': {
    kind: 'alert',
    words: ({ component, rule, durationMs }) => ({
      subject: component,
      became: 'resolved',
      because: `${rule}: ${after(durationMs)}`,
    }),
  },
  'channel.failed': {
    kind: 'channel',
    words: ({ channel, error }) => ({ subject: channel, became: 'failed', because: error }),
  },
  'channel.recovered': {
    kind: 'channel',
    words: ({ channel, downMs }) => ({ subject: channel, became: 'recovered', because: after(downMs) }),
  },
  'sink.failed': {
    kind: 'sink',
    words: ({ sink, error }) => ({ subject: sink, became: 'failed', because: error }),
  },
  'sink.recovered': {
    kind: 'sink',
    words: ({ sink, downMs }) => ({ subject: sink, became: 'recovered', because: after(downMs) }),
  },
  'store.degraded': {
    kind: 'store',
    words: ({ error }) => ({ subject: 'self', became: 'degraded', because: error }),
  },
  'store.recovered': {
    kind: 'store',
    words: ({ downMs }) => ({ subject: 'self', became: 'recovered', because: after(downMs) }),
  },
  'store.quarantined': {
    kind: 'store',
    words: ({ error }) => ({ subject: 'self', became: 'quarantined', because: error }),
  },
  'child.exited': {
    kind: 'part',
    isTold: ({ reason }) => reason === 'error',
    words: ({ child, error }) => ({ subject: child, became: 'crashed', because: kindIn(error) }),
  },
  'child.started': {
    kind: 'part',
    isTold: ({ incarnation }) => incarnation > 1,
    words: ({ child, incarnation }) => ({ subject: child, became: 'started', because: `incarnation ${incarnation}` }),
  },
  'supervisor.escalated': {
    kind: 'part',
    words: ({ child, error }) => ({ subject: child, became: 'escalated', because: error }),
  },
  'worker.lost': {
    kind: 'part',
    words: ({ pool, error }) => ({ subject: pool, became: 'lost', because: kindIn(error) }),
  },

  'breaker.crossed': null, // it did not open
  'recovery.checkpointed': null,
  'breaker.configured': null,
  'breaker.forgotten': null,
  'retry.exhausted': null, // of a call
  'limit.changed': null, // it follows the level, each time
  'alerts.silenced': null,
  'alerts.unsilenced': null,
  'store.committed': null,
  'metering.committed': null,
  'metering.failed': null, // it is tried again each second; the store's own trouble is told
  'metering.mismatched': null,
  'callback.failed': null, // counted in the section `runtime`
};

/** Every type of which at least some are told. */
export const TOLD_TYPES: readonly EventType[] = EVENT_TYPES.filter((type) => TELLINGS[type] !== null);

/** out  the kind it is kept under; null for one that is not told. Costs next to nothing: a storm is asked this */
export function kindOf<T extends EventType>(type: T, event: EventPayload<T>): HappeningKind | null {
  const telling: Telling<T> | null = TELLINGS[type];
  return telling === null || telling.isTold?.(event) === false ? null : telling.kind;
}

/**
 * in     event   of which `kindOf` says that it is told
 * shape  { atMs: 4200, kind: 'breaker', subject: 'payments', was: 'closed', became: 'open', because: 'failureRate' }
 */
export function happeningOf<T extends EventType>(type: T, event: EventPayload<T>, atMs: number): HappeningReading {
  const { kind, words }: Telling<T> = TELLINGS[type]!;
  const { subject, was = null, became, because = null } = words(event);
  return { atMs, kind, subject, was, became, because: because && cut(because) };
}

function byHand(by: string | undefined, reason: string): string {
  return by === undefined ? reason : `${by}: ${reason}`;
}

function onOrOff(isOn: boolean): string {
  return isOn ? 'on' : 'off';
}

function after(ms: number): string {
  return `after ${Math.round(ms / 1_000)} s`;
}

/** What a part throws is the application's, and no other reading shows it. shape  kindIn('TypeError: no') → 'TypeError' */
function kindIn(error: string | undefined): string | null {
  return /^[A-Za-z_$][\w$]{0,63}(?=: )/.exec(error ?? '')?.[0] ?? null;
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
