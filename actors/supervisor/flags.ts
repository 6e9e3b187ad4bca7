/** How a supervisor behaves: its strategy, its patience, its end. Defaults are OTP's. */
import { invalidOptions } from '../../src/core/errors.ts';
import type { Backoff } from './backoff.ts';
import type { Intensity } from './intensity.ts';
import { STRATEGIES, type Strategy } from './strategy.ts';

export const AUTO_SHUTDOWNS = ['never', 'anySignificant', 'allSignificant'] as const;
export type AutoShutdown = (typeof AUTO_SHUTDOWNS)[number];

export interface Flags extends Intensity {
  readonly strategy: Strategy;
  /** Whether the supervisor itself ends, with `shutdown`, when its significant children have. */
  readonly autoShutdown: AutoShutdown;
  /** Wait before each restart. Without it a child is restarted at once, as in OTP. */
  readonly backoff: Backoff | undefined;
}

export const DEFAULT_FLAGS: Flags = {
  strategy: 'oneForOne',
  intensity: 1,
  periodMs: 5_000,
  autoShutdown: 'never',
  backoff: undefined,
};

/** throws  INVALID_OPTIONS */
export function resolveFlags(path: string, given: Partial<Flags>): Flags {
  const flags: Flags = {
    strategy: given.strategy ?? DEFAULT_FLAGS.strategy,
    intensity: given.intensity ?? DEFAULT_FLAGS.intensity,
    periodMs: given.periodMs ?? DEFAULT_FLAGS.periodMs,
    autoShutdown: given.autoShutdown ?? DEFAULT_FLAGS.autoShutdown,
    backoff: given.backoff === undefined ? undefined : Object.freeze({ ...given.backoff }),
  };
  const { strategy, intensity, periodMs, autoShutdown, backoff } = flags;
  if (!STRATEGIES.includes(strategy)) throw invalidOptions(`${path}.strategy`, STRATEGIES.join(', '), strategy);
  if (!AUTO_SHUTDOWNS.includes(autoShutdown))
    throw invalidOptions(`${path}.autoShutdown`, AUTO_SHUTDOWNS.join(', '), autoShutdown);
  if (!(intensity === Infinity || (Number.isInteger(intensity) && intensity >= 0)))
    throw invalidOptions(`${path}.intensity`, 'an integer of at least 0, or Infinity', intensity);
  if (!(Number.isFinite(periodMs) && periodMs > 0))
    throw invalidOptions(`${path}.periodMs`, 'a finite number above 0', periodMs);
  if (backoff !== undefined) checkBackoff(`${path}.backoff`, backoff);
  // A child that cannot start would be tried for ever within one turn of the loop.
  if (intensity === Infinity && backoff === undefined)
    throw invalidOptions(`${path}.backoff`, 'a backoff, because intensity is Infinity', backoff);
  return Object.freeze(flags);
}

function checkBackoff(path: string, { minMs, maxMs, factor, jitter }: Backoff): void {
  if (!(Number.isFinite(minMs) && minMs > 0)) throw invalidOptions(`${path}.minMs`, 'a finite number above 0', minMs);
  if (!(Number.isFinite(maxMs) && maxMs >= minMs))
    throw invalidOptions(`${path}.maxMs`, `a finite number of at least minMs, ${minMs}`, maxMs);
  if (!(Number.isFinite(factor) && factor >= 1))
    throw invalidOptions(`${path}.factor`, 'a finite number of at least 1', factor);
  if (!(jitter >= 0 && jitter <= 1)) throw invalidOptions(`${path}.jitter`, 'a number from 0 to 1', jitter);
}
