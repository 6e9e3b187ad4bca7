/**
 * Where metered usage is kept. A ledger stores a batch, its place and what the sinks are owed in one step, wholly or not
 * at all, so that a batch that is sent again after a lost answer is not counted twice.
 */
import type { UsageLine } from '../../hotpath/usage-line.ts';
import type { UsageDimension } from './usage-rows.ts';

export interface Batch {
  /** Unique, e.g. `1f0c…-3`. */
  readonly id: string;
  /** Records it stands for, those included that were unreadable and are in no line. At least 1. */
  readonly records: number;
  /** The one window all of them were recorded in, by the wall clock. */
  readonly windowStartWallMs: number;
  readonly windowMs: number;
  readonly lines: readonly UsageLine[];
  /** Metadata for the sinks, a line of JSON each; bounded, and in no total. */
  readonly notes?: readonly string[];
}

/** Where a batch begins: so many records of the run came before it. */
export interface Place {
  readonly runId: string;
  readonly cursor: number;
}

/** What was used in one window by one group. */
export interface WindowedLine {
  readonly windowStartWallMs: number;
  readonly windowMs: number;
  readonly line: UsageLine;
}

export interface UsageQuery {
  readonly tenant?: string;
  /** Windows that begin at this instant or later … */
  readonly fromWallMs?: number;
  /** … and before this one. */
  readonly toWallMs?: number;
  /** What has to be told apart: a ledger may give the rest added up. Default: everything. */
  readonly groupBy?: readonly UsageDimension[];
}

export interface Ledger {
  /**
   * A run begins, at cursor 0. What an earlier run still commits is ignored from now on.
   *
   * in  sinks   by name: each is owed every batch committed from now on, besides those it is owed already
   */
  begin(runId: string, sinks: readonly string[]): void | Promise<void>;
  /**
   * Store the batch, move the run's cursor behind it, and owe it to every sink.
   *
   * out     true when it is stored, also when it was before; false when the run is not the one that began last
   * throws  a RangeError when the batch does not begin where the last one ended
   */
  commit(batch: Batch, place: Place): boolean | Promise<boolean>;
  /** Batches a sink has not had yet, oldest first. */
  waiting(sink: string, limit: number): readonly Batch[] | Promise<readonly Batch[]>;
  /** The sink has these. What it is not owed is passed over. */
  delivered(sink: string, batchIds: readonly string[]): void | Promise<void>;
  /** One line for each window and group that matches. throws  CAPACITY_EXHAUSTED for more than a ledger can give */
  usage(query: UsageQuery): readonly WindowedLine[] | Promise<readonly WindowedLine[]>;
  /** Batches that found no room to wait for their sink. None where there is always room. */
  readonly overflow?: number;
}
