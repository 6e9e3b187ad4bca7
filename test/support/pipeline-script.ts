/** Random policies, and random histories of calls to play on them: what the laws of the two corridors share. */
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import type { CallContext, CallOptions } from '../../src/core/call.ts';
import { isHoldfastError } from '../../src/core/errors.ts';
import type { Vote } from '../../src/core/outcome.ts';
import type { BreakerOptions } from '../../src/policies/breaker/options.ts';
import type { BulkheadOptions } from '../../src/policies/bulkhead/options.ts';
import type { Fallback } from '../../src/policies/fallback/fallback.ts';
import type { RateLimitOptions } from '../../src/policies/rate-limit/options.ts';
import { attemptsOf } from '../../src/policies/retry/attempts.ts';
import type { RetryOptions } from '../../src/policies/retry/options.ts';
import type { PipelineRig } from './pipeline-rig.ts';

/** What the function does in one attempt. */
interface Act {
  readonly ends: 'returns' | 'throws';
  /** How long it takes; 0 at once, without a promise; undefined not before the end of the script. */
  readonly afterMs: number | undefined;
  readonly vote: Vote;
  readonly retryAfterMs: number;
  /** Whether it rejects with its signal's reason when that is aborted. */
  readonly heeds: boolean;
}

interface ScriptedCall {
  /** By attempt; the last goes on for ever. */
  readonly acts: readonly Act[];
  /** When its caller leaves, after it began; 0 before, undefined never. */
  readonly leavesAfterMs: number | undefined;
  readonly hasSignal: boolean;
  readonly options: Omit<CallOptions, 'signal'>;
}

type Step =
  | { readonly call: ScriptedCall }
  | { readonly waitMs: number }
  | { readonly hand: 'open' | 'close' | 'probe' };
export type Script = readonly Step[];

/** Everything that happened, in the order it happened, each with its instant. */
export interface Trace {
  readonly events: readonly string[];
  readonly settled: ReadonlyMap<number, { readonly value: unknown; readonly isRejected: boolean }>;
  /** What functions and fallbacks gave, by identity. */
  readonly given: ReadonlySet<unknown>;
  readonly signals: readonly AbortSignal[];
  readonly kept: ReadonlySet<unknown>;
}

const ms = fc.constantFrom(0, 5, 10, 20, 30, 50);
const waitMs = fc.constantFrom(1, 5, 10, 20, 50, 100);
const someMs = fc.constantFrom(10, 20, 30, 50, 100);
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const act: fc.Arbitrary<Act> = fc.record({
  ends: fc.constantFrom('returns', 'throws', 'throws'),
  afterMs: fc.option(ms, { nil: undefined, freq: 8 }),
  vote: fc.constantFrom('failure', 'failure', 'failure', 'ignored', 'success'),
  retryAfterMs: fc.constantFrom(0, 0, 0, 40),
  heeds: fc.boolean(),
});

const call: fc.Arbitrary<ScriptedCall> = fc.record({
  acts: fc.array(act, { minLength: 1, maxLength: 4 }),
  leavesAfterMs: fc.option(ms, { nil: undefined, freq: 2 }),
  hasSignal: fc.boolean(),
  options: fc.record(
    {
      tenant: fc.constantFrom('a', 'b', '__proto__'),
      idempotent: fc.constantFrom(true, true, true, false),
      priority: fc.constantFrom('high', 'normal', 'low') as fc.Arbitrary<'high' | 'normal' | 'low'>,
    },
    { requiredKeys: [] },
  ),
});

export const script: fc.Arbitrary<Script> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ call }) },
    { weight: 5, arbitrary: fc.record({ waitMs }) },
    { weight: 1, arbitrary: fc.record({ hand: fc.constantFrom('open', 'close', 'probe') }) as fc.Arbitrary<Step> },
  ),
  { minLength: 1, maxLength: 24, size: 'max' },
);

