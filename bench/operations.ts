/**
 * Every public operation and every way a call can fail, each as a function that does it so many times: what the suite
 * `slopes` weighs. Each has a runtime of its own, on a virtual clock where it needs time to pass.
 *
 * It is long because it is a list; nothing in it depends on anything else.
 */
import { createRuntime, isHoldfastError, type Pipeline, type PipelineOptions, type Runtime } from '../src/index.ts';
import { createVirtualEnv, type VirtualEnv } from '../src/testing/index.ts';
import { ANSWER, FAILURE, FALLBACK, fail, readSignal, succeed } from './answer.ts';
import { expectTrue } from './expect-true.ts';
import { TIMEOUT_MS } from './rules.ts';

export interface Operation {
  /** Do it so many times. */
  run(times: number): Promise<void>;
}

interface Stage {
  readonly env: VirtualEnv;
  readonly runtime: Runtime;
}

type Prepare = (stage: Stage) => Operation['run'] | Promise<Operation['run']>;

const MANUAL = { by: 'bench', reason: 'its memory is weighed' } as const;
/** As many calls at a time as a busy server has; time moves when all of them wait. */
const AT_ONCE = 50;
const KEYS = 1_000;
/** Never trips: what is weighed is the failing call, not the rejection after it. */
const PATIENT = { failureCount: 1_000_000, openMs: 5_000 } as const;
const FIVE = {
  breaker: PATIENT,
  retry: { maxAttempts: 3, initialMs: 10, maxMs: 100, budget: false },
  bulkhead: { maxConcurrent: AT_ONCE, maxQueued: AT_ONCE },
  timeoutMs: TIMEOUT_MS,
} as const satisfies PipelineOptions;

const never = (): Promise<never> => new Promise(() => {});
const noop = (): void => {};

/** One after the other. */
function each(operate: (number: number) => unknown): Operation['run'] {
  let number = 0;
  return async (times) => {
    for (let done = 0; done < times; done++) await operate(number++);
  };
}

/** Many at a time, then `ms` pass, and all of them must have settled. */
function timed(env: VirtualEnv, ms: number, begin: (number: number) => Promise<unknown>): Operation['run'] {
  let number = 0;
  return async (times) => {
    for (let done = 0; done < times; done += AT_ONCE) {
      const begun = Array.from({ length: AT_ONCE }, () => begin(number++));
      await env.advanceAsync(ms);
      await Promise.all(begun);
    }
  };
}

/** The call must be refused with this code, or nothing was weighed. */
async function refused(code: string, call: Promise<unknown>): Promise<void> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expectTrue(isHoldfastError(error) && error.code === code, code);
}

/** It must reject with this very reason. */
async function rejects(reason: unknown, call: Promise<unknown>): Promise<void> {
  const received = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expectTrue(received === reason, 'the reason it was given');
}

function five({ runtime }: Stage, more: PipelineOptions<typeof FALLBACK> = {}): Pipeline<typeof FALLBACK> {
  return runtime.pipeline('five', { ...FIVE, ...more });
}

