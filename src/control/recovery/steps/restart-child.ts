/** A step: end a supervised child as a crash would, and go on when its supervisor has it up again. */
import type { RecoveryStep } from '../step.ts';

/** in  path   e.g. `root/surfaces/prices` */
export function restartChild(path: string): RecoveryStep {
  return { name: 'restartChild', run: ({ restart, signal }) => restart(path, signal) };
}
