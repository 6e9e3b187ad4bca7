import { parseOptions, z } from './core/schema.ts';
import type { ResolvedMeteringOptions } from './durable/metering/options.ts';

const WORDS = { true: true, '1': true, false: false, '0': false };

const variable = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.enum(['true', 'false', '1', '0'], { error: 'true or false' }))
  .transform((word) => WORDS[word]);

/**
 * Whether anything is metered: as the option says, or else the variable METERING_ENABLED.
 *
 * throws  INVALID_OPTIONS when the variable is neither true nor false
 */
export function isMeteringEnabled({ enabled }: ResolvedMeteringOptions): boolean {
  if (enabled !== undefined) return enabled;
  const given = process.env['METERING_ENABLED'];
  return given ? parseOptions(variable, given, 'METERING_ENABLED') : true; // set to nothing is unset
}
