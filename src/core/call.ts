/** What a protected function is given, and what its caller may say. */

export interface CallContext {
  /** Aborted when the caller aborts or the time is up. Made when it is first read: a call that ignores it pays nothing. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly tenant: string | undefined;
  /** The name of the pipeline or breaker it runs in. */
  readonly pipeline: string;
}

export interface CallOptions {
  /** The caller's own signal: aborting it releases the caller at once, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Who is being charged. */
  readonly tenant?: string | undefined;
}

/** A function that may fail. It may return a promise or a value, throw, reject, or never settle. */
export type Protected<T> = (context: CallContext) => T | PromiseLike<T>;
