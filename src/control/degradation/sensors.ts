/**
 * What the level is driven by, read once a second. A sensor that throws, gives no number or gives an old one is broken,
 * and reads as NaN; what is made of that is the keeper's.
 */
import type { Env } from '../../core/env.ts';
import type { ResolvedDegradationOptions } from './options.ts';
import type { Measured, SensorName } from './wanted-step.ts';

/** A score of a tick this much later than due is no score: a tick may have to wait for its worker. */
const LATE_MS = 4_000;

export interface SensorsParts {
  readonly env: Pick<Env, 'now' | 'vitals'>;
  /** The score of the last health tick; null when nothing is registered. */
  readonly score: () => number | null;
  /** When that tick was, by `env.now()`; undefined before the first. */
  readonly scoredAtMs: () => number | undefined;
  /** From one health tick to the next. */
  readonly tickMs: () => number;
  /** Calls that wait in bulkheads. */
  readonly queueDepth: () => number;
}

type Reader = () => number | null;

export class Sensors {
  readonly #options: ResolvedDegradationOptions;
  readonly #readers: Readonly<Record<SensorName, Reader>>;

  constructor(options: ResolvedDegradationOptions, { env, score, scoredAtMs, tickMs, queueDepth }: SensorsParts) {
    this.#options = options;
    let heapRatio = NaN;
    this.#readers = {
      score: () => {
        const atMs = scoredAtMs();
        if (atMs === undefined) return null; // a runtime that has not been watched yet
        return env.now() - atMs > tickMs() + LATE_MS ? NaN : score();
      },
      loopDelayMs: () => {
        heapRatio = NaN;
        const { loopDelayMs, heapUsedBytes, heapLimitBytes } = env.vitals(); // once: asking forgets the longest delay
        heapRatio = heapUsedBytes / heapLimitBytes;
        return loopDelayMs;
      },
      heapRatio: () => heapRatio, // of the same vitals: it is read after the one above
      queueDepth,
    };
  }

  read(): readonly Measured[] {
    const measured: Measured[] = [];
    for (const [sensor, reader] of Object.entries(this.#readers) as [SensorName, Reader][]) {
      const value = safely(reader);
      const bounds = this.#options[sensor];
      if (bounds !== false) measured.push({ sensor, value, bounds });
    }
    return measured;
  }
}

function safely(read: Reader): number | null {
  try {
    const value = read();
    return value === null || Number.isFinite(value) ? value : NaN;
  } catch {
    return NaN;
  }
}
