/** What charges for a pipeline's calls: one record for each call that ended. */
import type { Outcome } from './core/outcome.ts';
import type { MeteredRecord } from './hotpath/metering-ring.ts';
import type { CallMeter, CallNames } from './policies/call-meter.ts';

/** What a call comes to, as a score whose mean is the share of calls that succeeded. */
const SCORES: Readonly<Record<Outcome, number | undefined>> = {
  success: 1,
  failure: 0,
  ignored: undefined,
  timeout: 0,
  aborted: undefined,
  rejected: 0,
  fallback: 0,
};
/** Who is charged for calls that name no tenant. */
const NO_TENANT = 'none';

export function callMeterOf(record: (record: MeteredRecord) => boolean, pipeline: string, names: CallNames): CallMeter {
  const { operation = pipeline, tier, agent, tenant: ofNobody = NO_TENANT } = names;
  return {
    ended: (tenant = ofNobody, outcome, latencyMs) =>
      void record({ tenant, operation, tier, agent, latencyMs, score: SCORES[outcome] }),
  };
}
