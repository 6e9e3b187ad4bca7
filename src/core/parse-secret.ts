/**
 * Parses options some of which are keys, or have one in their address: what is wrong with such an option is said, and
 * what came is not, unless nothing did.
 */
import { InvalidOptionsError } from './errors.ts';
import { parseOptions, type z } from './schema.ts';

/** throws  INVALID_OPTIONS */
export function parseSecret<S extends z.ZodType>(
  schema: S,
  given: unknown,
  path: string,
  secrets: readonly string[],
): z.output<S> {
  try {
    return parseOptions(schema, given, path);
  } catch (error) {
    if (!(error instanceof InvalidOptionsError)) throw error;
    const { component, message } = error;
    if (!secrets.some((secret) => `${component}.`.startsWith(`${path}.${secret}.`))) throw error;
    throw new InvalidOptionsError(
      component,
      message.replace(/, received (?!undefined$).*$/s, ', received something else'),
    );
  }
}
