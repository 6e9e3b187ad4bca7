/**
 * A pipeline of our own on a way to the outside, to a sink or to a channel: what hangs is timed out, what fails is
 * retried, what is down is left alone.
 *
 * Its intake is its own: what is told last is told while the runtime takes no more work.
 */
import { Intake } from './core/intake.ts';
import type { Vote } from './core/outcome.ts';
import type { Pipelines } from './pipelines.ts';
import type { Pipeline } from './policies/pipeline.ts';

const ATTEMPTS = 3;

/** throws  CAPACITY_EXHAUSTED */
export function wayOut(
  pipelines: Pipelines,
  name: string,
  { timeoutMs, classify }: { readonly timeoutMs: number; readonly classify?: (error: unknown) => Vote },
): Pipeline {
  const options = {
    timeoutMs,
    totalTimeoutMs: ATTEMPTS * (timeoutMs + 5_000),
    retry: { maxAttempts: ATTEMPTS, initialMs: 200, maxMs: 5_000 },
    breaker: { consecutiveFailures: 2 * ATTEMPTS, openMs: 5_000, halfOpen: { permits: 1 } },
    ...(classify !== undefined && { classify }),
  };
  return pipelines.named(name, options, new Intake());
}
