/** A pipeline's options: each policy's own, by its name. A policy that is not named is not there. */
import { byLevel } from '../core/levels.ts';
import type { Vote } from '../core/outcome.ts';
import { callback, flag, group, milliseconds, name, z } from '../core/schema.ts';
import { breakerOptions } from './breaker/options.ts';
import { bulkheadOptions } from './bulkhead/options.ts';
import type { CallNames } from './call-meter.ts';
import { rateLimitOptions } from './rate-limit/options.ts';
import { retryOptions } from './retry/options.ts';
import type { Fallback } from './fallback/fallback.ts';

const FALLBACKS = { error: 'a function (error, context) => value, or an array of 1 to 16 of them' };

export const pipelineOptions = group({
  /** Stops calling what keeps failing; its options are below. */
  breaker: breakerOptions.optional(),
  /** Calls again what failed; its options are below. */
  retry: retryOptions.optional(),
  /** So many calls in so much time, and no more; its options are below. */
  rateLimit: rateLimitOptions.optional(),
  /** So many functions run at the same time, so many calls wait; its options are below. */
  bulkhead: bulkheadOptions.optional(),
  /** How long all attempts together may take, waits included. */
  totalTimeoutMs: milliseconds(1).optional(),
  /**
   * How long one attempt may take. The caller is released then, whether or not the function heeds its signal. By level
   * of degradation, a level that is left out is as the next better one.
   */
  timeoutMs: z
    .union([milliseconds(1), byLevel(milliseconds(1))], {
      error: 'milliseconds, a number from 1 to 2147483647, or { full, reduced, minimal, emergency } of them',
    })
    .optional(),
  /**
   * Called with the error, unless the caller aborted or the error is ignored; its value becomes the call's. An array is
   * a chain: one level after the other until one answers.
   */
  fallback: z
    .union(
      [
        callback<Fallback>('(error, context) => value').transform((level) => [level]),
        z.array(callback<Fallback>('(error, context) => value')).min(1, FALLBACKS).max(16, FALLBACKS),
      ],
      FALLBACKS,
    )
    .optional(),
  /**
   * Meters every call: `true`, or with names of your own. Charged are the call's tenant, or else `tenant` (`none`), the
   * operation (the pipeline's name), tier and agent. The score is 1 for a success, none for what was ignored or aborted,
   * else 0.
   */
  meter: z
    .union(
      [
        flag().transform((isOn): CallNames | undefined => (isOn ? {} : undefined)),
        group({
          operation: name().optional(),
          tier: name().optional(),
          agent: name().optional(),
          tenant: name().optional(),
        }),
      ],
      { error: 'true, or { operation, tier, agent, tenant }' },
    )
    .optional(),
  /** What an error counts for. A classifier that throws counts as `failure`. Default: every error is a failure. */
  classify: callback<(error: unknown) => Vote>('(error) => "success" | "failure" | "ignored"').optional(),
});

export type ResolvedPipelineOptions = z.output<typeof pipelineOptions>;

/** `F` is what the fallback gives: `execute` resolves to the function's value or to that. */
export type PipelineOptions<F = never> = Omit<z.input<typeof pipelineOptions>, 'fallback'> & {
  readonly fallback?: Fallback<F> | readonly Fallback<F>[];
};
