/** What people want to hear nothing of, for a while. An alert that is silenced is an alert all the same. */
import { HoldfastError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import type { SilenceReading } from '../../core/readings.ts';
import { parseOptions } from '../../core/schema.ts';
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
  readonly #live = new Set<Silence>();

  constructor(events: EventSink) {
    this.#events = events;
  }

  /** out  the silence, for `end`.   throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED */
  add(given: SilenceOptions, nowMs: number): object {
    const { rule, component, by, reason, forMs } = parseOptions(silenceOptions, given, 'alerts.silence');
    if (this.#live.size === MAX_SILENCES)
      throw new HoldfastError(
        'CAPACITY_EXHAUSTED',
        `alerts.silence: expected at most ${MAX_SILENCES} silences, received one more; end those that are done`,
        { component: 'alerts.silence' },
      );
    const silence = { rule, component, by, reason, untilMs: nowMs + forMs };
    this.#live.add(silence);
    this.#events.emit('alerts.silenced', { ...namesOf(silence), by, reason, forMs });
    return silence;
  }

  end(silence: object, why: 'ended' | 'expired' = 'ended'): void {
    if (this.#live.delete(silence as Silence))
      this.#events.emit('alerts.unsilenced', { ...namesOf(silence as Silence), why });
  }

  expire(nowMs: number): void {
    for (const silence of this.#live) if (nowMs >= silence.untilMs) this.end(silence, 'expired');
  }

  covers(rule: string, component: string): boolean {
    for (const silence of this.#live)
      if ((silence.rule ?? rule) === rule && (silence.component ?? component) === component) return true;
    return false;
  }

  /** in  startedAt   when the runtime began: the reading's instants are from there */
  reading(startedAt: number): readonly SilenceReading[] {
    return Array.from(this.#live, ({ rule = null, component = null, by, reason, untilMs }) => ({
      rule,
      component,
      by,
      reason,
      untilMs: untilMs - startedAt,
    }));
  }
}

function namesOf({ rule, component }: Silence): { readonly rule?: string; readonly component?: string } {
  return { ...(rule !== undefined && { rule }), ...(component !== undefined && { component }) };
}
