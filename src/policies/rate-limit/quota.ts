/** What a way of counting must answer. Time is an argument; one that steps back is taken as standing still. */
export interface Quota {
  /** Ask for one call. out  0 when it may be made, and is counted;   else whole milliseconds ≥ 1 until one may be */
  take(nowMs: number): number;
  /** True when it has forgotten everything: it may be thrown away, and a fresh one made later will answer the same. */
  isAtRest(nowMs: number): boolean;
  /** Another with the same past. */
  copy(): Quota;
}
