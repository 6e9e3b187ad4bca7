/**
 * What waits for the writer, in memory: history, what is kept, and metering's batches. Each is bounded.
 *
 * Something is taken out only when it is acknowledged. What the writer was given and did not acknowledge is given to the
 * next one again, and the file knows what it has seen.
 */
import type { Batch } from '../metering/ledger.ts';
import type { Commit, KeptEntry, Row, WriteRequest, Written } from './requests.ts';

/** Rows of one write: a copy of so many into another thread takes 50 µs of ours. */
export const ROWS_AT_ONCE = 256;
const COMMITS_AT_ONCE = 8;
const MAX_ROWS = 65_536;
/** When there is no more room, so many of the oldest go at once. */
const DROPPED_AT_ONCE = 4_096;
const MAX_KEPT = 4_096;
/** A batch a second comes to a quarter of an hour. */
const MAX_COMMITS = 1_024;

/** A place in the queue: what comes before it was added earlier. */
export interface Position {
  readonly row: number;
  readonly commit: number;
}

interface Waiting {
  readonly commit: Commit;
  readonly answer: PromiseWithResolvers<boolean>;
}

export class WriteQueue {
  #rows: Row[] = [];
  /** The running number of the first of them. */
  #firstRow = 1;
  readonly #kept = new Map<string, KeptEntry>();
  /** Those of them that must not be lost. */
  #owed = 0;
  readonly #commits: Waiting[] = [];
  #commitsDone = 0;
  #droppedRows = 0;
  #droppedKept = 0;

  /** Everything that waits. */
  get size(): number {
    return this.#rows.length + this.#kept.size + this.#commits.length;
  }
  get rows(): number {
    return this.#rows.length;
  }
  /** Records that are counted, and not yet in the file. */
  get records(): number {
    return this.#commits.reduce((sum, { commit }) => sum + commit.batch.records, 0);
  }
  /** How far a write has to come for all that waits now to be in the file; but for what is kept, which goes with the next. */
  get end(): Position {
    return { row: this.#firstRow + this.#rows.length, commit: this.#commitsDone + this.#commits.length };
  }
  hasReached({ row, commit }: Position): boolean {
    return this.#firstRow >= row && this.#commitsDone >= commit;
  }
  get dropped(): number {
    return this.#droppedRows + this.#droppedKept;
  }
  /** Whether something waits that must not be lost: more than history, and how available something was. */
  get isOwed(): boolean {
    return this.#owed + this.#commits.length > 0;
  }
  /** Whether it is worth a write now. */
  get isUrgent(): boolean {
    return this.isOwed || this.#rows.length >= ROWS_AT_ONCE;
  }

  addRow(row: Row): void {
    if (this.#rows.length >= MAX_ROWS) {
      this.#rows.splice(0, DROPPED_AT_ONCE);
      this.#firstRow += DROPPED_AT_ONCE;
      this.#droppedRows += DROPPED_AT_ONCE;
    }
    this.#rows.push(row);
  }

  /** Whether something waits under that name. */
  hasKept({ kind, id }: Pick<KeptEntry, 'kind' | 'id'>): boolean {
    return this.#kept.has(`${kind} ${id}`);
  }

  /** The last value counts: one that waited under the same name is replaced. */
  keep(entry: KeptEntry): void {
    const key = `${entry.kind} ${entry.id}`;
    const isNew = !this.#kept.has(key);
    if (isNew && this.#kept.size >= MAX_KEPT) return void this.#droppedKept++;
    if (isNew && isOwed(entry)) this.#owed++;
    this.#kept.set(key, entry);
  }

  /** out  undefined when there is no room */
  addCommit(batch: Batch, place: Commit['place']): Promise<boolean> | undefined {
    if (this.#commits.length >= MAX_COMMITS) return undefined;
    const answer = Promise.withResolvers<boolean>();
    this.#commits.push({ commit: { batch, place }, answer });
    return answer.promise;
  }

  /** The next piece to write, still waiting; undefined when there is none. */
  next(wallMs: number): WriteRequest | undefined {
    if (this.size === 0) return undefined;
    return {
      kind: 'write',
      wallMs,
      firstRow: this.#firstRow,
      rows: this.#rows.slice(0, ROWS_AT_ONCE),
      kept: [...this.#kept.values()],
      commits: this.#commits.slice(0, COMMITS_AT_ONCE).map(({ commit }) => commit),
    };
  }

  /** Let go of what was written. out  the batches that are in the file now */
  written(request: WriteRequest, { commits }: Written): readonly Commit[] {
    const done = Math.max(0, request.firstRow + request.rows.length - this.#firstRow);
    this.#rows.splice(0, done); // fewer than were written, when there was no room for them meanwhile
    this.#firstRow += done;
    for (const entry of request.kept) {
      const key = `${entry.kind} ${entry.id}`;
      if (this.#kept.get(key) !== entry) continue;
      this.#kept.delete(key);
      if (isOwed(entry)) this.#owed--;
    }
    const waited = this.#commits.splice(0, request.commits.length);
    this.#commitsDone += waited.length;
    for (const [index, { commit, answer }] of waited.entries()) {
      if (commits[index] === 'gap') answer.reject(gap(commit));
      else answer.resolve(commits[index] === 'stored');
    }
    return request.commits.filter((_, index) => commits[index] === 'stored');
  }

  /** Nobody need wait for the file any more: what waits is in memory, and goes to the next writer. */
  release(): void {
    for (const { answer } of this.#commits) answer.resolve(true);
  }
}

function gap({ batch, place }: Commit): RangeError {
  return new RangeError(
    `ledger: expected batch ${batch.id} to begin where the last one ended, received ${place.cursor}`,
  );
}

/** Availability is not: what is lost of it is unknown to the next process, as after a crash. */
function isOwed({ kind }: KeptEntry): boolean {
  return kind !== 'uptime';
}
