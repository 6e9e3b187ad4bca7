/** A ready-made health check: whether something accepts connections, and how fast. */
import { group, integer, milliseconds, parseOptions, z } from '../../../core/schema.ts';
import type { HealthCheck } from '../question.ts';

const LONGEST_HOST = 253;
const tcpCheckOptions = group({
  host: z
    .string({ error: 'a host name or address' })
    .min(1, { error: 'a host name or address' })
    .max(LONGEST_HOST, { error: `a host of at most ${LONGEST_HOST} characters` }),
  port: integer(1, 65_535),
  /** A connection that takes longer is degraded. */
  degradedAboveMs: milliseconds().optional(),
});
export type TcpCheckOptions = z.input<typeof tcpCheckOptions>;

/**
 * Healthy when a connection is accepted; it is closed at once, and nothing is sent.
 *
 * throws  INVALID_OPTIONS
 */
export function tcpCheck(options: TcpCheckOptions): HealthCheck {
  const { host, port, degradedAboveMs = Infinity } = parseOptions(tcpCheckOptions, options, 'tcpCheck');
  return async ({ env, signal }) => {
    const from = env.now();
    try {
      (await env.connect({ host, port }, signal)).destroy();
    } catch (error) {
      if (signal.aborted) throw error;
      return { answer: 'unhealthy', reason: error instanceof Error ? error.message : String(error) };
    }
    const tookMs = env.now() - from;
    return tookMs > degradedAboveMs ? { answer: 'degraded', reason: `took ${Math.round(tookMs)} ms` } : 'healthy';
  };
}
