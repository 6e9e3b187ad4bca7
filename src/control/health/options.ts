/** How health is computed: types, bounds and defaults, once. */
import { between, group, integer, milliseconds, type z } from '../../core/schema.ts';

export const healthOptions = group({
  /** From one tick to the next. Default: the variable HEALTH_CHECK_INTERVAL_SECONDS if it is set, else 1,000. */
  intervalMs: milliseconds(10).optional(),
  /** A status is left at once when the score is so far beyond its bound; when it is less far, after two ticks. */
  hysteresis: between(0, 0.2).default(0.02),
  /** Ticks that `history` remembers. */
  history: integer(1, 86_400).default(300),
  /** A signal of this severity is algedonic, unless it says otherwise. */
  algedonicFrom: between(0, 1).default(0.8),
});

export type HealthOptions = z.output<typeof healthOptions>;
