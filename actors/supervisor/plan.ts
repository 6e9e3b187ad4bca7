/**
 * What a supervisor is in the middle of, as one value: first stop these, then wait, then start those.
 *
 * It is a list with two fingers on it; `Supervision` moves them.
 */
import type { Child } from './child.ts';
import type { EXIT_SHUTDOWN } from './protocol.ts';

/** How a supervisor ends, in the shape of the end of an XState snapshot. */
export type Ending =
  | { readonly status: 'done'; readonly output: typeof EXIT_SHUTDOWN | undefined; readonly error: undefined }
  | { readonly status: 'error'; readonly output: undefined; readonly error: unknown }
  | { readonly status: 'stopped'; readonly output: undefined; readonly error: undefined };

export interface Plan {
  /** In the order to stop them. */
  readonly stop: readonly Child[];
  stopped: number;
  waitMs: number;
  /** In the order to start them. */
  readonly start: readonly Child[];
  started: number;
  /** With one, it is the supervisor's last plan. */
  readonly ending: Ending | undefined;
}

export function startAll(children: Iterable<Child>): Plan {
  return { stop: [], stopped: 0, waitMs: 0, start: [...children], started: 0, ending: undefined };
}

export function restartThem(stop: readonly Child[], waitMs: number, start: readonly Child[]): Plan {
  return { stop, stopped: 0, waitMs, start, started: 0, ending: undefined };
}

/** Stop all, the last started first, and end so. */
export function stopAll(children: Iterable<Child>, ending: Ending): Plan {
  return { stop: [...children].toReversed(), stopped: 0, waitMs: 0, start: [], started: 0, ending };
}

/** Whether the child is still to be stopped, so that its own exit is nothing new. */
export function willStop(plan: Plan | undefined, child: Child): boolean {
  return plan !== undefined && (plan.ending !== undefined || plan.stop.includes(child, plan.stopped));
}

/** Whether the child needs no restart, because it is still to be started or everything ends. */
export function willSettle(plan: Plan | undefined, child: Child): boolean {
  return plan !== undefined && (plan.ending !== undefined || plan.start.includes(child, plan.started));
}
