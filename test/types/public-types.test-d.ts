/** What the compiler is told by the public names. A type that is no longer so fails `npm test`, and `tsc -p .`. */
import { describe, expectTypeOf, test } from 'vitest';
import {
  type CheckAnswer,
  breaker,
  type Breaker,
  type BreakerOptions,
  type CallOptions,
  createRuntime,
  type ERROR_CODES,
  type ErrorCode,
  type EventType,
  type HoldfastError,
  type HoldfastEvent,
  isHoldfastError,
  type Pipeline,
  pipeline,
  type PipelineOptions,
  type Runtime,
  withBreaker,
} from '../../src/index.ts';

declare const runtime: Runtime;

interface Account {
  readonly rate: number;
}

describe('execute', () => {
  test('gives what the function gives, awaited', () => {
    const plain = pipeline('p');

    expectTypeOf(plain.execute(() => 5)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(plain.execute(async () => 'five')).toEqualTypeOf<Promise<string>>();
    expectTypeOf(plain.execute(() => {})).toEqualTypeOf<Promise<void>>();
    expectTypeOf(breaker('b').execute(async () => ({ a: 1 }))).toEqualTypeOf<Promise<{ a: number }>>();
  });

  test('gives the function a context it can only read', () => {
    void pipeline('p').execute((context) => {
      expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
      expectTypeOf(context.attempt).toEqualTypeOf<number>();
      expectTypeOf(context.tenant).toEqualTypeOf<string | undefined>();
      expectTypeOf(context.pipeline).toEqualTypeOf<string>();
      expectTypeOf(context.resource).toEqualTypeOf<unknown>();
      // @ts-expect-error -- a context is read-only
      context.attempt = 2;
    });
  });

  test('takes the options of a call, and no others', () => {
    expectTypeOf({ tenant: 'acme', idempotent: false, priority: 'high' as const }).toExtend<CallOptions>();
    // @ts-expect-error -- a priority is one of three
    void pipeline('p').execute(() => 1, { priority: 'urgent' });
    // @ts-expect-error -- misspelt
    void pipeline('p').execute(() => 1, { tenent: 'acme' });
  });
});

test('a health check answers one of three words, at once or by a promise, with or without a reason', () => {
  const { health } = runtime;
  expectTypeOf(health.register('a', () => 'healthy')).toEqualTypeOf<() => void>();
  health.register('b', async () => 'healthy');
  health.register('c', async ({ signal }) => {
    await fetch('http://search/', { signal });
    return 'healthy';
  });
  health.register('d', async () => ({ answer: 'degraded', reason: 'slow' }), { weight: 2 });
  health.register('e', () => new Promise((resolve) => setImmediate(resolve, 'healthy')));
  // @ts-expect-error -- no answer
  health.register('f', () => 'fine');
  // @ts-expect-error -- no answer, later
  health.register('g', async () => 'fine');
  expectTypeOf(health.probe('a')).resolves.toEqualTypeOf<CheckAnswer>();
});

describe('wrap', () => {
  const convert = async function (this: Account, amount: number, currency?: string): Promise<string> {
    return `${amount * this.rate} ${currency}`;
  };

  test('keeps arguments, this and the value, of a pipeline and of a breaker', () => {
    type Wrapped = (this: Account, amount: number, currency?: string) => Promise<string>;

    expectTypeOf(pipeline('p').wrap(convert)).toEqualTypeOf<Wrapped>();
    expectTypeOf(breaker('b').wrap(convert)).toEqualTypeOf<Wrapped>();
    expectTypeOf(withBreaker('w')(convert)).toEqualTypeOf<Wrapped>();
  });

  test('of a sync function gives a promise', () => {
    const add = (a: number, b: number): number => a + b;

    expectTypeOf(pipeline('p').wrap(add)).parameters.toEqualTypeOf<[number, number]>();
    expectTypeOf(pipeline('p').wrap(add)).returns.toEqualTypeOf<Promise<number>>();
    expectTypeOf(withBreaker('w')(add)).parameters.toEqualTypeOf<[number, number]>();
    expectTypeOf(withBreaker('w')(add)).returns.toEqualTypeOf<Promise<number>>();
  });

  test('refuses a call with another this or other arguments', () => {
    const wrapped = pipeline('p').wrap(convert);

    expectTypeOf(wrapped).thisParameter.toEqualTypeOf<Account>();
    // @ts-expect-error -- `this` is an account
    void wrapped(5);
    // @ts-expect-error -- an amount is a number
    void wrapped.call({ rate: 2 }, '5');
  });
});

describe('a fallback', () => {
  test('joins the result by its own type', () => {
    const quotes = runtime.pipeline('quotes', { fallback: () => null });

    expectTypeOf(quotes).toEqualTypeOf<Pipeline<null>>();
    expectTypeOf(quotes.execute(() => 5)).toEqualTypeOf<Promise<number | null>>();
    expectTypeOf(quotes.wrap((a: string) => a)).returns.toEqualTypeOf<Promise<string | null>>();
  });

  test('that is async, or a chain, joins by what it resolves to', () => {
    const later = runtime.pipeline('later', { fallback: async () => 'later' });
    const chain = runtime.pipeline('chain', { fallback: [() => 'a', () => 'b'] });

    expectTypeOf(later.execute(() => 5)).toEqualTypeOf<Promise<number | string>>();
    expectTypeOf(chain.execute(() => 5)).toEqualTypeOf<Promise<number | string>>();
  });

  test('of withBreaker joins too, for sync and async functions', () => {
    const guarded = withBreaker('w', { fallback: () => null });

    expectTypeOf(guarded((name: string) => name.length)).toEqualTypeOf<
      (this: unknown, name: string) => Promise<number | null>
    >();
    expectTypeOf(guarded(async (name: string) => name)).returns.toEqualTypeOf<Promise<string | null>>();
  });

  test('is given an error of unknown type, and a context', () => {
    runtime.pipeline('p', {
      fallback: (error, context) => {
        expectTypeOf(error).toEqualTypeOf<unknown>();
        expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
      },
    });
  });
});

describe('keyed breakers', () => {
  test('give a breaker for a key', () => {
    expectTypeOf(runtime.keyedBreaker('tenants').for('acme')).toEqualTypeOf<Breaker>();
    // @ts-expect-error -- a key is a string
    runtime.keyedBreaker('tenants').for(7);
    // @ts-expect-error -- a keyed breaker has no timer
    runtime.keyedBreaker('tenants', { autoHalfOpen: true });
  });
});

describe('options', () => {
  test('may be frozen and shared', () => {
    const shared = { failureRate: 0.5, window: { calls: 10 }, halfOpen: { permits: 2 } } as const;

    expectTypeOf(shared).toExtend<BreakerOptions>();
    expectTypeOf<Readonly<BreakerOptions>>().toExtend<BreakerOptions>();
    expectTypeOf<Readonly<PipelineOptions>>().toExtend<PipelineOptions>();
    runtime.breaker('a', shared);
    runtime.pipeline('b', Object.freeze({ breaker: shared }));
  });

  test('are told when misspelt or of another type', () => {
    expectTypeOf({ failurRate: 0.5 }).not.toExtend<BreakerOptions>();
    // @ts-expect-error -- misspelt
    runtime.breaker('b', { failurRate: 0.5 });
    // @ts-expect-error -- a number of milliseconds
    runtime.breaker('b', { openMs: '5s' });
    // @ts-expect-error -- one of the algorithms
    runtime.pipeline('p', { rateLimit: { limit: 1, algorithm: 'leakyBucket' } });
    // @ts-expect-error -- a retry is a group
    runtime.pipeline('p', { retry: 3 });
  });
});

describe('errors', () => {
  test('have a code of a closed set', () => {
    expectTypeOf<ErrorCode>().toEqualTypeOf<(typeof ERROR_CODES)[number]>();
    expectTypeOf<'BREAKER_OPEN'>().toExtend<ErrorCode>();
    expectTypeOf<string>().not.toExtend<ErrorCode>();
    expectTypeOf<HoldfastError['code']>().toEqualTypeOf<ErrorCode>();
  });

  test('are known by isHoldfastError', () => {
    const error = {} as unknown;

    if (isHoldfastError(error)) expectTypeOf(error).toEqualTypeOf<HoldfastError>();
    else expectTypeOf(error).toEqualTypeOf<unknown>();
  });
});

describe('events', () => {
  test('are typed by the type that was asked for', () => {
    runtime.events.on('breaker.transitioned', (event) => {
      expectTypeOf(event.type).toEqualTypeOf<'breaker.transitioned'>();
      expectTypeOf(event.epoch).toEqualTypeOf<number>();
      // @ts-expect-error -- of another type
      expectTypeOf(event.batch);
    });
    runtime.events.on('*', (event) => {
      expectTypeOf(event.type).toEqualTypeOf<EventType>();
      if (event.type === 'metering.committed') expectTypeOf(event.batch).toEqualTypeOf<string>();
    });
    expectTypeOf<HoldfastEvent<'breaker.crossed'>['rule']>().toEqualTypeOf<string>();
    // @ts-expect-error -- there is no such type
    runtime.events.on('breaker.exploded', () => {});
  });
});

test('createRuntime gives a runtime that can be disposed of', () => {
  expectTypeOf(createRuntime).returns.resolves.toEqualTypeOf<Runtime>();
  expectTypeOf<Runtime>().toExtend<AsyncDisposable>();
});