const breaker = fc.record({
  consecutiveFailures: fc.integer({ min: 1, max: 3 }),
  openMs: fc.constantFrom(0, 20, 50),
  halfOpen: fc.record({ permits: fc.integer({ min: 1, max: 2 }), deadlineMs: fc.constantFrom(30, 200) }),
});
const retry = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 4 }),
  backoff: fc.constantFrom('constant', 'exponential', 'decorrelatedJitter'),
  initialMs: fc.constantFrom(0, 10, 25),
  budget: fc.constantFrom(false, { ratio: 0.2, burst: 2 }),
}) as fc.Arbitrary<RetryOptions>;
const rateLimit = fc.record({
  limit: fc.integer({ min: 1, max: 4 }),
  perMs: fc.constantFrom(20, 100),
  algorithm: fc.constantFrom('tokenBucket', 'slidingWindow', 'fixedWindow'),
  keyed: fc.boolean(),
}) as fc.Arbitrary<RateLimitOptions>;
const bulkhead = fc
  .record({
    maxConcurrent: fc.integer({ min: 1, max: 2 }),
    maxQueued: fc.integer({ min: 0, max: 3 }),
    maxWaitMs: optional(someMs),
    keyed: fc.boolean(),
    abandonAfterMs: optional(ms),
    isPooled: fc.boolean(),
  })
  .map(({ maxWaitMs, ...options }) => ({ ...options, ...(options.maxQueued > 0 && { maxWaitMs }) }));

/** What its levels do: by name, so that a failing case can be read. */
const fallback = fc.array(fc.constantFrom('answers', 'throws', 'answers late', 'hangs'), {
  minLength: 1,
  maxLength: 2,
});

/** Where functions are called for, by name: `Stage.equip` makes them. */
export const policies = { breaker, retry, rateLimit, bulkhead, timeoutMs: someMs, totalTimeoutMs: someMs, fallback };

/** What the arbitraries of `policies` make, any of it. */
export interface Given {
  readonly breaker?: BreakerOptions;
  readonly retry?: RetryOptions;
  readonly rateLimit?: RateLimitOptions;
  readonly bulkhead?: BulkheadOptions & { readonly isPooled: boolean };
  readonly timeoutMs?: number;
  readonly totalTimeoutMs?: number;
  readonly fallback?: readonly ('answers' | 'throws' | 'answers late' | 'hangs')[];
}

/** Seconds until the last call of a script has ended, if it ever does: a rate limit makes retries wait long. */
const MAX_ROUNDS = 1_000;

/** One rig's world: what its fallbacks and functions share with the trace. */
export class Stage {
  readonly events: string[] = [];
  readonly given = new Set<unknown>();
  readonly signals: AbortSignal[] = [];
  /** Resources that were made and not destroyed. */
  readonly kept = new Set<unknown>();
  readonly settled = new Map<number, { readonly value: unknown; readonly isRejected: boolean }>();
  readonly #ends: (() => void)[] = [];
  #rig: PipelineRig | undefined;
  #calls = 0;
  readonly #resources = new Map<unknown, number>();
  /** Asked when a function is called. */
  onCall: () => void = () => {};

