/** One way of doing what a race is about: ours, a peer's, or the floor nobody can be below. */
import type { Way } from './loops.ts';

/** The name of ours in every race. */
export const OURS = 'holdfast';

export interface Contestant {
  /** `holdfast`, `cockatiel`, … */
  readonly name: string;
  /** How a call ends. */
  readonly way: Way;
  readonly call: () => unknown;
  /** What every call must answer, compared by identity: a bench that measures a wrong answer measures nothing. */
  readonly expects: unknown;
  /** What to compare of an answer, e.g. a rejection's code. Default: the answer itself. */
  readonly read?: (answer: never) => unknown;
  /** Calls between two readings of the clock. Fewer where one is slow or memory is short. */
  readonly batch?: number;
  /** Not timed, before each batch. */
  readonly before?: () => unknown;
  /** Throws when what was called is not in the state it should be in after the race. */
  readonly after?: () => unknown;
  /** True for a bare `await`: shown, never a peer. */
  readonly isFloor?: boolean;
}
