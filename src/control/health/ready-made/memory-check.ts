/** A ready-made health check: how much of the heap's limit is in use. */
import { between, group, parseOptions, type z } from '../../../core/schema.ts';
import type { HealthCheck } from '../question.ts';
import { inOrder } from './in-order.ts';

const memoryCheckOptions = inOrder(
  group({
    /** Degraded from this share of the heap's limit on. */
    degradedAt: between(0, 1).default(0.8),
    /** Unhealthy from this share on: most of the time is spent collecting garbage by then. */
    unhealthyAt: between(0, 1).default(0.95),
  }),
  'degradedAt',
  'unhealthyAt',
);
export type MemoryCheckOptions = z.input<typeof memoryCheckOptions>;

/** throws  INVALID_OPTIONS */
export function memoryCheck(options: MemoryCheckOptions = {}): HealthCheck {
  const { degradedAt, unhealthyAt } = parseOptions(memoryCheckOptions, options, 'memoryCheck');
  return ({ env }) => {
    const { heapUsedBytes, heapLimitBytes } = env.vitals();
    const used = heapUsedBytes / heapLimitBytes;
    if (used < degradedAt) return 'healthy';
    const reason = `${Math.round(used * 100)} % of the heap's limit in use`;
    return { answer: used >= unhealthyAt ? 'unhealthy' : 'degraded', reason };
  };
}
