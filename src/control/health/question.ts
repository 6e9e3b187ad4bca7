/**
 * One question put to a health check: one verdict, by its answer or by its timeout.
 *
 * A function that does not heed its signal may go on long after the verdict; until it has settled the question is out,
 * and the check is asked others but seldom (`may-ask.ts`). Made by `registered-check.ts` alone.
 */
import { describe } from '../../core/describe.ts';
import { disown } from '../../core/disown.ts';
import type { Env, Timer } from '../../core/env.ts';
import { invalidOptions } from '../../core/errors.ts';
import type { CheckAnswer } from '../../core/readings.ts';

/** What a check is given. */
export interface CheckContext {
  /** Aborted when the check's time is over, or it is no longer wanted. Made when it is first read. */
  readonly signal: AbortSignal;
  readonly env: Env;
}

/** An answer with what a person would want to read beside it. */
export interface CheckFinding {
  readonly answer: CheckAnswer;
  readonly reason?: string;
}

type Given = CheckAnswer | CheckFinding;
export type HealthCheck = (context: CheckContext) => Given | Promise<Given>;

export interface Verdict {
  readonly answer: CheckAnswer;
  readonly reason: string | null;
  /** The check threw, was late or answered rubbish. */
  readonly isFailure: boolean;
  readonly error?: unknown;
}

export interface QuestionParts {
  readonly env: Env;
  readonly timeoutMs: number;
  /** Called once, before `ask` returns where the answer is known at once; never after `withdraw`. Must not throw. */
  readonly onVerdict: (verdict: Verdict) => void;
}

const ANSWERS: Readonly<Record<CheckAnswer, true>> = { healthy: true, degraded: true, unhealthy: true };
const LONGEST_REASON = 256;

export class Question {
  readonly #parts: QuestionParts;
  readonly #context: Context;
  #timer: Timer | undefined;
  #closedAtMs: number | undefined;
  #isOut = true;

  constructor(parts: QuestionParts) {
    this.#parts = parts;
    this.#context = new Context(parts.env);
  }

  /** Whether the check's function is still at work. */
  get isOut(): boolean {
    return this.#isOut;
  }
  /** When its verdict was told, or was not wanted any more; undefined before. */
  get closedAtMs(): number | undefined {
    return this.#closedAtMs;
  }

  ask(check: HealthCheck): void {
    try {
      const given: unknown = check(this.#context);
      if (typeof given === 'object' && given !== null && 'then' in given) this.#await(given);
      else this.#land(() => verdictOf(given));
    } catch (error) {
      this.#land(() => failure(error));
    }
  }

  /** Nobody wants the verdict any more. */
  withdraw(reason: Error): void {
    if (this.#closedAtMs !== undefined) return;
    this.#close();
    this.#context.abort(reason);
  }

  #await(given: object): void {
    const { env, timeoutMs } = this.#parts;
    // One turn later, so that after a stall of our own loop an answer that came in time is read first.
    this.#timer = env.setTimer(() => env.defer(() => this.#late()), timeoutMs, false);
    Promise.resolve<unknown>(given).then(
      (answer) => this.#land(() => verdictOf(answer)),
      (error: unknown) => this.#land(() => failure(error)),
    );
  }

  #late(): void {
    if (this.#closedAtMs !== undefined) return;
    const error = lateError(this.#parts.timeoutMs);
    this.#tell(failure(error));
    this.#context.abort(error);
  }

  /** What comes too late is read all the same: there may be a promise in it that somebody has to let go of. */
  #land(read: () => Verdict): void {
    this.#isOut = false;
    const verdict = readSafely(read);
    if (this.#closedAtMs === undefined) this.#tell(verdict);
  }

  #tell(verdict: Verdict): void {
    this.#close();
    this.#parts.onVerdict(verdict);
  }

  #close(): void {
    this.#closedAtMs = this.#parts.env.now();
    if (this.#timer !== undefined) this.#parts.env.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}

class Context implements CheckContext {
  readonly env: Env;
  #controller: AbortController | undefined;
  #abortedBy: Error | undefined;

  constructor(env: Env) {
    this.env = env;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abortedBy !== undefined) this.#controller.abort(this.#abortedBy);
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#abortedBy = reason;
    this.#controller?.abort(reason);
  }
}

function lateError(timeoutMs: number): Error {
  return new Error(`expected an answer within ${timeoutMs} ms, received none`);
}

/** A finding's getters are the application's, too. */
function readSafely(read: () => Verdict): Verdict {
  try {
    return read();
  } catch (error) {
    return failure(error);
  }
}

/** throws  INVALID_OPTIONS for what is no answer */
function verdictOf(given: unknown): Verdict {
  const { answer, reason } = (typeof given === 'object' && given !== null ? given : { answer: given }) as {
    readonly answer?: unknown;
    readonly reason?: unknown;
  };
  disown(answer);
  disown(reason);
  if (typeof answer !== 'string' || !Object.hasOwn(ANSWERS, answer))
    throw invalidOptions('its answer', '"healthy", "degraded" or "unhealthy"', answer);
  const said = typeof reason === 'string' ? reason.slice(0, LONGEST_REASON) : null;
  return { answer: answer as CheckAnswer, reason: said, isFailure: false };
}

/** Of a check that is not asked, because it hangs. */
export function stillLate(timeoutMs: number): Verdict {
  return failure(lateError(timeoutMs));
}

function failure(error: unknown): Verdict {
  return { answer: 'unhealthy', reason: describe(error), isFailure: true, error };
}
