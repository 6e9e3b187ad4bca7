/** Whether two sets of resolved options mean the same: plain values by value, functions by identity. */
export function sameOptions(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) =>
    sameOptions((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
