/** Where two sets of resolved options do not mean the same: plain values by value, functions by identity. */

export interface OptionDifference {
  /** Below the set, e.g. `.halfOpen.permits`; '' for the set itself. */
  readonly path: string;
  readonly known: unknown;
  readonly given: unknown;
}

export function* optionDifferences(known: unknown, given: unknown, path = ''): Generator<OptionDifference> {
  if (Object.is(known, given)) return;
  if (!isGroup(known) || !isGroup(given) || Array.isArray(known) !== Array.isArray(given)) {
    yield { path, known, given };
    return;
  }
  for (const key of new Set([...Object.keys(known), ...Object.keys(given)]))
    yield* optionDifferences(known[key], given[key], `${path}.${key}`);
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
