/**
 * Which share of the last day a component was available.
 *
 * It is down while its score is below 0.5, which is critical; time in which it had no score does not count. Only changes
 * are written down, so a tick that changes nothing costs two comparisons, and what was never down needs no memory.
 */
import { DayOfTime, dayBeginsAt } from './day-of-time.ts';
import { PHASES, type UptimePast } from './uptime-past.ts';

const UP = 0;
const DOWN = 1;
const OUT = 2;
type Phase = typeof UP | typeof DOWN | typeof OUT;

const UP_FROM = 0.5;

export class Uptime {
  #phase: Phase = OUT;
  /** The first look, before which nothing is known. */
  #knownSince = Infinity;
  #phaseSince = Infinity;
  #down: DayOfTime | undefined = undefined;
  #out: DayOfTime | undefined = undefined;
  #changes = 0;

  /** One that begins where another has ended. in  past   as `endedAt` gives it */
  static after({ sinceMs, phaseSinceMs, down, out }: UptimePast): Uptime {
    const uptime = new Uptime();
    uptime.#knownSince = sinceMs;
    uptime.#phaseSince = phaseSinceMs;
    for (const [fromMs, ms] of down) (uptime.#down ??= new DayOfTime(fromMs)).add(fromMs, fromMs + ms);
    for (const [fromMs, ms] of out) (uptime.#out ??= new DayOfTime(fromMs)).add(fromMs, fromMs + ms);
    return uptime;
  }

  /** Grows with each change of what `past` is, but for the time that passes. */
  get changes(): number {
    return this.#changes;
  }

  /** out  undefined while nothing is known */
  get past(): UptimePast | undefined {
    if (this.#knownSince === Infinity) return undefined;
    return {
      sinceMs: this.#knownSince,
      phase: PHASES[this.#phase],
      phaseSinceMs: this.#phaseSince,
      down: this.#down?.spells() ?? [],
      out: this.#out?.spells() ?? [],
    };
  }

  /** in  nowMs   not before the look before */
  observe(score: number | null, nowMs: number): void {
    const phase = score === null ? OUT : score >= UP_FROM ? UP : DOWN;
    if (phase !== this.#phase || this.#knownSince === Infinity) this.#enter(phase, nowMs);
  }

  /** out  0…1;   null while nothing is known */
  availabilityAt(nowMs: number): number | null {
    const from = Math.max(this.#knownSince, dayBeginsAt(nowMs));
    const known = nowMs - from - this.#spent(OUT, this.#out, nowMs);
    return known > 0 ? Math.max(0, 1 - this.#spent(DOWN, this.#down, nowMs) / known) : null;
  }

  #enter(phase: Phase, nowMs: number): void {
    if (this.#knownSince === Infinity) this.#knownSince = nowMs;
    else if (this.#phase === DOWN) (this.#down ??= new DayOfTime(nowMs)).add(this.#phaseSince, nowMs);
    else if (this.#phase === OUT) (this.#out ??= new DayOfTime(nowMs)).add(this.#phaseSince, nowMs);
    this.#phase = phase;
    this.#phaseSince = nowMs;
    this.#changes++;
  }

  /** In this phase, since the day began: what is written down, and what is still going on. */
  #spent(phase: Phase, written: DayOfTime | undefined, nowMs: number): number {
    const ongoing = this.#phase === phase ? nowMs - Math.max(this.#phaseSince, dayBeginsAt(nowMs)) : 0;
    return Math.max(0, ongoing) + (written?.totalAt(nowMs) ?? 0);
  }
}
