/** Whose something is, as a step is told when it is made. */
import { name, parseOptions } from '../../core/schema.ts';

const aName = name();

/** throws  INVALID_OPTIONS */
export function named(path: string, given: string): string {
  return parseOptions(aName, given, path);
}

/** The same where it may be left out. */
export function perhapsNamed(path: string, given: string | undefined): string | undefined {
  return given === undefined ? undefined : named(path, given);
}
