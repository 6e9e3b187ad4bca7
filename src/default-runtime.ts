/**
 * A runtime nobody had to create: for one line in a script or a library.
 *
 *   import { breaker } from 'holdfast';
 *   const quote = await breaker('quotes').execute(() => fetch(url));
 *
 * Made when it is first used. It has no tick, no thread and no file, so the process ends by itself.
 */
import type { Breaker } from './policies/breaker/breaker.ts';
import type { SoloBreakerOptions } from './policies/breaker/options.ts';
import type { PipelineLayer } from './policies/layers/options.ts';
import type { PipelineOptions } from './policies/options.ts';
import type { Pipeline } from './policies/pipeline.ts';
import { Runtime } from './runtime.ts';

let runtime: Runtime | undefined;

function defaultRuntime(): Runtime {
  return (runtime ??= new Runtime());
}

/** `runtime.breaker` of the default runtime. */
export function breaker(name: string, options?: SoloBreakerOptions): Breaker {
  return defaultRuntime().breaker(name, options);
}

/** `runtime.pipeline` of the default runtime. */
export function pipeline<F = never>(
  name: string,
  options?: PipelineOptions<F> | readonly PipelineLayer<F>[],
): Pipeline<F> {
  return defaultRuntime().pipeline(name, options);
}

type Wrapped<F> = <This, Args extends unknown[], T>(
  fn: (this: This, ...args: Args) => T | PromiseLike<T>,
) => (this: This, ...args: Args) => Promise<T | F>;

/**
 * Put a breaker around a function, sync or async; it keeps arguments, `this` and types, and always gives a promise.
 * Several functions may share a breaker, by its name and its options; each has a fallback of its own.
 *
 *   const quote = withBreaker('quotes', { fallback: () => lastQuote })(fetchQuote);
 */
export function withBreaker<F = never>(
  name: string,
  { fallback, ...options }: SoloBreakerOptions & Pick<PipelineOptions<F>, 'fallback'> = {},
): Wrapped<F> {
  const { classify, ...breakerOptions } = options;
  const guarded = pipeline(name, {
    breaker: breakerOptions,
    ...(classify !== undefined && { classify }),
  });
  const answered = fallback === undefined ? guarded : guarded.answeredBy(fallback);
  return (fn) => answered.wrap(fn);
}
