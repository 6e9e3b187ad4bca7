/** What must be true of any call's way through any pipeline, by the plainest means. A difference is a line in `broken`. */
import { getEventListeners } from 'node:events';
import type { BreakerEvent, BreakerState } from '../../src/core/breaker-state.ts';
import type { CallContext } from '../../src/core/call.ts';
import { OUTCOMES } from '../../src/core/outcome.ts';
import { type PipelineRig, pipelineRig } from './pipeline-rig.ts';

export const KINDS = ['ok', 'fail', 'throw', 'ignore', 'hang', 'late ok', 'late fail', 'late ignore'] as const;
export type Kind = (typeof KINDS)[number];
export const FALLBACKS = ['none', 'answers', 'throws'] as const;

export interface CorridorOptions {
  readonly permits: number;
  readonly openMs: number;
  readonly timeoutMs: number | undefined;
  readonly totalTimeoutMs: number | undefined;
  readonly maxAttempts: number | undefined;
  readonly places: { readonly maxConcurrent: number; readonly maxQueued: number } | undefined;
  readonly limit: number | undefined;
  readonly fallback: (typeof FALLBACKS)[number];
}

export interface CallPlan {
  readonly kind: Kind;
  /** How long a late function takes. */
  readonly lateMs: number;
  /** When its caller leaves; 0 for before it begins, undefined for never. */
  readonly abortMs: number | undefined;
  /** What the application does to the breaker from inside its classifier. */
  readonly inside: BreakerEvent | undefined;
}

export type CorridorStep = { readonly call: CallPlan } | { readonly passMs: number } | { readonly move: BreakerEvent };

interface Attempt {
  /** Of the half-open epoch it began in; undefined where it is no probe. */
  readonly probeOf: number | undefined;
  hasGivenBack: boolean;
}

interface Made {
  readonly controller: AbortController;
  readonly attempts: Attempt[];
  readonly reason: object;
  isAborted: boolean;
  settled: number;
}

export class CorridorModel {
  readonly broken: string[] = [];
  readonly rig: PipelineRig;
  readonly #options: CorridorOptions;
  readonly #calls: Made[] = [];
  readonly #gates = new Set<PromiseWithResolvers<unknown>>();
  #running = 0;

  constructor(options: CorridorOptions) {
    const { permits, openMs, timeoutMs, totalTimeoutMs, maxAttempts, places, limit, fallback } = options;
    this.#options = options;
    this.rig = pipelineRig({
      breaker: { consecutiveFailures: 2, openMs, halfOpen: { permits, deadlineMs: 300 } },
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(totalTimeoutMs !== undefined && { totalTimeoutMs }),
      ...(maxAttempts !== undefined && { retry: { maxAttempts, initialMs: 20, maxMs: 500, budget: false } }),
      ...(places !== undefined && { bulkhead: { ...places, ...(places.maxQueued > 0 && { maxWaitMs: 80 }) } }),
      ...(limit !== undefined && { rateLimit: { limit, perMs: 100 } }),
      ...(fallback === 'answers' && { fallback: () => 'fallback' }),
      ...(fallback === 'throws' && { fallback: () => Promise.reject(new Error('no fallback')) }),
      vote: (error) => {
        const { message, inside } = error as Error & Pick<CallPlan, 'inside'>;
        if (inside !== undefined) this.rig.slot.step(inside, 'manual');
        return message === 'ignore' ? 'ignored' : 'failure';
      },
    });
  }

  async play(step: CorridorStep): Promise<void> {
    if ('call' in step) this.#call(step.call);
    else if ('passMs' in step) await this.rig.env.advanceAsync(step.passMs);
    else this.rig.slot.step(step.move, 'manual');
    this.#check();
  }