const BREAKER: Readonly<Record<string, Prepare>> = {
  'breaker.execute, ok': ({ runtime }) => {
    const breaker = runtime.breaker('b', PATIENT);
    return each(() => breaker.execute(succeed));
  },
  'breaker.execute, throws': ({ runtime }) => {
    const breaker = runtime.breaker('b', PATIENT);
    return each(() => rejects(FAILURE, breaker.execute(fail)));
  },
  'breaker.execute, of no function': ({ runtime }) => {
    const breaker = runtime.breaker('b', PATIENT);
    return each(() => refused('INVALID_OPTIONS', breaker.execute(undefined as never)));
  },
  'breaker.execute, aborted before': ({ runtime }) => {
    const breaker = runtime.breaker('b', PATIENT);
    return each(() => rejects(FAILURE, breaker.execute(succeed, { signal: AbortSignal.abort(FAILURE) })));
  },
  'breaker.execute, aborted during': ({ runtime }) => {
    const breaker = runtime.breaker('b', PATIENT);
    return each(() => abortedDuring((signal) => breaker.execute(never, { signal })));
  },
  'breaker.execute, a signal that lives on': ({ runtime }) => {
    const breaker = runtime.breaker('b', PATIENT);
    const { signal } = new AbortController();
    return each(() => breaker.execute(succeed, { signal }));
  },
  'breaker.execute, rejected while open': ({ runtime }) => {
    const breaker = runtime.breaker('b', PATIENT);
    breaker.open(MANUAL);
    return each(() => refused('BREAKER_OPEN', breaker.execute(succeed)));
  },
  'breaker.wrap': ({ runtime }) => {
    const breaker = runtime.breaker('b', PATIENT);
    return each(() => breaker.wrap(succeed)());
  },
  'breaker.admit and settle': ({ runtime }) => {
    const breaker = runtime.breaker('b', PATIENT);
    return each(() => breaker.admit().settle('success'));
  },
  'breaker.admit, never settled': ({ runtime }) => {
    const breaker = runtime.breaker('b', PATIENT);
    return each(() => void breaker.admit());
  },
  'breaker trips and closes': ({ runtime }) => {
    const breaker = runtime.breaker('b', { consecutiveFailures: 1 });
    return each(() => {
      breaker.admit().settle('failure');
      breaker.close(MANUAL);
    });
  },
  'breaker probes and closes': ({ env, runtime }) => {
    const breaker = runtime.breaker('b', { consecutiveFailures: 1, openMs: 10, halfOpen: { permits: 1 } });
    return each(() => {
      breaker.admit().settle('failure');
      env.advance(10);
      breaker.admit().settle('success');
      expectTrue(breaker.state === 'closed', 'a breaker that closed');
    });
  },
  'breaker.on and off': ({ runtime }) => {
    const breaker = runtime.breaker('b', PATIENT);
    return each(() => breaker.on('transition', noop)());
  },
  'breaker.snapshot, counts, latencyMs': ({ runtime }) => {
    const breaker = runtime.breaker('b', { ...PATIENT, latency: true });
    return each(() => [breaker.snapshot(), breaker.counts(), breaker.latencyMs(0.99)]);
  },
  'a listener that throws': ({ runtime }) => {
    const breaker = runtime.breaker('b', { consecutiveFailures: 1 });
    breaker.on('transition', () => {
      throw FAILURE;
    });
    return each(() => {
      breaker.admit().settle('failure');
      breaker.close(MANUAL);
    });
  },
  'a classifier that throws': ({ runtime }) => {
    const breaker = runtime.breaker('b', {
      ...PATIENT,
      classify: () => {
        throw FAILURE;
      },
    });
    return each(() => rejects(FAILURE, breaker.execute(fail)));
  },
  'keyed breaker, a new key each time': ({ runtime }) => {
    const keyed = runtime.keyedBreaker('k', { ...PATIENT, maxKeys: KEYS });
    return each((number) => keyed.for(`key ${number}`).execute(succeed));
  },
  'keyed breaker, a new key beyond what there is room for': ({ runtime }) => {
    const keyed = runtime.keyedBreaker('k', { consecutiveFailures: 1, openMs: 2 ** 31 - 1, maxKeys: KEYS });
    for (let key = 0; key < KEYS; key++) keyed.for(`open ${key}`).admit().settle('failure');
    return each((number) => keyed.for(`key ${number}`).execute(succeed));
  },
  'keyed breaker trips and closes': ({ runtime }) => {
    const keyed = runtime.keyedBreaker('k', { consecutiveFailures: 1, maxKeys: KEYS });
    return each((number) => {
      const breaker = keyed.for(`key ${number % KEYS}`);
      breaker.admit().settle('failure');
      breaker.close(MANUAL);
    });
  },
};

