/** A step: bring the application's state back to its last checkpoint, as `recovery.checkpoint` said how. */
import { perhapsNamed } from '../named.ts';
import type { RecoveryStep } from '../step.ts';

/** in  given   whose; default: the service's.   throws  INVALID_OPTIONS */
export function restoreCheckpoint(given?: string): RecoveryStep {
  const of = perhapsNamed('step.restoreCheckpoint', given);
  return { name: 'restoreCheckpoint', run: ({ service, restore }) => restore(of ?? service) };
}