  /** Everything that hangs settles, and all time passes. */
  async drain(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) {
      for (const gate of this.#gates) gate.resolve('at last');
      await this.rig.env.advanceAsync(200);
    }
    this.#check();
    const { pipeline, bulkhead, env, slot } = this.rig;
    if (this.#calls.some(({ settled }) => settled !== 1)) this.#break('T1: a call did not settle');
    if (pipeline.reading().inFlight !== 0) this.#break('X1: a call is still in flight');
    const { active, queued } = bulkhead?.reading() ?? { active: 0, queued: 0 };
    if (active + queued > 0 || this.#running > 0) this.#break(`K2: ${active} places are taken and ${queued} wait`);
    if (env.pendingTimers > 0) this.#break(`T3 R7: ${env.pendingTimers} timers are left`);
    const listened = this.#calls.filter(({ controller }) => getEventListeners(controller.signal, 'abort').length > 0);
    if (listened.length > 0) this.#break(`T2 R7: ${listened.length} signals are listened to`);
    if (slot.state === 'halfOpen') this.#checkPermits();
  }

  /** The dependency is well again, nobody moves anything by hand, and calls go on coming. */
  async heal(): Promise<void> {
    const { env, pipeline, slot } = this.rig;
    if (slot.state !== 'closed' && slot.state !== 'open' && slot.state !== 'halfOpen') slot.step('close', 'manual');
    for (let round = 0; round < 4 * this.#options.permits; round++) {
      await env.advanceAsync(1_000);
      await pipeline.execute(() => 1).catch(() => {});
    }
    if (slot.state !== 'closed') this.#break(`B7: ${slot.state} although all is well`);
  }

  #call(plan: CallPlan): void {
    const { env, pipeline } = this.rig;
    const made: Made = {
      controller: new AbortController(),
      attempts: [],
      reason: { why: 'left' },
      isAborted: false,
      settled: 0,
    };
    const { signal } = made.controller;
    const abort = (): void => {
      if (made.settled > 0) return;
      made.isAborted = true;
      made.controller.abort(made.reason);
    };
    if (plan.abortMs === 0) abort();
    else if (plan.abortMs !== undefined) env.setTimer(abort, plan.abortMs, true);
    this.#calls.push(made);
    const begunAt = env.now();
    const settle = (error: unknown): void => {
      if (++made.settled > 1) this.#break('T1: settled twice');
      this.#checkEnd(made, error, env.now() - begunAt);
    };
    const options = plan.abortMs === undefined ? undefined : { signal };
    void pipeline.execute((context) => this.#run(plan, made, context), options).then(() => settle(undefined), settle);
    if (getEventListeners(signal, 'abort').length > 1) this.#break('T2: more than one listener on the signal');
  }

  #check(): void {
    const { pipeline, bulkhead, transitions, slot } = this.rig;
    const { calls, inFlight, outcomes } = pipeline.reading();
    const ended = OUTCOMES.reduce((sum, outcome) => sum + outcomes[outcome], 0);
    if (ended + inFlight !== calls) this.#break(`X1: ${ended} outcomes and ${inFlight} in flight of ${calls} calls`);
    const { active, queued } = bulkhead?.reading() ?? { active: 0, queued: 0 };
    const { maxConcurrent, maxQueued } = this.#options.places ?? { maxConcurrent: Infinity, maxQueued: Infinity };
    if (active > maxConcurrent || queued > maxQueued) this.#break(`K1: ${active} run and ${queued} wait`);
    if (queued > 0 && active < maxConcurrent) this.#break(`K3: ${queued} wait beside a free place`);
    let [state, epoch]: [BreakerState, number] = ['closed', 1];
    for (const { from, to, epoch: reached } of transitions) {
      if (from !== state || reached !== epoch + 1)
        this.#break(`B6: ${from} → ${to} at ${reached} after ${state} at ${epoch}`);
      [state, epoch] = [to, reached];
    }
    if (state !== slot.state || epoch !== slot.epoch)
      this.#break(`B6: the events lead to ${state}, it is ${slot.state}`);
  }

  #run(plan: CallPlan, made: Made, { attempt, signal }: CallContext): unknown {
    const { slot, env } = this.rig;
    const { maxAttempts = 1 } = this.#options;
    if (slot.state === 'open' || slot.state === 'forcedOpen') this.#break(`B1: called while ${slot.state}`);
    if (made.isAborted) this.#break('T7 R4: called after its caller had left');
    if (attempt > maxAttempts || attempt <= made.attempts.length) this.#break(`R1: attempt ${attempt}`);
    if (signal.aborted) this.#break('T7: called with a signal that is aborted');
    const begun: Attempt = { probeOf: slot.state === 'halfOpen' ? slot.epoch : undefined, hasGivenBack: false };
    made.attempts.push(begun);
    this.#running++;
    if (begun.probeOf !== undefined) this.#checkProbes(begun.probeOf);
    const end = (): void => {
      this.#running--;
      if (plan.kind.endsWith('ignore') || made.isAborted) begun.hasGivenBack = true;
    };
    return this.#play(plan, end, (fn) => env.setTimer(fn, plan.lateMs, true));
  }

  #play({ kind, inside }: CallPlan, end: () => void, later: (fn: () => void) => void): unknown {
    if (kind === 'throw') {
      end();
      throw Object.assign(new Error('throw'), { inside });
    }
    const gate = Promise.withResolvers<unknown>();
    if (kind === 'hang') this.#gates.add(gate);
    const settle = (): void =>
      kind.endsWith('ok')
        ? gate.resolve('ok')
        : gate.reject(Object.assign(new Error(kind.split(' ').at(-1)), { inside }));
    if (kind.startsWith('late')) later(settle);
    else if (kind !== 'hang') settle();
    return gate.promise.finally(end);
  }

  #checkProbes(epoch: number): void {
    if (this.#probesOf(epoch) > this.#options.permits) this.#break(`B2 B3: ${this.#probesOf(epoch)} probes`);
  }

  /** With nothing under way, every permit of the epoch is free or was voted with. */
  #checkPermits(): void {
    const { slot } = this.rig;
    const expected = this.#options.permits - this.#probesOf(slot.epoch);
    let free = 0;
    while (this.rig.admits()) free++;
    for (let permit = 0; permit < free; permit++) slot.settle((slot.epoch << 3) | 1, 'ignored', 0);
    if (free !== expected) this.#break(`B4: ${free} permits are free, of ${expected}`);
  }

  #probesOf(epoch: number): number {
    const attempts = this.#calls.flatMap((call) => call.attempts);
    return attempts.filter(({ probeOf, hasGivenBack }) => probeOf === epoch && !hasGivenBack).length;
  }

  #checkEnd({ isAborted, reason }: Made, error: unknown, tookMs: number): void {
    const { timeoutMs = Infinity, totalTimeoutMs = Infinity, fallback } = this.#options;
    if (isAborted && error !== reason) this.#break('T6: the caller left, and was told another reason');
    if (tookMs > totalTimeoutMs) this.#break(`T9 R1: took ${tookMs} of ${totalTimeoutMs} ms`);
    const { code } = (error ?? {}) as { readonly code?: string };
    if (code === 'TIMEOUT' && tookMs < Math.min(timeoutMs, totalTimeoutMs))
      this.#break(`T4: timed out at ${tookMs} ms`);
    if (code === 'FALLBACK_FAILED' && fallback !== 'throws') this.#break('X1: a fallback failed that there is not');
  }

  #break(what: string): void {
    this.broken.push(what);
  }
}
