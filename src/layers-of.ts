/** The layers of a pipeline in the user's own order, made of the same policies as the fused frame. */
import type { Env } from './core/env.ts';
import type { Level } from './core/readings.ts';
import type { DeadlineList } from './hotpath/deadline-list.ts';
import type { ResolvedBreakerOptions } from './policies/breaker/options.ts';
import type { Bulkhead } from './policies/bulkhead/bulkhead.ts';
import type { ResolvedBulkheadOptions } from './policies/bulkhead/options.ts';
import type { ResourcePool } from './policies/bulkhead/pool.ts';
import type { CorridorParts } from './policies/corridor.ts';
import { breakerLayer } from './policies/layers/breaker-layer.ts';
import { bulkheadLayer } from './policies/layers/bulkhead-layer.ts';
import { fallbackLayer } from './policies/layers/fallback-layer.ts';
import type { Layer } from './policies/layers/layer.ts';
import type { ResolvedPipelineLayer } from './policies/layers/options.ts';
import { rateLimitLayer } from './policies/layers/rate-limit-layer.ts';
import { retryLayer } from './policies/layers/retry-layer.ts';
import { timeoutLayer } from './policies/layers/timeout-layer.ts';
import { totalTimeoutLayer } from './policies/layers/total-timeout-layer.ts';
import type { RateLimiter } from './policies/rate-limit/limiter.ts';
import type { ResolvedRateLimitOptions } from './policies/rate-limit/options.ts';
import type { ResolvedRetryOptions } from './policies/retry/options.ts';
import type { Retry } from './policies/retry/retry.ts';

/** Makes a pipeline's policies from their options, one by one. */
export interface PolicyMaker {
  readonly env: Env;
  breaker(options: ResolvedBreakerOptions): Pick<CorridorParts, 'slot' | 'keyed'>;
  deadlines(ms: number): DeadlineList;
  /** The level of degradation in force. */
  level(): Level;
  retry(options: ResolvedRetryOptions): Retry;
  limiter(options: ResolvedRateLimitOptions): RateLimiter;
  bulkhead(options: ResolvedBulkheadOptions): { readonly bulkhead: Bulkhead; readonly pool: ResourcePool | undefined };
}

/** throws  as the maker does */
export function layersOf(layers: readonly ResolvedPipelineLayer[], maker: PolicyMaker): readonly Layer[] {
  return layers.flatMap((layer) => layerOf(layer, maker) ?? []);
}

/** out  undefined for what wraps nothing: a classifier */
function layerOf(policy: ResolvedPipelineLayer, maker: PolicyMaker): Layer | undefined {
  const { env } = maker;
  const { fallback, retry, rateLimit, breaker, bulkhead, timeoutMs, totalTimeoutMs } = policy;
  if (fallback !== undefined) return fallbackLayer(fallback);
  if (retry !== undefined) return retryLayer(maker.retry(retry), env);
  if (rateLimit !== undefined) return rateLimitLayer(maker.limiter(rateLimit), env);
  if (timeoutMs !== undefined)
    return timeoutLayer(
      () => maker.deadlines(typeof timeoutMs === 'object' ? timeoutMs[maker.level()] : timeoutMs),
      env,
    );
  if (totalTimeoutMs !== undefined) return totalTimeoutLayer(maker.deadlines(totalTimeoutMs), env);
  if (bulkhead !== undefined) {
    const made = maker.bulkhead(bulkhead);
    return bulkheadLayer(made.bulkhead, made.pool);
  }
  if (breaker === undefined) return undefined;
  const { slot, keyed } = maker.breaker(breaker);
  return breakerLayer((tenant) => (keyed === undefined ? slot! : keyed.slotFor(tenant)), env);
}
