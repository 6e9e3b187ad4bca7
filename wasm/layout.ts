/**
 * The byte map of the shared memory: every offset there is, written once.
 *
 * Read by two compilers: asc builds the kernel with it, tsc the hot path. So this file holds only integer
 * constants and integer functions, and imports nothing. It is pinned by a literal test: moving a field is a
 * decision, not an accident.
 *
 *   0 ┌──────────────────────────────────────────────────────────────┐
 *     │ HEADER   4 lines of 64 bytes; a line has one writer          │
 *     │   line 0  MAGIC · VERSION · CAPACITY           (start, once) │
 *     │   line 1  RING_TAIL                  (the recording thread)  │
 *     │   line 2  RING_HEAD                       (the committer)    │
 *     │   line 3  unused: a score is reported, never written         │
 * 256 ├──────────────────────────────────────────────────────────────┤
 *     │ COLUMNS  one value a slot; CAPACITY slots each               │
 *     │   WORD         i32  epoch << 3 | state       read each tick  │
 *     │   FAILED       i32  failures in the window   read each tick  │
 *     │   TOTAL        i32  outcomes in the window                   │
 *     │   MINIMUM      i32  rate is null below this many outcomes    │
 *     │   WINDOW       i32  byte address of the window block, or 0   │
 *     │   SLOW         i32  slow outcomes in the window              │
 *     │   FRESH_UNTIL  f64  until then the totals are exact          │
 *     │   DEADLINE     f64  open: may probe from; else +Infinity     │
 *     ├──────────────────────────────────────────────────────────────┤
 *     │ BLOCKS   windows and histograms, 64-byte aligned             │
 *     ├──────────────────────────────────────────────────────────────┤
 *     │ RING     RING_RECORD_BYTES × a power of two                  │
 *     ├──────────────────────────────────────────────────────────────┤
 *     │ SCRATCH  the drain's aggregate, one cell a metering group;   │
 *     │          cleared by the kernel at the start of each drain    │
 *     └──────────────────────────────────────────────────────────────┘
 *
 * Times are f64 milliseconds of `Env.now()`. Only the owner's thread writes columns and blocks.
 */

export const MAGIC_NUMBER: i32 = 0x68666173; // "hfas"
export const LAYOUT_VERSION: i32 = 2;
export const LINE: i32 = 64;

// header
export const MAGIC: i32 = 0;
export const VERSION: i32 = 4;
export const CAPACITY: i32 = 8;
export const RING_TAIL: i32 = 64;
export const RING_HEAD: i32 = 128;
export const HEADER_BYTES: i32 = 256;

// the state, low three bits of WORD
export const STATE_BITS: i32 = 3;
export const STATE_MASK: i32 = 7;
export const CLOSED: i32 = 0;
export const HALF_OPEN: i32 = 1;
export const OPEN: i32 = 2;
export const FORCED_OPEN: i32 = 3;
export const DISABLED: i32 = 4;
export const METRICS_ONLY: i32 = 5;
export const FREE: i32 = 7; // no breaker lives here

/** Where the column of i32 number `column` (0…5: WORD FAILED TOTAL MINIMUM WINDOW SLOW) begins. */
export function columnAt(capacity: i32, column: i32): i32 {
  return HEADER_BYTES + column * capacity * 4;
}
export const WORD_COLUMN: i32 = 0;
export const FAILED_COLUMN: i32 = 1;
export const TOTAL_COLUMN: i32 = 2;
export const MINIMUM_COLUMN: i32 = 3;
export const WINDOW_COLUMN: i32 = 4;
export const SLOW_COLUMN: i32 = 5;
const I32_COLUMNS: i32 = 6;

/** Where the f64 column number `column` (0…1: FRESH_UNTIL DEADLINE) begins. */
export function timeColumnAt(capacity: i32, column: i32): i32 {
  return HEADER_BYTES + I32_COLUMNS * capacity * 4 + column * capacity * 8;
}
export const FRESH_UNTIL_COLUMN: i32 = 0;
export const DEADLINE_COLUMN: i32 = 1;
const TIME_COLUMNS: i32 = 2;

/** Where the blocks begin: the end of the columns. `capacity` is a multiple of 16, so this is a whole line. */
export function blocksAt(capacity: i32): i32 {
  return HEADER_BYTES + capacity * (I32_COLUMNS * 4 + TIME_COLUMNS * 8);
}

// a time window's block: a header of 32 bytes, then `buckets` buckets of 16
export const WINDOW_BUCKET_MS: i32 = 0; // f64
export const WINDOW_INDEX: i32 = 8; // f64, floor(now / bucketMs) of the bucket being filled
export const WINDOW_BUCKETS: i32 = 16; // i32
export const WINDOW_ABOVE: i32 = 20; // i32, outcomes of the window that took longer than the latency rule's bound
export const WINDOW_HEADER_BYTES: i32 = 32;
export const BUCKET_TOTAL: i32 = 0; // i32
export const BUCKET_FAILED: i32 = 4; // i32
export const BUCKET_SLOW: i32 = 8; // i32
export const BUCKET_ABOVE: i32 = 12; // i32
export const BUCKET_BYTES: i32 = 16;

// one metering record in the ring
export const RING_RECORD_BYTES: i32 = 32;
export const RECORD_GROUP: i32 = 0; // i32, the interned (tenant, operation, tier, agent)
export const RECORD_SEQUENCE: i32 = 4; // i32, low 32 bits of the record's number: a torn record is visible
export const RECORD_TOKENS: i32 = 8; // f64
export const RECORD_LATENCY_MS: i32 = 16; // f64, NaN when it was not given
export const RECORD_SCORE: i32 = 24; // f64, NaN when it was not given

// one aggregated group in the scratch; cell number = group number
export const GROUP_BYTES: i32 = 256;
export const GROUP_COUNT: i32 = 0; // i32
export const GROUP_TOUCHED: i32 = 4; // i32, not of this group: in cell k, the number of the k-th group of this drain
export const GROUP_TOKENS: i32 = 8; // f64
export const GROUP_LATENCY_SUM: i32 = 16; // f64
export const GROUP_LATENCY_MIN: i32 = 24; // f64, +Infinity when no record had one
export const GROUP_LATENCY_MAX: i32 = 32; // f64, −Infinity when no record had one
export const GROUP_SCORE_SUM: i32 = 40; // f64
export const GROUP_LATENCY_COUNT: i32 = 48; // i32, records that had a latency
export const GROUP_SCORE_COUNT: i32 = 52; // i32, records that had a score
export const GROUP_LATENCY_CELLS: i32 = 64; // LATENCY_CELLS × i32

// how long they took: two cells an octave of milliseconds; a cell is [1, 1.5) or [1.5, 2) times a power of two
export const LATENCY_CELLS: i32 = 48;
export const LATENCY_FIRST_OCTAVE: i32 = -6; // cell 0 takes all below 1.5 × 2⁻⁶ ms; the last, from 1.5 × 2¹⁷ ms, all above
