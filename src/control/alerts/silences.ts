/**
 * What people want to hear nothing of, for a while, also after a restart. An alert that is silenced is an alert all the
 * same. There is one silence for a rule, a component or the two of them: the last word counts.
 */
import { HoldfastError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import type { SilenceReading } from '../../core/readings.ts';
import { parseOptions } from '../../core/schema.ts';
import type { KeptSilences, SilencedFor } from './kept-silences.ts';
import { silenceOptions, type SilenceOptions } from './options.ts';

const MAX_SILENCES = 256;

interface Silence {
  readonly rule: string | undefined;
  readonly component: string | undefined;
  readonly by: string;
  readonly reason: string;
  readonly untilMs: number;
}

export class Silences {
  readonly #events: EventSink;
  readonly #kept: KeptSilences;
  readonly #live = new Map<string, Silence>();

  constructor(events: EventSink, kept: KeptSilences) {
    this.#events = events;
    this.#kept = kept;
  }

  /** Take the place of an earlier one about the same. out  the silence, for `end`.   throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED */
  add(given: SilenceOptions, nowMs: number): object {
    const options = parseOptions(silenceOptions, given, 'alerts.silence');
    if (this.#live.size === MAX_SILENCES && !this.#live.has(idOf(options)))
      throw new HoldfastError(
        'CAPACITY_EXHAUSTED',
        `alerts.silence: expected at most ${MAX_SILENCES} silences, received one more; end those that are done`,
        { component: 'alerts.silence' },
      );
    const { by, reason, forMs } = options;
    const silence = this.#begin(options, nowMs);
    this.#kept.put(idOf(options), options);
    this.#events.emit('alerts.silenced', { ...namesOf(silence), by, reason, forMs });
    return silence;
  }

  /** Go on with what an earlier process kept; a word said in the meantime is newer. */
  resume(kept: readonly SilencedFor[], nowMs: number): void {
    for (const silence of kept.slice(0, MAX_SILENCES - this.#live.size))
      if (!this.#live.has(idOf(silence))) this.#begin(silence, nowMs);
  }

  end(given: object, why: 'ended' | 'expired' = 'ended'): void {
    const silence = given as Silence;
    const id = idOf(silence);
    if (this.#live.get(id) !== silence) return; // over, or another one has its place
    this.#live.delete(id);
    this.#kept.forget(id);
    this.#events.emit('alerts.unsilenced', { ...namesOf(silence), why });
  }

  expire(nowMs: number): void {
    for (const silence of Array.from(this.#live.values())) if (nowMs >= silence.untilMs) this.end(silence, 'expired');
  }

  covers(rule: string, component: string): boolean {
    for (const silence of this.#live.values())
      if ((silence.rule ?? rule) === rule && (silence.component ?? component) === component) return true;
    return false;
  }

  #begin({ rule, component, by, reason, forMs }: SilencedFor, nowMs: number): Silence {
    const silence = { rule, component, by, reason, untilMs: nowMs + forMs };
    this.#live.set(idOf(silence), silence);
    return silence;
  }

  /** in  startedAt   when the runtime began: the reading's instants are from there */
  reading(startedAt: number): readonly SilenceReading[] {
    return Array.from(this.#live.values(), ({ rule = null, component = null, by, reason, untilMs }) => ({
      rule,
      component,
      by,
      reason,
      untilMs: untilMs - startedAt,
    }));
  }
}

/** What it is about. */
function idOf({ rule, component }: Pick<SilencedFor, 'rule' | 'component'>): string {
  return JSON.stringify([rule ?? null, component ?? null]);
}

function namesOf({ rule, component }: Silence): { readonly rule?: string; readonly component?: string } {
  return { ...(rule !== undefined && { rule }), ...(component !== undefined && { component }) };
}
