/** What the ticks came to: the last so many, and those of them the trend is told from. Bounded. */
import type { HealthSample, HealthTrend } from '../../core/readings.ts';
import { type ScoreAt, TREND_APART_MS, TREND_WINDOW_MS, trendOf } from './trend.ts';

export class Past {
  readonly #limit: number;
  readonly #samples: HealthSample[] = [];
  readonly #scores: ScoreAt[] = [];
  #trend: HealthTrend = 'stable';

  /** in  limit   samples to remember */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get trend(): HealthTrend {
    return this.#trend;
  }

  add(sample: HealthSample): void {
    if (this.#samples.push(Object.freeze(sample)) > this.#limit) this.#samples.shift();
    this.#follow(sample);
  }

  /** The oldest first. */
  since(atMs: number): readonly HealthSample[] {
    const first = this.#samples.findIndex((sample) => sample.atMs >= atMs);
    return first < 0 ? [] : this.#samples.slice(first);
  }

  /** A time without a score is the end of what was before it. */
  #follow({ atMs, score }: HealthSample): void {
    if (score === null) {
      this.#scores.length = 0;
    } else {
      const last = this.#scores.at(-1);
      if (last !== undefined && atMs - last.atMs < TREND_APART_MS * 0.9) return; // a tick may be a little early
      this.#scores.push({ atMs, score });
      while (atMs - this.#scores[0]!.atMs >= TREND_WINDOW_MS) this.#scores.shift();
    }
    this.#trend = trendOf(this.#scores);
  }
}
