/**
 * How what stands inside a layer ended: a record, not a rejection, so that what was thrown is never looked at on its
 * way out, and each layer knows whose doing it was.
 */
import type { Outcome, Vote } from '../../core/outcome.ts';
import { timedOut } from '../timeout/timed-out.ts';

export interface End {
  readonly outcome: Outcome;
  /** What a breaker further out counts it for. */
  readonly vote: Vote;
  /** What was returned, or thrown. */
  readonly value: unknown;
}

/** True for what a retry may try again, and a fallback may answer. */
export function isLost({ outcome }: End): boolean {
  return outcome === 'failure' || outcome === 'timeout' || outcome === 'rejected';
}

export function timeoutEnd(pipeline: string, timeoutMs: number): End {
  return { outcome: 'timeout', vote: 'failure', value: timedOut(pipeline, timeoutMs) };
}