const PIPELINE: Readonly<Record<string, Prepare>> = {
  'pipeline.execute, ok': (stage) => {
    const pipeline = five(stage);
    return each(() => pipeline.execute(succeed));
  },
  'pipeline.execute, its signal read': (stage) => {
    const pipeline = five(stage);
    return each(() => pipeline.execute(readSignal));
  },
  'pipeline.execute, all options': (stage) => {
    const pipeline = five(stage);
    const { signal } = new AbortController();
    return each(() => pipeline.execute(succeed, { signal, tenant: 'acme', idempotent: false, priority: 'high' }));
  },
  'pipeline.wrap': (stage) => {
    const pipeline = five(stage);
    return each(() => pipeline.wrap(succeed)());
  },
  'pipeline.execute, throws': (stage) => {
    const pipeline = five(stage, { retry: undefined } as never);
    return each(() => rejects(FAILURE, pipeline.execute(fail)));
  },
  timeout: (stage) => {
    const { runtime, env } = stage;
    const pipeline = runtime.pipeline('p', { breaker: PATIENT, timeoutMs: 10 });
    return timed(env, 10, () => refused('TIMEOUT', pipeline.execute(never)));
  },
  'timeout, and a late result': ({ runtime, env }) => {
    const pipeline = runtime.pipeline('p', { breaker: PATIENT, timeoutMs: 10 });
    const late = (): Promise<void> => new Promise((resolve) => void env.setTimer(resolve, 20, true));
    return timed(env, 20, () => refused('TIMEOUT', pipeline.execute(late)));
  },
  'timeout of the whole': ({ runtime, env }) => {
    const pipeline = runtime.pipeline('p', { breaker: PATIENT, totalTimeoutMs: 10 });
    return timed(env, 10, () => refused('TIMEOUT', pipeline.execute(never)));
  },
  'aborted before': (stage) => {
    const pipeline = five(stage);
    return each(() => rejects(FAILURE, pipeline.execute(succeed, { signal: AbortSignal.abort(FAILURE) })));
  },
  'aborted during': (stage) => {
    const pipeline = five(stage, { bulkhead: undefined } as never);
    return each(() => abortedDuring((signal) => pipeline.execute(never, { signal })));
  },
  'rejected by the breaker': ({ runtime }) => {
    const pipeline = runtime.pipeline('p', { breaker: PATIENT, timeoutMs: TIMEOUT_MS });
    runtime.breaker('p').open(MANUAL);
    return each(() => refused('BREAKER_OPEN', pipeline.execute(succeed)));
  },
  'rejected by the rate limit': ({ runtime }) => {
    const pipeline = runtime.pipeline('p', { rateLimit: { limit: 1, perMs: 2 ** 31 - 1 } });
    void pipeline.execute(succeed);
    return each(() => refused('RATE_LIMITED', pipeline.execute(succeed)));
  },
  'rate limit, a new tenant each time': ({ runtime, env }) => {
    const pipeline = runtime.pipeline('p', { rateLimit: { limit: 10, keyed: true, maxKeys: KEYS, perMs: 10 } });
    return each(async (number) => {
      if (number % AT_ONCE === 0) env.advance(10);
      await pipeline.execute(succeed, { tenant: `tenant ${number}` });
    });
  },
  'rejected by the bulkhead': ({ runtime }) => {
    const pipeline = runtime.pipeline('p', { bulkhead: { maxConcurrent: 1 } });
    void pipeline.execute(never);
    return each(() => refused('BULKHEAD_FULL', pipeline.execute(succeed)));
  },
  'bulkhead, waited for': ({ runtime, env }) => {
    const pipeline = runtime.pipeline('p', { bulkhead: { maxConcurrent: 10, maxQueued: AT_ONCE } });
    const slowly = (): Promise<void> => new Promise((resolve) => void env.setTimer(resolve, 1, true));
    return timed(env, 5, () => pipeline.execute(slowly));
  },
  'bulkhead, tenants in turn': ({ runtime, env }) => {
    const pipeline = runtime.pipeline('p', { bulkhead: { maxConcurrent: 10, maxQueued: AT_ONCE, keyed: true } });
    const slowly = (): Promise<void> => new Promise((resolve) => void env.setTimer(resolve, 1, true));
    return timed(env, 5, (number) => pipeline.execute(slowly, { tenant: `tenant ${number}` }));
  },
  'bulkhead, aborted while it waits': ({ runtime }) => {
    const pipeline = runtime.pipeline('p', { bulkhead: { maxConcurrent: 1, maxQueued: 1 } });
    void pipeline.execute(never);
    return each(() => abortedDuring((signal) => pipeline.execute(succeed, { signal })));
  },
  'bulkhead, waited for too long': ({ runtime, env }) => {
    const pipeline = runtime.pipeline('p', { bulkhead: { maxConcurrent: 1, maxQueued: AT_ONCE, maxWaitMs: 10 } });
    void pipeline.execute(never);
    return timed(env, 10, () => refused('BULKHEAD_FULL', pipeline.execute(succeed)));
  },
  'bulkhead, abandoned': ({ runtime, env }) => {
    const pipeline = runtime.pipeline('p', {
      bulkhead: { maxConcurrent: AT_ONCE, abandonAfterMs: 10 },
      timeoutMs: 10,
    });
    return timed(env, 20, () => refused('TIMEOUT', pipeline.execute(never)));
  },
  'bulkhead, a resource lent': ({ runtime }) => {
    const pipeline = runtime.pipeline('p', {
      bulkhead: { maxConcurrent: 2, pool: { create: () => ANSWER, destroy: noop, validate: () => false } },
    });
    return each(() => pipeline.execute(({ resource }) => expectTrue(resource === ANSWER, 'a resource')));
  },
  'retry until it is given up': (stage) => {
    const pipeline = five(stage);
    return timed(stage.env, 500, () => rejects(FAILURE, pipeline.execute(fail)));
  },
  'retry, aborted between attempts': (stage) => {
    const pipeline = five(stage);
    return each(async () => {
      const controller = new AbortController();
      const call = rejects(FAILURE, pipeline.execute(fail, { signal: controller.signal }));
      await Promise.resolve();
      controller.abort(FAILURE);
      await call;
    });
  },
  fallback: ({ runtime }) => {
    const pipeline = runtime.pipeline('p', { breaker: PATIENT, fallback: () => FALLBACK });
    return each(() => pipeline.execute(fail));
  },
  'fallbacks that throw': ({ runtime }) => {
    const pipeline = runtime.pipeline('p', { breaker: PATIENT, fallback: [fail, fail] });
    return each(() => refused('FALLBACK_FAILED', pipeline.execute(fail)));
  },
};

