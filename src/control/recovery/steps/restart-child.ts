/** A step: end a supervised child as a crash would, and go on when its supervisor has it up again. */
import { invalidOptions } from '../../../core/errors.ts';
import type { RecoveryStep } from '../step.ts';

/** in  given   its path, e.g. `root/surfaces/prices`.   throws  INVALID_OPTIONS */
export function restartChild(given: string): RecoveryStep {
  const path = childPath(given);
  return { name: 'restartChild', run: ({ restart, signal }) => restart(path, signal) };
}

/** Of any length: it has a name of each of those above it. */
function childPath(path: unknown): string {
  if (typeof path === 'string' && path !== '') return path;
  throw invalidOptions('step.restartChild', 'the path of a child, e.g. root/compute/pool', path);
}
