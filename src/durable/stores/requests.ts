/**
 * What the store's threads are asked and answer: structured-cloneable, and nothing else goes through the port.
 *
 * A failure is an answer, because an error loses its code on the way.
 */
import type { SqlValue } from '../../core/env.ts';
import type { KeptKind } from '../../core/keep.ts';
import type { Batch, Place, UsageQuery } from '../metering/ledger.ts';
import type { UsageLine } from '../../hotpath/usage-line.ts';
import type { Failure } from './failure.ts';
import type { HistoryTable } from './history-tables.ts';

/** What both threads are made with. */
export interface StoreShared {
  readonly role: 'writer' | 'reader';
  readonly path: string;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

/** One line of history: its table, then the values of the table's columns. */
export type Row = readonly [HistoryTable, ...SqlValue[]];

export interface KeptEntry {
  readonly kind: KeptKind;
  readonly id: string;
  /** JSON; null forgets. */
  readonly value: string | null;
}

export interface Commit {
  readonly batch: Batch;
  readonly place: Place;
}

/** A run of metering, and how far its records are known to be stored. */
export interface MeteringRun {
  readonly runId: string;
  readonly sinks: readonly string[];
  readonly cursor: number;
}

export interface OpenRequest {
  readonly kind: 'open';
  readonly runId: string;
  readonly name: string;
  readonly policyHash: string;
  readonly wallMs: number;
  readonly metering: MeteringRun | null;
  /** The file was found broken: put it aside, whatever it looks like now. */
  readonly isBroken: boolean;
}

export interface WriteRequest {
  readonly kind: 'write';
  readonly wallMs: number;
  /** The running number of the first of the rows: those that were stored before are passed over. */
  readonly firstRow: number;
  readonly rows: readonly Row[];
  readonly kept: readonly KeptEntry[];
  readonly commits: readonly Commit[];
}

export type HistoryQuery = {
  readonly kind: 'history';
  readonly tables: readonly HistoryTable[];
  /** null: without a bound. */
  readonly fromWallMs: number | null;
  readonly toWallMs: number | null;
  /** Ids above this one, oldest first; or, where `isNewestFirst`, the newest. */
  readonly afterId: number;
  readonly isNewestFirst: boolean;
  readonly limit: number;
  readonly breaker?: string;
  /** Only openings, but for those that a start took up again. */
  readonly isTrips?: boolean;
  /** Only such recovery events. */
  readonly event?: string;
};

export type StoreRequest =
  | OpenRequest
  | WriteRequest
  | { readonly kind: 'begin'; readonly metering: MeteringRun; readonly wallMs: number }
  | { readonly kind: 'waiting'; readonly sink: string; readonly limit: number }
  | { readonly kind: 'delivered'; readonly sink: string; readonly batchIds: readonly string[] }
  | { readonly kind: 'tidy'; readonly wallMs: number }
  | { readonly kind: 'close'; readonly wallMs: number }
  | HistoryQuery
  | { readonly kind: 'usage'; readonly query: UsageQuery };

export interface KeptBreaker {
  readonly breaker: string;
  readonly state: string;
  readonly optionsHash: string | null;
  readonly openUntilWallMs: number | null;
  readonly attempt: number;
}

/** What an earlier process left. */
export interface Restored {
  readonly breakers: readonly KeptBreaker[];
  readonly kept: readonly KeptEntry[];
  /** One line a tenant; its other names are empty. */
  readonly totals: readonly UsageLine[];
}

export interface Opened {
  readonly restored: Restored;
  /** Of the metering run, if one was given. */
  readonly cursor: number;
  readonly quarantined: { readonly aside: string; readonly error: string } | null;
  readonly levels: Levels;
}

/** How full things are. */
export interface Levels {
  readonly bytes: number;
  readonly walBytes: number;
  /** Since the file began. */
  readonly batches: number;
  readonly records: number;
  /** Rows put aside because they were not what was written. */
  readonly damaged: number;
  /** Batches no sink wanted for so long that they were forgotten. */
  readonly undelivered: number;
}

export interface Written {
  /** One for each commit. `stale`: of a run that is over. `gap`: it does not begin where the last one ended. */
  readonly commits: readonly ('stored' | 'stale' | 'gap')[];
  /** Now and then, and after a commit. */
  readonly levels: Levels | null;
}

export type StoredRow = readonly [HistoryTable, Readonly<Record<string, SqlValue>>];

export type StoreAnswer<T> =
  | { readonly isOk: true; readonly value: T }
  | { readonly isOk: false; readonly failure: Failure };
