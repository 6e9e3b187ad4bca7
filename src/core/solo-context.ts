/** The context of a function nobody may cut short: of a call in a breaker alone, and of a fallback. */
import type { CallContext, GivenCall } from './call.ts';

export class SoloContext implements CallContext {
  readonly pipeline: string;
  readonly attempt = 1;
  readonly resource = undefined;
  readonly provider = undefined;
  /** True once it has ended: a signal that is first read then is aborted. */
  isOver = false;
  readonly #given: GivenCall;
  #signal: AbortSignal | undefined;

  constructor(name: string, given: GivenCall) {
    this.pipeline = name;
    this.#given = given;
  }

  get tenant(): string | undefined {
    return this.#given.tenant;
  }

  get signal(): AbortSignal {
    return (this.#signal ??= this.#given.signal ?? (this.isOver ? AbortSignal.abort() : new AbortController().signal));
  }
}
