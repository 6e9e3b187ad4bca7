/** What one actor did between two readings. Pure. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

export interface Watched {
  readonly path: string;
  /** Where it was last; one state, because what is flashed is one arrow. */
  readonly at: string | null;
  /** The last one seen, and how many so far: the same move twice is two flashes. */
  readonly move: Move | null;
  readonly moves: number;
}

/**
 * The actor at `path` is now in `at`.
 *
 * in      before   null at first.   at   null while it is down
 * out     a move only from one state to another of the same actor: another actor, or another life, begins afresh
 */
export function watch(before: Watched | null, path: string, at: string | null): Watched {
  if (before === null || before.path !== path) return { path, at, move: null, moves: 0 };
  if (at === before.at) return before;
  if (at === null || before.at === null) return { path, at, move: null, moves: before.moves };
  return { path, at, move: { from: before.at, to: at }, moves: before.moves + 1 };
}
