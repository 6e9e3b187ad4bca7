/** The error of a source of health that has no room for one more. */
import { HoldfastError } from '../../core/errors.ts';

/** shape  tooMany('health check "disk"', 1024, 'checks').code → 'CAPACITY_EXHAUSTED' */
export function tooMany(path: string, most: number, things: string): HoldfastError {
  const message = `${path}: expected at most ${most} ${things}, received one more`;
  return new HoldfastError('CAPACITY_EXHAUSTED', message, { component: path });
}
