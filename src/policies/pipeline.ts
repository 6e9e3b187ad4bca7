/**
 * A pipeline: one way through the policies it names, for any number of calls. The way itself is `corridor.ts`, or
 * `layers/layered-corridor.ts` where the order is the user's own.
 */
import { type CallOptions, isWrong, type Protected, readCall } from '../core/call.ts';
import { invalidOptions } from '../core/errors.ts';
import type { Intake } from '../core/intake.ts';
import type { PipelineReading } from '../core/readings.ts';
import { rejectSoon } from '../core/reject-soon.ts';
import { parseOptions } from '../core/schema.ts';
import type { Corridor } from './corridor.ts';
import type { LayeredCorridor } from './layers/layered-corridor.ts';
import { type CountingPolicies, policiesReading } from './policies-reading.ts';
import { pipelineOptions, type PipelineOptions } from './options.ts';

/** `F` is what its fallback gives. */
export class Pipeline<F = never> {
  readonly name: string;
  readonly #intake: Intake;
  readonly #corridor: Corridor | LayeredCorridor;
  readonly #policies: CountingPolicies;

  /** @internal */
  constructor(intake: Intake, corridor: Corridor | LayeredCorridor, policies: CountingPolicies) {
    this.name = corridor.name;
    this.#intake = intake;
    this.#corridor = corridor;
    this.#policies = policies;
  }

  /**
   * Call `fn` through the policies.
   *
   * out     exactly what `fn` returned, or what the fallback gave
   * throws  exactly what `fn` threw · BREAKER_OPEN · RATE_LIMITED · TIMEOUT · the reason of the caller's own signal ·
   *         FALLBACK_FAILED · INVALID_OPTIONS · STOPPED
   */
  execute<T>(fn: Protected<T>, options?: CallOptions): Promise<T | F> {
    const given = readCall(this.name, this.#intake, fn, options);
    return (isWrong(given) ? rejectSoon(given) : this.#corridor.make(fn, given)) as Promise<T | F>;
  }

  /**
   * The same pipeline with a fallback of its own; both count together.
   *
   * @internal
   */
  answeredBy<G>(fallback: NonNullable<PipelineOptions<G>['fallback']>): Pipeline<G> {
    const levels = parseOptions(pipelineOptions.shape.fallback, fallback, `pipeline "${this.name}".fallback`)!;
    return new Pipeline<G>(this.#intake, this.#corridor.answeredBy(levels), this.#policies);
  }

  /** The same function behind the pipeline; keeps arguments and `this`. throws  INVALID_OPTIONS for what is no function */
  wrap<This, Args extends unknown[], T>(
    fn: (this: This, ...args: Args) => T | PromiseLike<T>,
  ): (this: This, ...args: Args) => Promise<T | F> {
    if (typeof fn !== 'function') throw invalidOptions(`pipeline "${this.name}" wrap`, 'a function', fn);
    const execute = (self: This, args: Args): Promise<T | F> => this.execute(() => fn.apply(self, args));
    return function (this: This, ...args: Args): Promise<T | F> {
      return execute(this, args);
    };
  }

  /** Calls so far, by outcome: Σ outcomes + in flight = calls; and what the policies did for them. */
  reading(): PipelineReading {
    return { ...this.#corridor.counts.reading(), policies: policiesReading(this.#policies) };
  }
}
