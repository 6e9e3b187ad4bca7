/** How long to look. */

export interface Plan {
  /** Each round runs every contestant once, in the opposite order of the round before. The first only warms up. */
  readonly rounds: number;
  /** For tinybench, a contestant and round. */
  readonly roundMs: number;
  readonly warmupMs: number;
  /** Calls timed one by one, a contestant and round: at most so many, in at most so long. */
  readonly singles: number;
  readonly singlesMs: number;
  /** Fresh processes for the import, runtimes for the idle breakers. */
  readonly repeats: number;
  /** Breakers made at once to weigh one. */
  readonly breakers: number;
  /** Alternating pairs where two ways are compared one right after the other, and HTTP requests in each half of one. */
  readonly pairs: number;
  readonly requests: number;
  /** Operations between two weighings of the heap, and weighings. */
  readonly operations: number;
  readonly weighings: number;
}

export const FULL: Plan = {
  rounds: 9,
  roundMs: 150,
  warmupMs: 30,
  singles: 20_000,
  singlesMs: 60,
  repeats: 15,
  breakers: 10_000,
  pairs: 31,
  requests: 6_000, // several collections of the young generation: one takes as long as 500 requests
  operations: 4_000,
  weighings: 12,
};

/** Long enough to see that every suite works; the figures mean little. */
export const QUICK: Plan = {
  rounds: 2,
  roundMs: 5,
  warmupMs: 2,
  singles: 500,
  singlesMs: 5,
  repeats: 2,
  breakers: 500,
  pairs: 2,
  requests: 40,
  operations: 100,
  weighings: 2,
};
