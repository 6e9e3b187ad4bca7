/** One real timer: never early by the monotonic clock, and of any length. Made by the real Env. */
import { performance } from 'node:perf_hooks';
import { invalidOptions } from './errors.ts';

/** What Node's `setTimeout` can hold; anything longer it would fire after one millisecond. */
const LONGEST_MS = 2 ** 31 - 1;

/** in  ms finite;  throws INVALID_OPTIONS when it is not */
export function setRealTimer(fn: () => void, ms: number, ref: boolean): RealTimer {
  if (!Number.isFinite(ms)) throw invalidOptions('setTimer.ms', 'a finite number of milliseconds', ms);
  return new RealTimer(fn, performance.now() + Math.max(0, ms), ref);
}

export class RealTimer {
  readonly #fn: () => void;
  readonly #dueAt: number;
  readonly #ref: boolean;
  #handle: NodeJS.Timeout | undefined;

  constructor(fn: () => void, dueAt: number, ref: boolean) {
    this.#fn = fn;
    this.#dueAt = dueAt;
    this.#ref = ref;
    this.#arm();
  }

  clear(): void {
    clearTimeout(this.#handle);
  }

  #arm(): void {
    const restMs = this.#dueAt - performance.now();
    this.#handle = setTimeout(() => this.#fire(), Math.min(Math.ceil(restMs), LONGEST_MS));
    if (!this.#ref) this.#handle.unref();
  }

  /** Node counts in whole milliseconds from the loop's own idea of now, so it comes up to 0.87 ms early. */
  #fire(): void {
    if (performance.now() < this.#dueAt) this.#arm();
    else this.#fn();
  }
}
