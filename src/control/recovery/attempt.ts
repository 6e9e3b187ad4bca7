/**
 * One attempt: the steps in their order, then the question whether the service is well. Whatever a step does, the
 * attempt ends once, within its time; what comes later is not heard.
 */
import type { BreakerState } from '../../core/breaker-state.ts';
import type { Env } from '../../core/env.ts';
import { describe } from '../../core/describe.ts';
import type { RecoveryCheck } from './options.ts';
import type { RecoveryStep, StepContext } from './step.ts';
import { type Failure, within } from './within.ts';

export interface AttemptParts {
  readonly env: Env;
  readonly steps: readonly RecoveryStep[];
  /** What steps get, but for the signal, which is the attempt's own. */
  readonly context: Omit<StepContext, 'signal'>;
  readonly healthCheck: RecoveryCheck | undefined;
  readonly timeoutMs: number;
  /** Whether the process waits for it. */
  readonly ref: boolean;
}

export interface Attempt {
  /** undefined when the service was found well. Never rejects. */
  readonly done: Promise<Failure | undefined>;
  /** Whether the application's functions still run, though it may be over. */
  readonly isAtWork: boolean;
  /** When they do not any more. Never rejects. */
  readonly settled: Promise<void>;
  /** End it now, as failed. */
  abort(reason: unknown): void;
}

/** Begin an attempt; its first step runs in a later microtask, when whoever caused it is done. */
export function startAttempt({ env, steps, context, healthCheck, timeoutMs, ref }: AttemptParts): Attempt {
  const controller = new AbortController();
  const settled = Promise.withResolvers<void>();
  let isAtWork = true;
  const run = async (signal: AbortSignal): Promise<void> => {
    await Promise.resolve();
    const own: StepContext = { ...context, signal };
    try {
      for (const step of steps) {
        signal.throwIfAborted();
        await step.run(own);
      }
      signal.throwIfAborted();
      await (healthCheck === undefined ? verify(own) : askOwn(healthCheck, own));
    } finally {
      isAtWork = false;
      settled.resolve();
    }
  };
  return {
    done: within(env, timeoutMs, controller, run, ref),
    settled: settled.promise,
    get isAtWork() {
      return isAtWork;
    },
    abort: (reason) => controller.abort(reason),
  };
}

async function askOwn(healthCheck: RecoveryCheck, { signal }: StepContext): Promise<void> {
  const answer = await healthCheck({ signal });
  if (answer !== 'healthy')
    throw new Error(`expected the health check to answer "healthy", received ${describe(answer)}`);
}

/** A breaker that lets everything through knows nothing; one that is closed is asked for no more than its probe. */
async function verify({ service, breaker: find, foreignState, probe: probeOf, signal }: StepContext): Promise<void> {
  const state = find(service)?.state;
  const probe = probeOf(service);
  if (isShut(state)) throw notClosed(service, state);
  if (probe !== undefined) await probe(signal);
  const foreign = foreignState(service); // only now: the probe may be a call through it, and the only one there is
  const waitsForCall = foreign === 'halfOpen' && probe !== undefined; // one beside it went well
  if (isShut(foreign) && !waitsForCall) throw notClosed(service, foreign);
  if (probe === undefined && state !== 'closed' && foreign !== 'closed')
    throw new Error(`expected a breaker, a probe or a health check "${service}" to be found well by, found none`);
}

/** null: it cannot be known. */
type Shut = 'open' | 'halfOpen' | 'forcedOpen' | null;

function isShut(state: BreakerState | null | undefined): state is Shut {
  return state === null || state === 'open' || state === 'halfOpen' || state === 'forcedOpen';
}

function notClosed(service: string, state: Shut): Error {
  return new Error(`expected breaker "${service}" to be closed, found it ${state ?? 'impossible to ask'}`);
}
