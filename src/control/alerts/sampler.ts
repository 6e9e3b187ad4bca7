/** Makes the sample of each look from what the rest of the runtime shows, and remembers what it takes from look to look. */
import type { Env } from '../../core/env.ts';
import { nullRecord } from '../../core/null-record.ts';
import type { BreakerGlance, Level, PipelineReading, Readings, Section } from '../../core/readings.ts';
import { CallWindow } from './call-window.ts';
import { Downtime } from './downtime.ts';
import type { AlertSample } from './sample.ts';

export interface Sources {
  readonly health: () => AlertSample['health'];
  readonly components: () => Readings['components'];
  readonly breakers: () => Section<BreakerGlance>;
  readonly pipelines: () => Section<PipelineReading>;
  readonly recoveries: () => Readings['recoveries'];
  /** Null where there is no bulkhead. */
  readonly queueDepth: () => number | null;
  /** Null while nothing drives it. */
  readonly level: () => Level | null;
  readonly hasRateLimits: () => boolean;
}

export class Sampler {
  readonly #env: Pick<Env, 'now'>;
  readonly #startedAt: number;
  readonly #sources: Sources;
  readonly #calls = new CallWindow();
  readonly #downtime = new Downtime();
  /** By breaker: since when it has not been closed. */
  readonly #openSince = new Map<string, number>();

  /** in  startedAt   when the runtime began */
  constructor(env: Pick<Env, 'now'>, startedAt: number, sources: Sources) {
    this.#env = env;
    this.#startedAt = startedAt;
    this.#sources = sources;
  }

  /** From now on calls count. */
  begin(): void {
    this.#calls.begin(this.#sources.pipelines());
  }

  take(): AlertSample {
    const { health, components, breakers, pipelines, recoveries, queueDepth, level, hasRateLimits } = this.#sources;
    const atMs = this.#env.now() - this.#startedAt;
    const shown = components();
    const circuits = breakers();
    return {
      atMs,
      health: health(),
      components: shown,
      availability: this.#downtime.look(shown, atMs),
      breakers: circuits,
      openForMs: this.#openFor(circuits, atMs),
      calls: this.#calls.look(pipelines(), atMs),
      recoveries: recoveries(),
      queueDepth: queueDepth(),
      level: level(),
      hasRateLimits: hasRateLimits(),
    };
  }

  #openFor(breakers: Section<BreakerGlance>, atMs: number): Section<number> {
    const section = nullRecord<number>();
    for (const name of this.#openSince.keys()) if (!(name in breakers)) this.#openSince.delete(name);
    for (const [name, { state, stateSinceMs }] of Object.entries(breakers)) {
      if (state !== 'open' && state !== 'halfOpen' && state !== 'forcedOpen') {
        this.#openSince.delete(name);
        continue;
      }
      const sinceMs = this.#openSince.get(name) ?? stateSinceMs;
      this.#openSince.set(name, sinceMs);
      section[name] = atMs - sinceMs;
    }
    return section;
  }
}
