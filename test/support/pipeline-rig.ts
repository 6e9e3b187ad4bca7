/** A pipeline on a virtual clock, without a runtime around it. */
import { Intake } from '../../src/core/intake.ts';
import { Deadlines } from '../../src/hotpath/deadlines.ts';
import type { Vote } from '../../src/core/outcome.ts';
import type { BreakerOptions } from '../../src/policies/breaker/options.ts';
import type { Fallback } from '../../src/policies/fallback/fallback.ts';
import { Pipeline } from '../../src/policies/pipeline.ts';
import { type BreakerRig, breakerRig } from './breaker-rig.ts';

export interface PipelineRig extends BreakerRig {
  readonly pipeline: Pipeline<unknown>;
}

export function pipelineRig(options: {
  readonly breaker?: BreakerOptions;
  readonly timeoutMs?: number;
  readonly fallback?: Fallback;
  readonly vote?: (error: unknown) => Vote;
}): PipelineRig {
  const rig = breakerRig(options.breaker);
  const deadlines = new Deadlines(rig.env, (error) => {
    throw error;
  });
  const pipeline = new Pipeline<unknown>('payments', {
    env: rig.env,
    intake: new Intake(),
    slot: options.breaker && rig.slot,
    keyed: undefined,
    deadlines: options.timeoutMs === undefined ? undefined : deadlines.listFor(options.timeoutMs),
    fallback: options.fallback,
    vote: options.vote ?? (() => 'failure'),
  });
  return { ...rig, pipeline };
}

/** A promise and the functions that settle it. */
export function pending<T>(): PromiseWithResolvers<T> {
  return Promise.withResolvers<T>();
}
