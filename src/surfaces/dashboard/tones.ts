/** How good or bad the news is, from what something became: for colours, and for the height of a lane. Pure. */
import type { Readings } from './live.ts';

type Happening = Readings['timeline'][string];

export type Tone = 'good' | 'warn' | 'bad' | 'idle';

const BREAKER = { closed: 'good', halfOpen: 'warn', open: 'bad', forcedOpen: 'bad' } as const;
const WAY_OUT = { failed: 'bad', recovered: 'good' } as const;

/** By the last word of what it became. What is not here is neither. */
const TONES: Readonly<Record<Happening['kind'], Readonly<Record<string, Tone>>>> = {
  breaker: BREAKER,
  foreign: BREAKER,
  health: { healthy: 'good', degraded: 'warn', critical: 'bad' },
  check: { healthy: 'good', degraded: 'warn', unhealthy: 'bad' },
  signal: { raised: 'warn', ended: 'good' },
  level: { full: 'good', reduced: 'warn', minimal: 'warn', emergency: 'bad' },
  feature: { on: 'good', off: 'warn' },
  recovery: {
    scheduled: 'warn',
    inProgress: 'warn',
    awaitingManual: 'bad',
    escalated: 'bad',
    failed: 'bad',
    succeeded: 'good',
  },
  failover: {}, // a provider's name says nothing about it
  alert: { critical: 'bad', warning: 'warn', escalated: 'bad', resolved: 'good' },
  channel: WAY_OUT,
  sink: WAY_OUT,
  store: { degraded: 'bad', quarantined: 'bad', recovered: 'good' },
  part: { crashed: 'bad', lost: 'bad', escalated: 'bad', started: 'good' },
};

/** shape  toneOf('alert', 'raised as critical') → 'bad';   toneOf('failover', 'eu-2') → 'idle' */
export function toneOf(kind: Happening['kind'], became: string): Tone {
  const word = became.slice(became.lastIndexOf(' ') + 1);
  const tones = TONES[kind];
  return (Object.hasOwn(tones, word) && tones[word]) || 'idle';
}
