/**
 * Where the score is heading: the slope of the least-squares line through the last two minutes, where it can be told
 * from noise. Pure.
 */
import type { HealthTrend } from '../../core/readings.ts';

export const TREND_WINDOW_MS = 120_000;
/** Samples are so far apart at least, whatever the tick: it bounds how many there are. */
export const TREND_APART_MS = 1_000;
const STEEP_PER_MINUTE = 0.01;
const MINUTE_MS = 60_000;

/** The least scatter that is believed: the standard deviation of noise that is anything within ±0.05. */
const LEAST_SCATTER = 0.05 / Math.sqrt(3);
/** Normal quantile: noise is beyond it 3 times of 100. With 120 samples it makes a slope of 0.01 just believable. */
const SURE = 2.2;
/** Of fewer samples the scatter says nothing: a fall among three of them is believed. */
const ENOUGH = 10;

export interface ScoreAt {
  readonly atMs: number;
  readonly score: number;
}

/** out  stable when the slope is within ±0.01 a minute, or no steeper than noise would be; and for less than two moments */
export function trendOf(samples: readonly ScoreAt[]): HealthTrend {
  const { slope, error } = lineThrough(samples);
  if (Math.abs(slope) <= Math.max(STEEP_PER_MINUTE, SURE * error)) return 'stable';
  return slope > 0 ? 'improving' : 'declining';
}

/**
 * out     both a minute;   the error is that of the slope: s / √Σ(x − x̄)², where s² = Σ residual² / (n − 2)
 * source  Draper, Smith, Applied Regression Analysis, 3rd ed., 1.4, "The precision of the estimated regression"
 */
function lineThrough(samples: readonly ScoreAt[]): { readonly slope: number; readonly error: number } {
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
  let scatter = 0;
  for (const { atMs, score } of samples) {
    const minutes = (atMs - meanMs) / MINUTE_MS;
    const above = score - meanScore;
    along += minutes * above;
    spread += minutes * minutes;
    scatter += above * above;
  }
  if (spread === 0) return { slope: 0, error: Infinity };
  const slope = along / spread;
  const residuals = Math.max(0, scatter - slope * along);
  const deviation = samples.length >= ENOUGH ? Math.sqrt(residuals / (samples.length - 2)) : 0;
  return { slope, error: Math.max(LEAST_SCATTER, deviation) / Math.sqrt(spread) };
}
