/**
 * The errors of the library: a small record with a pinned code.
 *
 * A policy's rejection is an answer, not an accident: it is a native error without a captured stack, made anew each
 * time. Recognise one with `isHoldfastError`, which works across copies of the package.
 */
import { describe } from './describe.ts';

export const ERROR_CODES = [
  'BREAKER_OPEN',
  'TIMEOUT',
  'BULKHEAD_FULL',
  'RATE_LIMITED',
  'INVALID_OPTIONS',
  'ILLEGAL_TRANSITION',
  'CAPACITY_EXHAUSTED',
  'DUPLICATE_CHILD',
  'LISTEN_FAILED',
  'POLICY_HASH_MISMATCH',
  'FALLBACK_FAILED',
  'RESTARTS_EXHAUSTED',
  'START_FAILED',
  'STORE_LOCKED',
  'STORE_NEWER',
  'STORE_UNAVAILABLE',
  'STOPPED',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** As the language's own `cause` is: not listed, but there. */
const HIDDEN = { configurable: true, writable: true } as const;

const BRAND = Symbol.for('holdfast.error');

export interface ErrorFields {
  /** The breaker, pipeline, child or option path it is about. */
  readonly component?: string;
  /** Milliseconds after which another try makes sense. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

export class HoldfastError extends Error {
  declare readonly code: ErrorCode;
  declare readonly component: string | undefined;
  declare readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, fields: ErrorFields = {}) {
    super(message);
    this.code = code;
    this.component = fields.component;
    this.retryAfterMs = fields.retryAfterMs;
    if ('cause' in fields) Object.defineProperty(this, 'cause', { ...HIDDEN, value: fields.cause });
  }

  /** What `isHoldfastError` looks for. */
  get [BRAND](): true {
    return true;
  }

  /**
   * By the brand, so that an options error, which has to be a TypeError, is one of these too. A class below asks the
   * chain of prototypes as any class does: its own are of one copy.
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === HoldfastError ? isHoldfastError(value) : Function.prototype[Symbol.hasInstance].call(this, value);
  }
}
Object.defineProperty(HoldfastError.prototype, 'name', { value: 'HoldfastError', configurable: true, writable: true });

/** True for an error of any copy of this package. Never throws, whatever it is given. */
export function isHoldfastError(error: unknown): error is HoldfastError {
  try {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[BRAND] === true;
  } catch {
    return false; // a revoked proxy
  }
}

/**
 * An `INVALID_OPTIONS` error is also a TypeError, as Node's own argument errors are.
 *
 * shape  invalidOptions('breaker.openMs', 'a finite number of at least 0', -1).message
 *        → 'breaker.openMs: expected a finite number of at least 0, received -1'
 */
export function invalidOptions(path: string, expected: string, received: unknown): InvalidOptionsError {
  return new InvalidOptionsError(path, `${path}: expected ${expected}, received ${describe(received)}`);
}

export class InvalidOptionsError extends TypeError {
  readonly code = 'INVALID_OPTIONS' satisfies ErrorCode;
  readonly component: string;
  readonly retryAfterMs = undefined;

  constructor(path: string, message: string) {
    super(message);
    this.component = path;
  }

  get [BRAND](): true {
    return true;
  }
}
Object.defineProperty(InvalidOptionsError.prototype, 'name', {
  value: 'HoldfastError',
  configurable: true,
  writable: true,
});
