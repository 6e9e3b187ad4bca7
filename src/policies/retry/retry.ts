/**
 * One pipeline's retries: asks the decision, pays out of the budget, counts. The pipeline does the waiting.
 *
 * `begin` once a call, `delayMs` after each failed attempt of a call whose caller still waits.
 */
import { noteAttempts } from './attempts.ts';
import type { Env } from '../../core/env.ts';
import { errorKind } from '../../core/error-kind.ts';
import { RetryBudget } from './budget.ts';
import { type FailedAttempt, type OnCallbackFailed, retryDelayMs } from './decision.ts';
import type { ResolvedRetryOptions } from './options.ts';

export interface RetryParts {
  readonly random: () => number;
  /** None where the options say `false`. Hedges pay out of the same. */
  readonly budget: RetryBudget | undefined;
  readonly onCallbackFailed: OnCallbackFailed;
  readonly onExhausted: OnExhausted;
}

/** What is told of a call whose retries are used up. */
export interface Exhaustion {
  readonly attempts: number;
  readonly usedUp: 'attempts' | 'budget';
  readonly error: string;
}
export type OnExhausted = (exhaustion: Exhaustion) => void;

export interface RetryReading {
  readonly retries: number;
  /** Calls that would have been retried once more, had the budget allowed it. */
  readonly overBudget: number;
}

export class Retry {
  readonly #options: ResolvedRetryOptions;
  readonly #parts: RetryParts;
  #retries = 0;
  #overBudget = 0;

  constructor(options: ResolvedRetryOptions, parts: RetryParts) {
    this.#options = options;
    this.#parts = parts;
  }

  begin(): void {
    this.#parts.budget?.deposit();
  }

  /**
   * in   mayWait  whether the caller still waits by then: asked last, as the application's own functions may have had it
   *               leave
   * out  how long to wait before the next attempt, which is paid for;   undefined when this error is the call's
   */
  delayMs(failed: FailedAttempt, mayWait: (delayMs: number) => boolean): number | undefined {
    const { budget, random, onCallbackFailed } = this.#parts;
    const wantedMs = retryDelayMs(this.#options, failed, random(), onCallbackFailed);
    const delayMs = wantedMs !== undefined && mayWait(wantedMs) ? wantedMs : undefined;
    if (delayMs !== undefined && (budget === undefined || budget.take())) {
      this.#retries++;
      return delayMs;
    }
    if (delayMs !== undefined) this.#overBudget++;
    noteAttempts(failed.error, failed.attempt);
    this.#tell(failed, delayMs !== undefined);
    return undefined;
  }

  reading(): RetryReading {
    return { retries: this.#retries, overBudget: this.#overBudget };
  }

  /** Say so when it is the end of retries; an error that is not retried at all is its caller's affair. */
  #tell({ attempt, error }: FailedAttempt, isOverBudget: boolean): void {
    const usedUp = isOverBudget
      ? 'budget'
      : attempt > 1 && attempt >= this.#options.maxAttempts
        ? 'attempts'
        : undefined;
    if (usedUp !== undefined) this.#parts.onExhausted({ attempts: attempt, usedUp, error: errorKind(error) });
  }
}

/** A retry as the options say, with a budget of its own. */
export function retryOf(
  options: ResolvedRetryOptions,
  { random }: Pick<Env, 'random'>,
  onCallbackFailed: OnCallbackFailed,
  onExhausted: OnExhausted = () => {},
): Retry {
  const budget = options.budget === false ? undefined : new RetryBudget(options.budget);
  return new Retry(options, { random, budget, onCallbackFailed, onExhausted });
}
