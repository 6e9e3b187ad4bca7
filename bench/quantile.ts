/** in  values   at least one, in any order;   q in (0, 1]   shape  quantile([1, 2, 3], 0.5) → 2 */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.ceil(sorted.length * q) - 1]!;
}
