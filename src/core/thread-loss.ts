/** The two rejections of a pool that are not the task's own. Used by the real pool and the virtual one. */
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
