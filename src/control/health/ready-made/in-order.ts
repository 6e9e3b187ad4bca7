/** Two bounds of one check, of which the first must lie below the second. */
import type { z } from '../../../core/schema.ts';

/** The schema, which refuses them the other way round, naming both. */
export function inOrder<S extends z.ZodObject>(schema: S, lower: keyof z.output<S>, upper: keyof z.output<S>): S {
  return schema.superRefine((options, context) => {
    const [low, high] = [options[lower as string] as number, options[upper as string] as number];
    if (low < high) return;
    const message = `a number above ${String(lower)}, which is ${low}`;
    context.addIssue({ code: 'custom', path: [String(upper)], message, input: high });
  });
}
