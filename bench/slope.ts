/**
 * The slope of the straight line through values at 0, 1, 2, …, by least squares.
 *
 * in      values   at least two
 * shape   slopeOf([10, 12, 14]) → 2
 */
export function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let covariance = 0;
  let variance = 0;
  for (const [place, value] of values.entries()) {
    covariance += (place - middle) * (value - mean);
    variance += (place - middle) ** 2;
  }
  return covariance / variance;
}
