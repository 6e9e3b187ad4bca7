/** The error of a call for which there was no place. */
import { HoldfastError } from '../../core/errors.ts';
import { withoutStack } from '../../core/without-stack.ts';
import type { BulkheadReading } from './bulkhead.ts';

type Room = Pick<BulkheadReading, 'active' | 'queued'>;

const make = (name: string, { active, queued }: Room): HoldfastError =>
  new HoldfastError(
    'BULKHEAD_FULL',
    `"${name}": expected a place, received none: ${active} calls run and ${queued} wait`,
    {
      component: name,
    },
  );

/** A new rejection, without a stack, of a call that could not wait, or waited in vain. */
export function bulkheadFull(name: string, room: Room): Error {
  return withoutStack(make, name, room, undefined);
}
