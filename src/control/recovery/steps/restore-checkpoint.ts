/** A step: bring the application's state back to its last checkpoint, as `recovery.checkpoint` said how. */
import type { RecoveryStep } from '../step.ts';

/** in  of   whose; default: the service's */
export function restoreCheckpoint(of?: string): RecoveryStep {
  return { name: 'restoreCheckpoint', run: ({ service, restore }) => restore(of ?? service) };
}
