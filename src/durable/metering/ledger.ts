/**
 * Where metered usage is kept. A ledger stores a batch and its place in one step, wholly or not at all, so that a
 * batch that is sent again after a lost answer is not counted twice.
 */
import type { UsageLine } from '../../hotpath/usage-line.ts';

export interface Batch {
  /** Unique, e.g. `1f0c…-3`. */
  readonly id: string;
  /** Records it stands for, those included that were unreadable and are in no line. At least 1. */
  readonly records: number;
  readonly lines: readonly UsageLine[];
}

/** Where a batch begins: so many records of the run came before it. */
export interface Place {
  readonly runId: string;
  readonly cursor: number;
}

export interface Ledger {
  /** A run begins, at cursor 0. What an earlier run still commits is ignored from now on. */
  begin(runId: string): void | Promise<void>;
  /**
   * Store the batch and move the run's cursor behind it.
   *
   * out     true when it is stored, also when it was before; false when the run is not the one that began last
   * throws  a RangeError when the batch does not begin where the last one ended
   */
  commit(batch: Batch, place: Place): boolean | Promise<boolean>;
}
