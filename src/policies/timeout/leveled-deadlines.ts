/**
 * Deadlines whose length depends on the level: an attempt is kept in the list of the level it began under, and leaves
 * that one, whatever the level is by then. Only pipelines with such a timeout have it, and pay for its map.
 */
import type { DeadlineList, DeadlineNode } from '../../hotpath/deadline-list.ts';

/** What a corridor needs of the deadlines of its attempts: a plain list has it, too. */
export type AttemptDeadlines = Pick<DeadlineList, 'add' | 'remove' | 'durationMsOf'>;

export class LeveledDeadlines implements AttemptDeadlines {
  /** What attempts enter from now on. */
  current: DeadlineList;
  /** As many as there are attempts under way. */
  readonly #listOf = new Map<DeadlineNode, DeadlineList>();

  constructor(current: DeadlineList) {
    this.current = current;
  }

  add(node: DeadlineNode, nowMs: number): void {
    this.#listOf.set(node, this.current);
    this.current.add(node, nowMs);
  }

  /** Also to be called for one whose time was up, which its list has let go already. */
  remove(node: DeadlineNode): void {
    this.#listOf.get(node)?.remove(node);
    this.#listOf.delete(node);
  }

  /** in  node  added, and not removed */
  durationMsOf(node: DeadlineNode): number {
    return this.#listOf.get(node)!.durationMs;
  }
}
