/** What a suite hands back: one measured thing a row, with what was asked of it. Plain data; `--json` writes it as it is. */

/** Upper bounds, field by field as in the row. An absent field is not judged. */
export interface Limit {
  readonly ns?: number;
  readonly p99?: number;
  readonly bytes?: number;
  readonly ratio?: Readonly<Record<string, number>>;
}

export interface Row {
  /** The claim, e.g. `breaker, time window`; another contestant of the same race is `<claim> · <contestant>`. */
  readonly name: string;
  /** Nanoseconds a call: the median of the rounds' medians. Null where bytes are what was measured. */
  readonly ns: number | null;
  /** How far the rounds lie apart: the quartiles' distance from each other, as a share of the median. */
  readonly spread: number | null;
  /** Nanoseconds: of calls timed one by one, the clock's own cost included. */
  readonly p99: number | null;
  /** Bytes a call allocates, or a thing keeps. */
  readonly bytes: number | null;
  /** Ours over theirs, by peer: the median of the rounds' ratios. Below 1 is better. Empty for a peer's own row. */
  readonly ratio: Readonly<Record<string, number>>;
  readonly limit: Limit | null;
  /** Where we want to be named. */
  readonly stretch: Limit | null;
  /** What the columns have no room for, told below the table. */
  readonly note?: string;
}
