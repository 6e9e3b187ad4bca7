/** How long a recovery waits before its attempts. Pure. */
import type { RecoveryStrategy } from '../../core/recovery-state.ts';

export interface Pace {
  readonly initialDelayMs: number;
  readonly multiplier: number;
  readonly maxDelayMs: number;
  /** By which share a delay is shortened or lengthened at random. */
  readonly jitter: number;
}

/**
 * in      attempt   the one that is waited for, from 1;   random in [0, 1)
 * out     milliseconds, finite, in [0, maxDelayMs];   0 for immediate, and for manual, which waits for a person instead
 * shape   initial 100, multiplier 2, no jitter: exponential → 200, 400, 800;   linear → 100, 200, 300
 */
export function recoveryDelayMs(strategy: RecoveryStrategy, pace: Pace, attempt: number, random: number): number {
  const { initialDelayMs, multiplier, maxDelayMs, jitter } = pace;
  const times = strategy === 'linear' ? attempt : strategy === 'exponential' ? multiplier ** attempt : 0;
  const delayMs = initialDelayMs * Math.min(times, Number.MAX_VALUE); // a power overflows, and Infinity × 0 is NaN
  return Math.min(Math.min(delayMs, maxDelayMs) * (1 + jitter * (2 * random - 1)), maxDelayMs);
}
