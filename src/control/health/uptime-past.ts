/** What is known of a component's past, as values: all that availability is told from. Pure. */

export const PHASES = ['up', 'down', 'out'] as const;
export type Phase = (typeof PHASES)[number];

/** So many milliseconds from an instant on, at most to the end of its ten minutes. */
export type Spell = readonly [fromMs: number, ms: number];

/** All instants are of one clock. */
export interface UptimePast {
  /** The first look, before which nothing is known. */
  readonly sinceMs: number;
  readonly phase: Phase;
  readonly phaseSinceMs: number;
  /** What is over of being down, and of having no score; the oldest first. */
  readonly down: readonly Spell[];
  readonly out: readonly Spell[];
}

/** The same by another clock, which shows `byMs` more. */
export function shifted(past: UptimePast, byMs: number): UptimePast {
  const later = ([fromMs, ms]: Spell): Spell => [Math.round(fromMs + byMs), Math.round(ms)];
  return {
    sinceMs: Math.round(past.sinceMs + byMs),
    phase: past.phase,
    phaseSinceMs: Math.round(past.phaseSinceMs + byMs),
    down: past.down.map(later),
    out: past.out.map(later),
  };
}

/**
 * As it was when it was last seen: what went on then is over, and since then nothing is known. What a clock that was set
 * back has put behind that moment did not happen.
 *
 * in  seenMs   not after now
 */
export function endedAt(past: UptimePast, seenMs: number): UptimePast {
  const sinceMs = Math.min(past.sinceMs, seenMs);
  const phaseSinceMs = Math.min(Math.max(past.phaseSinceMs, sinceMs), seenMs);
  const before = (spells: readonly Spell[]): Spell[] =>
    spells.filter(([fromMs]) => fromMs < seenMs).map(([fromMs, ms]) => [fromMs, Math.min(ms, seenMs - fromMs)]);
  const last: Spell = [phaseSinceMs, seenMs - phaseSinceMs];
  return {
    sinceMs,
    phase: 'out',
    phaseSinceMs: seenMs,
    down: past.phase === 'down' ? [...before(past.down), last] : before(past.down),
    out: past.phase === 'out' ? [...before(past.out), last] : before(past.out),
  };
}