const RUNTIME: Readonly<Record<string, Prepare>> = {
  'metering.record': ({ runtime, env }) => {
    const { metering } = runtime;
    return each((number) => {
      if (number % KEYS === 0) env.advance(1_000);
      return metering.record({ tenant: 'acme', operation: 'quote', tokens: 1 });
    });
  },
  'metering.record, dropped': ({ runtime }) => {
    const { metering } = runtime;
    return each(() => metering.record({ tenant: 'acme', operation: 'quote', tokens: 1 }));
  },
  'metering.record, refused': ({ runtime }) => {
    const { metering } = runtime;
    return each(() => metering.record({ tenant: 'acme', operation: 'quote', tokens: Number.NaN }));
  },
  'metering.record, a new tenant each time': async ({ runtime, env }) => {
    const { metering } = runtime;
    const record = each((number) => {
      if (number % KEYS === 0) env.advance(1_000);
      return metering.record({ tenant: `tenant ${number}`, operation: 'quote', tokens: 1 });
    });
    await record(100_000); // past the room there is for groups
    return record;
  },
  'metering.bind, record and flush': ({ runtime, env }) => {
    const { metering } = runtime;
    return each(async () => {
      metering.bind({ tenant: 'acme', operation: 'quote' }).record({ tokens: 1 });
      const flushed = metering.flush();
      await env.advanceAsync(0);
      await flushed;
    });
  },
  readings: ({ runtime }) => {
    runtime.breaker('b');
    runtime.pipeline('p', { timeoutMs: TIMEOUT_MS });
    return each(() => runtime.readings());
  },
  'circuitHealth and health.report': ({ runtime }) => {
    runtime.breaker('b');
    return each(() => [runtime.circuitHealth(), runtime.health.report()]);
  },
  'a health tick': ({ runtime, env }) => {
    runtime.breaker('b');
    runtime.health.register('disk', () => 'healthy');
    return each(() => env.advanceAsync(1_000));
  },
  'health.register and unregister': ({ runtime }) => each(() => runtime.health.register('disk', () => 'healthy')()),
  'a health check that throws': ({ runtime, env }) => {
    runtime.health.register('disk', () => {
      throw FAILURE;
    });
    return each(() => env.advanceAsync(1_000));
  },
  'events.on and off': ({ runtime }) => each(() => runtime.events.on('*', noop)()),
  'an event that is heard': ({ runtime, env }) => {
    const breaker = runtime.breaker('b', PATIENT);
    runtime.events.on('*', noop);
    return each((number) => {
      breaker.open(MANUAL);
      breaker.close(MANUAL);
      if (number % KEYS === 0) env.turn();
    });
  },
  'inspect and its end': ({ runtime }) => {
    runtime.breaker('b');
    return each(() => runtime.inspect(noop)());
  },
  'supervise and terminate': ({ runtime }) =>
    each(async () => {
      const handle = runtime.supervise({ id: 'part', start: noop, stop: noop });
      await handle.ready;
      await handle.terminate();
    }),
  'a part killed and restarted': ({ runtime, env }) => {
    runtime.supervise({ id: 'part', start: noop, stop: noop });
    return each(async () => {
      await runtime.supervisor.kill('root/surfaces/part', MANUAL);
      await env.advanceAsync(10_000);
    });
  },
  'supervisor.tree': ({ runtime }) => each(() => runtime.supervisor.tree()),
  'the same breaker and pipeline again': ({ runtime }) => {
    const options = { timeoutMs: TIMEOUT_MS, breaker: PATIENT };
    runtime.pipeline('p', options);
    return each(() => [runtime.breaker('b'), runtime.pipeline('p', options)]);
  },
  'other options for a known name': ({ runtime }) => {
    runtime.breaker('b', PATIENT);
    return each(() => {
      try {
        runtime.breaker('b', { consecutiveFailures: 2 });
      } catch (error) {
        return expectTrue(isHoldfastError(error), 'INVALID_OPTIONS');
      }
      throw new Error('expected INVALID_OPTIONS, received a breaker');
    });
  },
  resetAll: ({ runtime }) => {
    runtime.breaker('b', PATIENT);
    return each(() => runtime.resetAll(MANUAL));
  },
  'a runtime, from start to stop': ({ env }) =>
    each(async () => {
      const capacity = { breakers: 16, meteringRecords: 16_384, meteringGroups: 16 };
      const other = await createRuntime({ name: 'other', env, capacity });
      other.breaker('b');
      await other.stop();
    }),
};

const OPERATIONS: Readonly<Record<string, Prepare>> = { ...BREAKER, ...PIPELINE, ...RUNTIME };
export const OPERATION_NAMES: readonly string[] = Object.keys(OPERATIONS);

/** An operation on a stage of its own. */
export async function operation(name: string): Promise<Operation & AsyncDisposable> {
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({ name: 'bench', env });
  const run = await OPERATIONS[name]!({ env, runtime });
  return {
    async run(times) {
      await run(times);
      await env.advanceAsync(0); // what is deferred holds on to what it is about
    },
    async [Symbol.asyncDispose]() {
      const stopped = runtime.stop();
      await env.advanceAsync(60_000);
      await stopped;
    },
  };
}

async function abortedDuring(call: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  const called = rejects(FAILURE, call(controller.signal));
  controller.abort(FAILURE);
  await called;
}
