/** The rejections of a pool or a thread that are not the task's own. Used by the real ones and the virtual ones. */
import { HoldfastError } from './errors.ts';

/** The task's thread died under it; the cause says of what. `Pool.isThreadLoss` looks for it. */
export class ThreadLoss extends Error {
  constructor(cause: unknown) {
    super('pool: the thread died under its task', { cause });
  }
}

export function poolStopped(): HoldfastError {
  return new HoldfastError('STOPPED', 'pool: expected a running pool, received a task after destroy()', {
    component: 'pool',
  });
}

/** A request nobody will answer: its thread is gone. */
export function threadGone(cause: unknown): HoldfastError {
  return new HoldfastError('STOPPED', 'thread: expected an answer, received the end of the thread', {
    component: 'thread',
    cause,
  });
}