  /** The policies with their functions: fallbacks that do as named, a pool that counts what it made and ended. */
  equip<G extends Given>({ fallback: levels, bulkhead: given, ...rest }: G) {
    const { isPooled = false, ...bulkheadOptions } = given ?? { maxConcurrent: 1 };
    const pool = {
      overflow: 1,
      create: (): object => {
        const resource = {};
        this.#resources.set(resource, this.#resources.size + 1);
        this.kept.add(resource);
        return resource;
      },
      destroy: (resource: unknown): void => {
        if (!this.kept.delete(resource)) this.note(`resource ${this.#numberOf(resource)} is destroyed again`);
      },
    };
    return {
      ...rest,
      ...(levels && { fallback: levels.map((level, place) => this.#fallback(level, place)) }),
      ...(given && { bulkhead: { ...bulkheadOptions, ...(isPooled && { pool }) } }),
    };
  }

  #fallback(level: NonNullable<Given['fallback']>[number], place: number): Fallback {
    return (error, { tenant }) => {
      this.note(`fallback ${place} of ${tenant} after ${codeOf(error)}`);
      const value = { level };
      this.given.add(value);
      if (level === 'throws') throw value;
      if (level === 'answers') return value;
      return new Promise((resolve) => {
        if (level === 'hangs') this.#ends.push(() => resolve(value));
        else this.#rig!.env.setTimer(() => resolve(value), 15, false);
      });
    };
  }

  readonly vote = (error: unknown): Vote => (error as { vote?: Vote } | null)?.vote ?? 'failure';

  note(event: string): void {
    this.events.push(`${this.#rig!.env.now()} ms: ${event}`);
  }

  async play(rig: PipelineRig, steps: Script): Promise<Trace> {
    this.#rig = rig;
    for (const step of steps) {
      if ('call' in step) this.#call(step.call);
      else if ('hand' in step) rig.slot.step(step.hand, 'manual');
      if ('waitMs' in step) await rig.env.advanceAsync(step.waitMs);
    }
    for (let round = 0; round < MAX_ROUNDS && (round < 2 || this.settled.size < this.#calls); round++) {
      await rig.env.advanceAsync(1_000);
      for (const end of this.#ends.splice(0)) end(); // what hangs comes back in the end
    }
    await rig.env.advanceAsync(100_000); // a pool's idle resources go
    return this;
  }

  #call({ acts, leavesAfterMs, hasSignal, options }: ScriptedCall): void {
    const { env, pipeline } = this.#rig!;
    const id = ++this.#calls;
    const controller = new AbortController();
    this.signals.push(controller.signal);
    const reason = { left: id };
    this.given.add(reason);
    if (leavesAfterMs === 0) controller.abort(reason);
    else if (leavesAfterMs !== undefined) env.setTimer(() => controller.abort(reason), leavesAfterMs, false);
    const signal = hasSignal || leavesAfterMs !== undefined ? { signal: controller.signal } : {};
    let made = 0;
    const fn = (context: CallContext): unknown => this.#act(id, acts[Math.min(made++, acts.length - 1)]!, context);
    const settle = (isRejected: boolean) => (value: unknown) => {
      if (this.settled.has(id)) throw new Error(`call ${id} settled twice`);
      this.settled.set(id, { value, isRejected });
      this.note(
        `call ${id} ${isRejected ? 'rejects' : 'resolves'} with ${codeOf(value)}, ${attemptsOf(value)} attempts`,
      );
    };
    pipeline.execute(fn, { ...options, ...signal }).then(settle(false), settle(true));
  }

  #act(id: number, { ends, afterMs, vote, retryAfterMs, heeds }: Act, context: CallContext): unknown {
    const { attempt, tenant, resource } = context;
    this.onCall();
    this.note(`fn of call ${id}, attempt ${attempt}, tenant ${tenant}, resource ${this.#numberOf(resource)}`);
    const value = { id, attempt, vote, retryAfterMs };
    this.given.add(value);
    if (afterMs === 0) {
      if (ends === 'throws') throw value;
      return value;
    }
    return new Promise((resolve, reject) => {
      const end = (): void => (ends === 'throws' ? reject(value as unknown as Error) : resolve(value));
      if (afterMs === undefined) this.#ends.push(end);
      else this.#rig!.env.setTimer(end, afterMs, false);
      if (!heeds) return;
      context.signal.addEventListener('abort', () => {
        this.note(`signal of call ${id}, attempt ${attempt}: ${codeOf(context.signal.reason)}`);
        reject(context.signal.reason as Error);
      });
    });
  }

  #numberOf(resource: unknown): number | undefined {
    return this.#resources.get(resource);
  }
}

/** What is left of a rig whose calls have all ended: nothing, or it says what. */
export function leftOver(rig: PipelineRig, { signals, kept }: Trace): readonly string[] {
  const { calls, inFlight, outcomes } = rig.pipeline.reading();
  const counted = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const listeners = signals.reduce((sum, signal) => sum + getEventListeners(signal, 'abort').length, 0);
  return [
    ...(rig.env.pendingTimers > 0 || rig.env.keepsAlive ? [`${rig.env.pendingTimers} timers`] : []),
    ...(listeners > 0 ? [`${listeners} listeners`] : []),
    ...(kept.size > 0 ? [`${kept.size} resources`] : []),
    ...(inFlight > 0 || counted !== calls ? [`${counted} outcomes of ${calls} calls, ${inFlight} in flight`] : []),
  ];
}

function codeOf(value: unknown): string {
  if (!isHoldfastError(value)) return JSON.stringify(value) ?? String(value);
  return `${value.code} "${value.message}" ${value.retryAfterMs}${causesOf(value)}`;
}

function causesOf({ cause }: { readonly cause?: unknown }): string {
  return cause instanceof AggregateError ? ` [${cause.errors.map(codeOf).join('; ')}]` : '';
}
