/** The context of a call that runs in a breaker alone: nothing aborts it but its caller. */
import type { CallContext, CallOptions } from '../../core/call.ts';

export class SoloContext implements CallContext {
  readonly pipeline: string;
  readonly attempt = 1;
  readonly #options: CallOptions | undefined;
  #signal: AbortSignal | undefined;

  constructor(breaker: string, options: CallOptions | undefined) {
    this.pipeline = breaker;
    this.#options = options;
  }

  get tenant(): string | undefined {
    return this.#options?.tenant;
  }

  get signal(): AbortSignal {
    return (this.#signal ??= this.#options?.signal ?? new AbortController().signal);
  }
}
