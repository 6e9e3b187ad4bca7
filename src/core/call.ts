/** What a protected function is given, and what its caller may say. */
import { type HoldfastError, invalidOptions, type InvalidOptionsError } from './errors.ts';
import type { Intake } from './intake.ts';
import { PRIORITIES, type Priority } from './priority.ts';

export interface CallContext {
  /** Aborted when the caller aborts or the time is up. Made when it is first read: a call that ignores it pays nothing. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly tenant: string | undefined;
  /** The name of the pipeline or breaker it runs in. */
  readonly pipeline: string;
  /** What the bulkhead's pool lent, until the function settles; undefined without a pool. */
  readonly resource: unknown;
  /** In a pipeline whose name has providers: where to send this call, chosen when it is first read. */
  readonly provider: string | undefined;
}

export interface CallOptions {
  /** The caller's own signal: aborting it releases the caller at once, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Who is being charged: 1…256 characters. */
  readonly tenant?: string | undefined;
  /** False for a call that must not be made twice: it is never retried. */
  readonly idempotent?: boolean | undefined;
  /** Who goes first where calls wait in a bulkhead. Default `normal`. */
  readonly priority?: Priority | undefined;
}

/** A function that may fail. It may return a promise or a value, throw, reject, or never settle. */
export type Protected<T> = (context: CallContext) => T | PromiseLike<T>;

/** The options of one call, read once and checked. */
export interface GivenCall {
  readonly signal: AbortSignal | undefined;
  readonly tenant: string | undefined;
  readonly idempotent: boolean;
  readonly priority: Priority;
}

const PLAIN: GivenCall = { signal: undefined, tenant: undefined, idempotent: true, priority: 'normal' };

/** The error of a call that cannot even begin: it is no outcome, and is counted nowhere. */
export type WrongCall = HoldfastError | InvalidOptionsError;

/** Read the options of a call, each once. out  an error for a call that makes no sense; total: never throws */
export function readCall(
  name: string,
  intake: Intake,
  fn: unknown,
  options: CallOptions | undefined,
): GivenCall | WrongCall {
  if (!intake.isOpen) return intake.stopped(`"${name}" execute`);
  if (typeof fn !== 'function') return invalidOptions(`"${name}" execute`, 'a function', fn);
  return options === undefined ? PLAIN : readOptions(`"${name}" execute options`, options);
}

export function isWrong(given: GivenCall | WrongCall): given is WrongCall {
  return given !== PLAIN && given instanceof Error;
}

function readOptions(path: string, options: CallOptions): GivenCall | InvalidOptionsError {
  try {
    const { signal, tenant, idempotent = true, priority = 'normal' } = options;
    if (signal !== undefined && (signal === null || !isSignal(signal)))
      return invalidOptions(`${path}.signal`, 'an AbortSignal', signal);
    if (tenant !== undefined && !isName(tenant))
      return invalidOptions(`${path}.tenant`, 'a name of 1 to 256 characters', tenant);
    if (typeof idempotent !== 'boolean') return invalidOptions(`${path}.idempotent`, 'true or false', idempotent);
    if (!PRIORITIES.includes(priority))
      return invalidOptions(`${path}.priority`, `one of ${PRIORITIES.join(', ')}`, priority);
    return { signal, tenant, idempotent, priority };
  } catch (cause) {
    return invalidOptions(path, 'options that can be read', cause); // null, a revoked proxy, a getter that throws
  }
}

function isSignal(signal: AbortSignal): boolean {
  if (typeof signal.aborted !== 'boolean') return false;
  return typeof signal.addEventListener === 'function' && typeof signal.removeEventListener === 'function';
}

function isName(tenant: unknown): boolean {
  return typeof tenant === 'string' && tenant.length > 0 && tenant.length <= 256;
}
