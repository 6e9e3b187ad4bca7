/**
 * The demo's five pipelines, each with the policies its dependency deserves. Two of them lean on the same mortal
 * upstream: one hides its death behind a fallback, the other shows it to its callers.
 */
import type { Pipeline, Runtime } from '../../../index.ts';
import { voteOf, type Answer } from './fetch-answer.ts';
import type { PipelineName } from './plan-call.ts';
import type { Upstream } from './script.ts';

export const UPSTREAM_OF: Readonly<Record<PipelineName, Upstream>> = {
  catalog: 'steady',
  reviews: 'flaky',
  search: 'slow',
  payments: 'mortal',
  invoices: 'mortal',
};

export function demoPipelines(runtime: Runtime): Readonly<Record<PipelineName, Pipeline<Answer>>> {
  return {
    catalog: runtime.pipeline('catalog', {
      breaker: { failureRate: 0.5, window: { ms: 5_000 }, minimumCalls: 10, openMs: 2_000 },
      timeoutMs: 500,
      classify: voteOf,
    }),
    reviews: runtime.pipeline('reviews', {
      breaker: { failureRate: 0.5, window: { ms: 5_000 }, minimumCalls: 20, openMs: 2_000 },
      timeoutMs: 500,
    }),
    search: runtime.pipeline('search', {
      breaker: { failureRate: 0.5, window: { ms: 5_000 }, minimumCalls: 20, openMs: 2_000 },
      timeoutMs: 250,
    }),
    payments: runtime.pipeline('payments', {
      breaker: {
        consecutiveFailures: 5,
        failureRate: 0.5,
        window: { ms: 5_000 },
        minimumCalls: 10,
        openMs: 2_000,
        halfOpen: { permits: 3 },
      },
      timeoutMs: 400,
      fallback: (): Answer => ({ upstream: 'the last known price', tokens: 0 }),
    }),
    invoices: runtime.pipeline('invoices', {
      breaker: { failureRate: 0.5, window: { ms: 2_000 }, minimumCalls: 10, openMs: 5_500, halfOpen: { permits: 3 } },
      timeoutMs: 400,
    }),
  };
}
