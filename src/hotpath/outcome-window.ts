/** What a breaker asks of its window, whether it looks back over time or over calls. */

/** What there is to say of an outcome beside that it happened. Bits, or-ed together. */
export const FAILED = 1;
export const SLOW = 2;
/** It took longer than the latency rule's bound. */
export const ABOVE = 4;

export interface OutcomeWindow {
  /** Outcomes of the window, and those that were failed, slow, above; as of the last `record` or `advance`. */
  readonly total: number;
  readonly failed: number;
  readonly slow: number;
  readonly above: number;
  /** in  marks   FAILED | SLOW | ABOVE, or 0 */
  record(marks: number, nowMs: number): void;
  /** Forget what is older than the window. */
  advance(nowMs: number): void;
  clear(nowMs: number): void;
  /** Give its memory back. It must not be used after that. */
  release(): void;
}
