/** A pipeline of layers on a virtual clock, without a runtime around it: the array form of `pipeline-rig.ts`. */
import { Intake } from '../../src/core/intake.ts';
import type { Vote } from '../../src/core/outcome.ts';
import { parseOptions } from '../../src/core/schema.ts';
import { Deadlines } from '../../src/hotpath/deadlines.ts';
import { layersOf } from '../../src/layers-of.ts';
import { Bulkhead } from '../../src/policies/bulkhead/bulkhead.ts';
import { ResourcePool } from '../../src/policies/bulkhead/pool.ts';
import { LayeredCorridor } from '../../src/policies/layers/layered-corridor.ts';
import { type PipelineLayer, pipelineLayers } from '../../src/policies/layers/options.ts';
import { Pipeline } from '../../src/policies/pipeline.ts';
import { RateLimiter } from '../../src/policies/rate-limit/limiter.ts';
import { retryOf } from '../../src/policies/retry/retry.ts';
import { breakerRig } from './breaker-rig.ts';
import { NONE_COUNTED } from './none-counted.ts';
import type { PipelineRig, PipelineRigOptions } from './pipeline-rig.ts';

export interface LayeredRig extends PipelineRig {
  /** In the order of the array. */
  readonly bulkheads: readonly Bulkhead[];
}

export function layeredRig(layers: readonly PipelineLayer<unknown>[], vote?: (error: unknown) => Vote): LayeredRig {
  const rig = breakerRig(layers.find(({ breaker }) => breaker)?.breaker);
  const { env, slot } = rig;
  const bulkheads: Bulkhead[] = [];
  const deadlines = new Deadlines(env, (error) => {
    throw error;
  });
  const made = layersOf(parseOptions(pipelineLayers, layers, 'layers'), {
    env,
    breaker: () => ({ slot }),
    deadlines: (ms) => deadlines.listFor(ms),
    level: () => 'full',
    retry: (options) => retryOf(options, env, () => {}),
    limiter: (options) => new RateLimiter(options, env.now()),
    bulkhead: (options) => {
      const list = options.maxWaitMs === undefined ? undefined : deadlines.listFor(options.maxWaitMs);
      const bulkhead = new Bulkhead(options, { env, deadlines: list });
      bulkheads.push(bulkhead);
      const parts = { name: 'payments', env, onCallbackFailed: () => {} };
      return { bulkhead, pool: options.pool && new ResourcePool(options.pool, options.maxConcurrent, parts) };
    },
  });
  const classify = layers.find((layer) => layer.classify)?.classify;
  const corridor = new LayeredCorridor('payments', {
    env,
    layers: made,
    toVote: vote ?? classify ?? (() => 'failure'),
  });
  return {
    ...rig,
    pipeline: new Pipeline<unknown>(new Intake(), corridor, NONE_COUNTED),
    bulkhead: bulkheads[0],
    bulkheads,
  };
}

/** The array that means the same as these options. */
export function inDefaultOrder(options: PipelineRigOptions): readonly PipelineLayer<unknown>[] {
  const { fallback, totalTimeoutMs, retry, rateLimit, breaker, bulkhead, timeoutMs } = options;
  const layers = [{ fallback }, { totalTimeoutMs }, { retry }, { rateLimit }, { breaker }, { bulkhead }, { timeoutMs }];
  return layers.filter((layer) => Object.values(layer)[0] !== undefined) as PipelineLayer<unknown>[];
}
