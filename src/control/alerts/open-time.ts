/**
 * How long breakers have been open, from look to look: through the half-open spells of one that fails every probe, and
 * anew where one had waited for a call so long that another outage begins with its next opening.
 */
import { nullRecord } from '../../core/null-record.ts';
import type { Section } from '../../core/readings.ts';

/** Waiting for a call for so long, it is down no more. */
export const IDLE_MS = 30_000;

/** What is seen of one that is not closed. */
export interface NotClosed {
  readonly component: string;
  /** Whether it waits for a call: the next one would be let through. */
  readonly isIdle: boolean;
  /** When it came into its state; left out where nobody says. */
  readonly stateSinceMs?: number;
}

export interface Opening {
  readonly sinceMs: number;
  readonly isIdle: boolean;
  /** The last moment it was known not to be. */
  readonly busyAtMs: number;
}

export class OpenTime {
  #openings = new Map<string, Opening>();

  /** out  by component, of those that are not idle for long: for how many milliseconds they have been open */
  look(all: Iterable<NotClosed>, nowMs: number): Section<number> {
    const openings = new Map<string, Opening>();
    const section = nullRecord<number>();
    for (const one of all) {
      const opening = openingOf(this.#openings.get(one.component), one, nowMs);
      openings.set(one.component, opening);
      if (nowMs - opening.busyAtMs < IDLE_MS) section[one.component] = nowMs - opening.sinceMs;
    }
    this.#openings = openings; // what has closed, or is gone, is forgotten
    return section;
  }
}

/**
 * Go on with an opening, or begin another. Pure.
 *
 * shape   of one that was idle after 5_000:   opened again at 20_000, seen at 21_000 → { sinceMs: 0, busyAtMs: 21_000, … }
 *         opened again at 35_000, seen at 36_000 → { sinceMs: 35_000, busyAtMs: 36_000, … }
 */
export function openingOf(
  before: Opening | undefined,
  { isIdle, stateSinceMs }: Omit<NotClosed, 'component'>,
  nowMs: number,
): Opening {
  if (before === undefined) {
    const sinceMs = stateSinceMs ?? nowMs;
    return { sinceMs, isIdle, busyAtMs: isIdle ? sinceMs : nowMs };
  }
  const hasOpened = before.isIdle && !isIdle;
  const cameAtMs = stateSinceMs ?? (hasOpened ? nowMs : before.busyAtMs);
  const isAnother = cameAtMs - before.busyAtMs >= IDLE_MS;
  return {
    sinceMs: isAnother ? cameAtMs : before.sinceMs,
    isIdle,
    busyAtMs: isIdle ? Math.max(cameAtMs, before.busyAtMs) : nowMs,
  };
}
