/** Whether a failed attempt is followed by another, and when. A function of values, but for the application's own two. */
import { type ErrorCode, isHoldfastError } from '../../core/errors.ts';
import { retryAfterOf } from '../../core/retry-after.ts';
import { nextDelayMs } from './backoff.ts';
import type { ResolvedRetryOptions } from './options.ts';

export interface FailedAttempt {
  readonly error: unknown;
  /** 1 for the first. */
  readonly attempt: number;
  /** The delay before it; 0 for the first. */
  readonly previousMs: number;
  /** False when the caller said that the call must not be made twice. */
  readonly idempotent: boolean;
}

/** Hears of a function of the application that threw, or gave nothing to go by. Must not throw. */
export type OnCallbackFailed = (option: 'retryIf' | 'backoff', error: unknown) => void;

/** Another attempt would end the same way, or hurt: not retried unless `retryIf` asks for it. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['BREAKER_OPEN', 'INVALID_OPTIONS', 'STOPPED']);

/**
 * in      random in [0, 1)
 * out     milliseconds to wait, in [0, maxMs];   undefined to stop
 * shape   constant 100: an error → 100;   one whose retryAfterMs is 250 → 250;   the third of three attempts → undefined
 *
 * A call that is not idempotent is never retried, whatever `retryIf` says: its caller knows more than the policy.
 */
export function retryDelayMs(
  options: ResolvedRetryOptions,
  failed: FailedAttempt,
  random: number,
  onCallbackFailed: OnCallbackFailed,
): number | undefined {
  if (failed.attempt >= options.maxAttempts || !failed.idempotent) return undefined;
  if (!isWorthAnother(options, failed.error, onCallbackFailed)) return undefined;
  const ownMs = backoffMs(options, failed, random, onCallbackFailed);
  return Math.min(Math.max(ownMs, retryAfterOf(failed.error)), options.maxMs);
}

function isWorthAnother(
  { retryIf }: ResolvedRetryOptions,
  error: unknown,
  onCallbackFailed: OnCallbackFailed,
): boolean {
  if (retryIf === undefined) return !(isHoldfastError(error) && FINAL.has(error.code));
  try {
    const answer: unknown = retryIf(error);
    if (typeof answer === 'boolean') return answer;
    disarm(answer); // a promise is truthy: an async predicate would retry everything
    onCallbackFailed('retryIf', new TypeError('retryIf: expected true or false'));
  } catch (thrown) {
    onCallbackFailed('retryIf', thrown);
  }
  return false;
}

function backoffMs(
  options: ResolvedRetryOptions,
  { error, attempt, previousMs }: FailedAttempt,
  random: number,
  onCallbackFailed: OnCallbackFailed,
): number {
  const { backoff } = options;
  if (typeof backoff === 'string') return nextDelayMs(backoff, options, attempt, previousMs, random);
  try {
    const ms: unknown = backoff({ attempt, previousMs, error });
    if (typeof ms === 'number' && ms >= 0) return ms;
    disarm(ms);
    onCallbackFailed('backoff', new TypeError('backoff: expected milliseconds of at least 0'));
  } catch (thrown) {
    onCallbackFailed('backoff', thrown);
  }
  return nextDelayMs('decorrelatedJitter', options, attempt, previousMs, random);
}

/** An async function where an answer was expected is a mistake, not an unhandled rejection. */
function disarm(answer: unknown): void {
  if (answer instanceof Promise) answer.catch(() => {});
}
