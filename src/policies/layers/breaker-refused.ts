/** Asks the breakers around a call that has waited: one may have opened meanwhile, and then nothing more must run. */
import type { Done } from './layer.ts';
import type { Scope } from './scope.ts';
import { turnAway } from './turn-away.ts';

/** out  true when one said no: `done` hears of it */
export function breakerRefused(scope: Scope, done: Done): boolean {
  const error = scope.refusal();
  if (error !== undefined) turnAway(scope, 'BREAKER_OPEN', error, done);
  return error !== undefined;
}
