/**
 * What an agent should make of all this before it touches a component: one word, and why. Pure.
 *
 * The worst of what is known decides. Of a component that nobody knows only the level is known.
 */
import type { BreakerState } from '../../core/breaker-state.ts';
import type { CheckAnswer, Level } from '../../core/readings.ts';

export type Availability = 'available' | 'degraded' | 'unavailable';

export interface Advice {
  /** Go on; do less; come back later; stop until a person or the level says otherwise. */
  readonly advice: 'proceed' | 'reduce' | 'pause' | 'halt';
  readonly reason: string;
}

/** What is known of the component of that name; undefined for what it is not. */
export interface KnownOf {
  readonly breaker: BreakerState | undefined;
  /** Another library's; null where its state cannot be known. */
  readonly foreign: BreakerState | null | undefined;
  readonly check: CheckAnswer | undefined;
  readonly isFeatureOn: boolean | undefined;
  readonly level: Level;
}

const ORDER = ['proceed', 'reduce', 'pause', 'halt'] as const;

const BY_BREAKER: Readonly<Record<BreakerState, Advice['advice']>> = {
  closed: 'proceed',
  open: 'pause',
  halfOpen: 'reduce',
  forcedOpen: 'halt',
  disabled: 'proceed',
  metricsOnly: 'proceed',
};
const BY_CHECK: Readonly<Record<CheckAnswer, Advice['advice']>> = {
  healthy: 'proceed',
  degraded: 'reduce',
  unhealthy: 'pause',
};
const BY_LEVEL: Readonly<Record<Level, Advice['advice']>> = {
  full: 'proceed',
  reduced: 'reduce',
  minimal: 'pause',
  emergency: 'halt',
};

/** A feature that the level leaves on is meant to be used, with care. */
function byLevel(level: Level, isFeatureOn: boolean | undefined): Advice['advice'] {
  return isFeatureOn === true && level !== 'full' ? 'reduce' : BY_LEVEL[level];
}

/** shape  { breaker: 'open', level: 'reduced', … } → { advice: 'pause', reason: 'its breaker is open' } */
export function adviceFor({ breaker, foreign, check, isFeatureOn, level }: KnownOf): Advice {
  const voices: readonly Advice[] = [
    ...(isFeatureOn === false ? [{ advice: 'halt', reason: 'the feature is off' } as const] : []),
    ...(breaker === undefined ? [] : [{ advice: BY_BREAKER[breaker], reason: `its breaker is ${breaker}` }]),
    ...(foreign === undefined ? [] : [byForeign(foreign)]),
    ...(check === undefined ? [] : [{ advice: BY_CHECK[check], reason: `its check says ${check}` }]),
    { advice: byLevel(level, isFeatureOn), reason: `the level is ${level}` },
  ];
  return voices.reduce((worst, voice) => (weight(voice) > weight(worst) ? voice : worst));
}

/** One that cannot be asked is no evidence against what it protects. */
function byForeign(state: BreakerState | null): Advice {
  return state === null
    ? { advice: 'reduce', reason: 'its breaker cannot be asked' }
    : { advice: BY_BREAKER[state], reason: `its breaker is ${state}` };
}

/** Whether it can be used at all. A level makes nothing unavailable: what it turns off is a feature, and that is known. */
export function availabilityOf({ breaker, foreign, check, isFeatureOn, level }: KnownOf): Availability {
  const states = new Set([breaker, foreign]);
  if (isFeatureOn === false || check === 'unhealthy' || states.has('open') || states.has('forcedOpen'))
    return 'unavailable';
  const isLess = check === 'degraded' || states.has('halfOpen') || foreign === null || level !== 'full';
  return isLess ? 'degraded' : 'available';
}

function weight({ advice }: Advice): number {
  return ORDER.indexOf(advice);
}
