/** A pipeline on a virtual clock, without a runtime around it. */
import { Intake } from '../../src/core/intake.ts';
import { Deadlines } from '../../src/hotpath/deadlines.ts';
import type { Vote } from '../../src/core/outcome.ts';
import type { BreakerOptions } from '../../src/policies/breaker/options.ts';
import { parseOptions } from '../../src/core/schema.ts';
import { Bulkhead } from '../../src/policies/bulkhead/bulkhead.ts';
import { type BulkheadOptions, bulkheadOptions } from '../../src/policies/bulkhead/options.ts';
import { ResourcePool } from '../../src/policies/bulkhead/pool.ts';
import { Corridor } from '../../src/policies/corridor.ts';
import { RateLimiter } from '../../src/policies/rate-limit/limiter.ts';
import { type RateLimitOptions, rateLimitOptions } from '../../src/policies/rate-limit/options.ts';
import { type RetryOptions, retryOptions } from '../../src/policies/retry/options.ts';
import { retryOf } from '../../src/policies/retry/retry.ts';
import type { Fallback } from '../../src/policies/fallback/fallback.ts';
import { Pipeline } from '../../src/policies/pipeline.ts';
import { type BreakerRig, breakerRig } from './breaker-rig.ts';
import { NONE_COUNTED } from './none-counted.ts';

export interface PipelineRig extends BreakerRig {
  readonly pipeline: Pipeline<unknown>;
  readonly bulkhead: Bulkhead | undefined;
}

export interface PipelineRigOptions {
  readonly breaker?: BreakerOptions;
  readonly timeoutMs?: number;
  readonly totalTimeoutMs?: number;
  readonly retry?: RetryOptions;
  readonly bulkhead?: BulkheadOptions;
  readonly rateLimit?: RateLimitOptions;
  readonly fallback?: Fallback | readonly Fallback[];
  readonly vote?: (error: unknown) => Vote;
}

export function pipelineRig(options: PipelineRigOptions): PipelineRig {
  const rig = breakerRig(options.breaker);
  const deadlines = new Deadlines(rig.env, (error) => {
    throw error;
  });
  const listFor = (ms: number | undefined) => (ms === undefined ? undefined : deadlines.listFor(ms));
  const resolved = options.bulkhead && parseOptions(bulkheadOptions, options.bulkhead, 'bulkhead');
  const bulkhead = resolved && new Bulkhead(resolved, { env: rig.env, deadlines: listFor(resolved.maxWaitMs) });
  const corridor = new Corridor('payments', {
    env: rig.env,
    slot: options.breaker && rig.slot,
    deadlines: listFor(options.timeoutMs),
    total: listFor(options.totalTimeoutMs),
    retry: options.retry && retryOf(parseOptions(retryOptions, options.retry, 'retry'), rig.env, () => {}),
    limiter:
      options.rateLimit && new RateLimiter(parseOptions(rateLimitOptions, options.rateLimit, 'limit'), rig.env.now()),
    bulkhead,
    pool:
      options.bulkhead?.pool &&
      new ResourcePool(resolved!.pool!, resolved!.maxConcurrent, {
        name: 'payments',
        env: rig.env,
        onCallbackFailed: () => {},
      }),
    fallback: options.fallback && [options.fallback].flat(),
    vote: options.vote ?? (() => 'failure'),
  });
  const pipeline = new Pipeline<unknown>(new Intake(), corridor, NONE_COUNTED);
  return { ...rig, pipeline, bulkhead };
}

/** A promise and the functions that settle it. */
export function pending<T>(): PromiseWithResolvers<T> {
  return Promise.withResolvers<T>();
}
