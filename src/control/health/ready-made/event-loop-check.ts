/** A ready-made health check: how late the event loop was lately. */
import { group, milliseconds, parseOptions, type z } from '../../../core/schema.ts';
import type { HealthCheck } from '../question.ts';
import { inOrder } from './in-order.ts';

const eventLoopCheckOptions = inOrder(
  group({
    /** Degraded when a turn of the loop was so late. */
    degradedAtMs: milliseconds().default(100),
    /** Unhealthy when it was so late. */
    unhealthyAtMs: milliseconds().default(1_000),
  }),
  'degradedAtMs',
  'unhealthyAtMs',
);
export type EventLoopCheckOptions = z.input<typeof eventLoopCheckOptions>;

/** throws  INVALID_OPTIONS */
export function eventLoopCheck(options: EventLoopCheckOptions = {}): HealthCheck {
  const { degradedAtMs, unhealthyAtMs } = parseOptions(eventLoopCheckOptions, options, 'eventLoopCheck');
  return ({ env }) => {
    const { loopDelayMs } = env.vitals();
    if (loopDelayMs < degradedAtMs) return 'healthy';
    const reason = `the event loop was ${Math.round(loopDelayMs)} ms late`;
    return { answer: loopDelayMs >= unhealthyAtMs ? 'unhealthy' : 'degraded', reason };
  };
}
