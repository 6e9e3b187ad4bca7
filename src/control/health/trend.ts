/** Where the score is heading: the slope of the least-squares line through the last two minutes. Pure. */
import type { HealthTrend } from '../../core/readings.ts';

/** With 120 samples, noise of ±0.05 stays within ±0.01 a minute 97 times of 100; with 30 it would hardly ever. */
export const TREND_SAMPLES = 120;
/** They are so far apart at least, whatever the tick: 120 closer ones would span too little to tell noise from a slope. */
export const TREND_APART_MS = 1_000;
const STEEP_PER_MINUTE = 0.01;
const MINUTE_MS = 60_000;

export interface ScoreAt {
  readonly atMs: number;
  readonly score: number;
}

/** out  stable when the slope is within ±0.01 a minute, and for less than two moments */
export function trendOf(samples: readonly ScoreAt[]): HealthTrend {
  const slope = slopePerMinute(samples);
  if (slope > STEEP_PER_MINUTE) return 'improving';
  return slope < -STEEP_PER_MINUTE ? 'declining' : 'stable';
}

function slopePerMinute(samples: readonly ScoreAt[]): number {
  let sumMs = 0;
  let sumScore = 0;
  for (const { atMs, score } of samples) {
    sumMs += atMs;
    sumScore += score;
  }
  const meanMs = sumMs / samples.length;
  const meanScore = sumScore / samples.length;
  let along = 0;
  let spread = 0;
  for (const { atMs, score } of samples) {
    const minutes = (atMs - meanMs) / MINUTE_MS;
    along += minutes * (score - meanScore);
    spread += minutes * minutes;
  }
  return spread === 0 ? 0 : along / spread;
}
