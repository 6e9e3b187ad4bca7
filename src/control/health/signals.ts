/**
 * What the application says of itself without being asked: how bad something is, for as long as it says so.
 *
 * A signal is a component with the score 1 − severity until it is signalled 0, or has not been signalled again for its
 * time to live. An algedonic one is pain: it is told at once, and need not wait for a tick to be averaged away.
 */
import type { Env } from '../../core/env.ts';
import type { EventSink } from '../../core/events.ts';
import { between, flag, group, milliseconds, name, parseOptions, type z } from '../../core/schema.ts';
import type { Component, Source } from './component.ts';
import type { UptimeOf } from './kept-uptimes.ts';
import type { Uptime } from './uptime.ts';

const MAX_SIGNALS = 1_024;

const signalName = name();
const severitySchema = between(0, 1);
export const signalOptions = group({
  /** Tell it as pain, or do not. Default: when its severity is at least `health.algedonicFrom`. */
  algedonic: flag().optional(),
  /** It ends by itself when it has not been signalled again for so long. */
  ttlMs: milliseconds(1).default(60_000),
});
export type SignalOptions = z.input<typeof signalOptions>;

export interface SignalsParts {
  readonly env: Env;
  readonly events: EventSink;
  readonly algedonicFrom: number;
  readonly uptimeOf: UptimeOf;
}

/** An algedonic signal that is live. */
export interface Pain {
  readonly signal: string;
  readonly severity: number;
}

interface Live extends Component {
  score: number;
  isPain: boolean;
  endsAt: number;
}

export class Signals implements Source {
  readonly #parts: SignalsParts;
  readonly #live = new Map<string, Live>();
  #unkept = 0;

  constructor(parts: SignalsParts) {
    this.#parts = parts;
  }

  /** Signals that were told, and did not count, because 1,024 others do. */
  get unkept(): number {
    return this.#unkept;
  }

  /** throws  INVALID_OPTIONS */
  raise(signal: string, severity: number, options: SignalOptions = {}): void {
    const path = `signal ${JSON.stringify(parseOptions(signalName, signal, 'signal name'))}`;
    parseOptions(severitySchema, severity, `${path} severity`);
    const { algedonic = severity >= this.#parts.algedonicFrom, ttlMs } = parseOptions(signalOptions, options, path);
    if (severity === 0) return this.#end(signal, 'signalled');
    this.#keep(signal, complementOf(severity), algedonic, this.#parts.env.now() + ttlMs);
    this.#parts.events.emit('signal.raised', { signal, severity, algedonic });
  }

  /** What hurts, and how much; what is over counts no more, also before anybody has looked. */
  pains(nowMs: number): ReadonlyMap<string, number> {
    const pains = new Map<string, number>();
    for (const { name: signal, score, isPain, endsAt } of this.#live.values())
      if (isPain && nowMs < endsAt) pains.set(signal, complementOf(score));
    return pains;
  }

  look(nowMs: number): void {
    for (const { name: signal, endsAt } of Array.from(this.#live.values()))
      if (nowMs >= endsAt) this.#end(signal, 'expired');
  }

  components(): Iterable<Component> {
    return this.#live.values();
  }

  #keep(signal: string, score: number, isPain: boolean, endsAt: number): void {
    const live = this.#live.get(signal);
    if (live !== undefined) Object.assign(live, { score, isPain, endsAt });
    else if (this.#live.size === MAX_SIGNALS) this.#unkept++;
    else
      this.#live.set(
        signal,
        makeLive(signal, { score, isPain, endsAt, uptime: this.#parts.uptimeOf('signal', signal) }),
      );
  }

  #end(signal: string, why: 'signalled' | 'expired'): void {
    if (this.#live.delete(signal)) this.#parts.events.emit('signal.ended', { signal, why });
  }
}

/** A signal's score of its severity, and its severity of its score. To nine digits: 1 − 0.9 is 0.1 here. */
export function complementOf(severity: number): number {
  return Math.round((1 - severity) * 1e9) / 1e9;
}

function makeLive(
  signal: string,
  { score, isPain, endsAt, uptime }: Omit<Live, keyof Component> & { score: number; uptime: Uptime },
): Live {
  return {
    kind: 'signal',
    name: signal,
    weight: 1,
    critical: false,
    uptime,
    reason: null,
    score,
    isPain,
    endsAt,
  };
}
