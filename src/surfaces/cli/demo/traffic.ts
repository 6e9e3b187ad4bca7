/**
 * A steady stream of real calls: one every beat, as the plan says, each metered when it ended. Nobody waits for
 * anybody: a call that hangs holds up no other, as on a server.
 */
import type { Pipeline, Runtime } from '../../../index.ts';
import type { Shop } from './features.ts';
import { fetchAnswer, type Answer } from './fetch-answer.ts';
import { UPSTREAM_OF } from './pipelines.ts';
import { planCall, type PipelineName, type PlannedCall } from './plan-call.ts';
import type { Upstream } from './script.ts';

const BEAT_MS = 16;

export interface Traffic {
  /** Start no more calls and wait for those under way; each ends by its pipeline's timeout. Idempotent. */
  stop(): Promise<void>;
}

export function startTraffic(
  runtime: Runtime,
  pipelines: Readonly<Record<PipelineName, Pipeline<Answer>>>,
  shop: Shop,
  urlOf: (upstream: Upstream) => string,
): Traffic {
  const { env } = runtime;
  const underWay = new Set<Promise<void>>();
  let calls = 0;
  let timer = env.setTimer(beat, BEAT_MS, true);

  function beat(): void {
    timer = env.setTimer(beat, BEAT_MS, true);
    const plan = planCall(calls++);
    if (plan.pipeline === 'reviews' && !shop.showsReviews) return;
    const call = run(plan);
    underWay.add(call);
    void call.finally(() => underWay.delete(call));
  }

  async function run(plan: PlannedCall): Promise<void> {
    const beganMs = env.now();
    const tokens = await execute(plan).then(
      (answer) => answer.tokens,
      () => 0, // counted by the pipeline; the caller of a demo has nobody to tell
    );
    const { tenant, tier, pipeline } = plan;
    runtime.metering.record({ tenant, tier, operation: pipeline, tokens, latencyMs: env.now() - beganMs });
  }

  async function execute({ pipeline, tenant, abandonAfterMs }: PlannedCall): Promise<Answer> {
    const url = urlOf(UPSTREAM_OF[pipeline]);
    const fetchIt = ({ signal }: { readonly signal: AbortSignal }): Promise<Answer> => fetchAnswer(url, signal);
    if (abandonAfterMs === null) return pipelines[pipeline].execute(fetchIt, { tenant });
    const caller = new AbortController();
    const leave = env.setTimer(() => caller.abort(), abandonAfterMs, true);
    try {
      return await pipelines[pipeline].execute(fetchIt, { tenant, signal: caller.signal });
    } finally {
      env.clearTimer(leave);
    }
  }

  return {
    async stop() {
      env.clearTimer(timer);
      await Promise.all(underWay);
    },
  };
}
