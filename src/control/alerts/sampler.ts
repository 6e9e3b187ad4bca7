/** Makes the sample of each look from what the rest of the runtime shows, and remembers what it takes from look to look. */
import type { Env } from '../../core/env.ts';
import { nullRecord } from '../../core/null-record.ts';
import type {
  BreakerGlance,
  ChannelReading,
  Level,
  PipelineReading,
  Readings,
  Section,
  SinkReading,
} from '../../core/readings.ts';
import { breakerCounts, CallWindow, pipelineCounts } from './call-window.ts';
import { Downtime } from './downtime.ts';
import { notClosed } from './not-closed.ts';
import { OpenTime } from './open-time.ts';
import type { AlertSample, RecentCalls } from './sample.ts';

export interface Sources {
  readonly health: () => AlertSample['health'];
  readonly components: () => Readings['components'];
  /** The application's. */
  readonly breakers: () => Section<BreakerGlance>;
  /** The application's. */
  readonly pipelines: () => Section<PipelineReading>;
  readonly channels: () => Section<ChannelReading>;
  readonly sinks: () => Section<SinkReading>;
  readonly recoveries: () => Readings['recoveries'];
  readonly pains: () => ReadonlyMap<string, number>;
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
  readonly #pipelineCalls = new CallWindow('pipeline', pipelineCounts);
  readonly #breakerCalls = new CallWindow('breaker', breakerCounts);
  readonly #downtime = new Downtime();
  readonly #openTime = new OpenTime();

  /** in  startedAt   when the runtime began */
  constructor(env: Pick<Env, 'now'>, startedAt: number, sources: Sources) {
    this.#env = env;
    this.#startedAt = startedAt;
    this.#sources = sources;
  }

  /** From now on calls count. */
  begin(): void {
    this.#pipelineCalls.begin(this.#sources.pipelines());
    this.#breakerCalls.begin(this.#sources.breakers());
  }

  take(): AlertSample {
    const { health, components, recoveries, pains, channels, sinks, queueDepth, level, hasRateLimits } = this.#sources;
    const atMs = this.#env.now() - this.#startedAt;
    const shown = components();
    const breakers = this.#sources.breakers();
    const calls = nullRecord<RecentCalls>();
    this.#pipelineCalls.look(this.#sources.pipelines(), atMs, calls);
    this.#breakerCalls.look(breakers, atMs, calls);
    return {
      atMs,
      health: health(),
      components: shown,
      availability: this.#downtime.look(shown, atMs),
      breakers,
      openForMs: this.#openTime.look(notClosed(breakers, shown), atMs),
      calls,
      recoveries: recoveries(),
      pains: sectionOf(pains()),
      channels: channels(),
      sinks: sinks(),
      queueDepth: queueDepth(),
      level: level(),
      hasRateLimits: hasRateLimits(),
    };
  }
}

function sectionOf(values: ReadonlyMap<string, number>): Section<number> {
  const section = nullRecord<number>();
  for (const [name, value] of values) section[name] = value;
  return section;
}
