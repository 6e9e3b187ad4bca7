/**
 * Which of the tasks that are due goes first. Pure.
 *
 * Priority is counted in time: a task overtakes those of the next more urgent priority that came due `agingMs` later,
 * so whoever waits is overtaken by a bounded number and nobody starves (Q5).
 */

export interface Queued {
  /** Infinity while it waits for no attempt. */
  readonly dueAt: number;
  /** Lower is sooner. */
  readonly priority: number;
  /** By hand: before all others. */
  readonly isForced: boolean;
}

export function rankOf({ dueAt, priority, isForced }: Queued, agingMs: number): number {
  return isForced ? -Infinity : dueAt + priority * agingMs;
}

/** out  the one to begin at `nowMs`; undefined while none is due. Of two of the same rank the one that is given first. */
export function firstDue<T extends Queued>(tasks: Iterable<T>, agingMs: number, nowMs: number): T | undefined {
  let first: T | undefined;
  for (const task of tasks)
    if (task.dueAt <= nowMs && (first === undefined || rankOf(task, agingMs) < rankOf(first, agingMs))) first = task;
  return first;
}
