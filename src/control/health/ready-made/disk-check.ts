/** A ready-made health check: how much room a file system has left. */
import { between, group, parseOptions, z } from '../../../core/schema.ts';
import type { HealthCheck } from '../question.ts';
import { inOrder } from './in-order.ts';

const LONGEST_PATH = 4_096;
const diskCheckOptions = inOrder(
  group({
    /** A file or folder of the file system that is meant. */
    path: z
      .string({ error: 'a path' })
      .min(1, { error: 'a path' })
      .max(LONGEST_PATH, { error: `a path of at most ${LONGEST_PATH} characters` }),
    /** Unhealthy when less than this share of it is free. */
    unhealthyBelow: between(0, 1).default(0.05),
    /** Degraded when less than this share of it is free. */
    degradedBelow: between(0, 1).default(0.1),
  }),
  'unhealthyBelow',
  'degradedBelow',
);
export type DiskCheckOptions = z.input<typeof diskCheckOptions>;

/**
 * What the process may use counts as free, which is less than what root may. A path that cannot be looked at is
 * unhealthy.
 *
 * throws  INVALID_OPTIONS
 */
export function diskCheck(options: DiskCheckOptions): HealthCheck {
  const { path, unhealthyBelow, degradedBelow } = parseOptions(diskCheckOptions, options, 'diskCheck');
  return async ({ env }) => {
    let free: number;
    try {
      free = await env.files.freeShare(path);
    } catch (error) {
      return { answer: 'unhealthy', reason: error instanceof Error ? error.message : String(error) };
    }
    if (free >= degradedBelow) return 'healthy';
    return { answer: free < unhealthyBelow ? 'unhealthy' : 'degraded', reason: `${(free * 100).toFixed(1)} % is free` };
  };
}
