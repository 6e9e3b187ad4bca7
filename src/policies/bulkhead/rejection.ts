/** The error of a call for which there was no place. */
import { HoldfastError } from '../../core/errors.ts';
import { withoutStack } from '../../core/without-stack.ts';
import type { BulkheadReading } from './bulkhead.ts';

type Room = Pick<BulkheadReading, 'active' | 'queued'>;

const make = (name: string, { active, queued }: Room, waitedMs: number | undefined): HoldfastError => {
  const within = waitedMs === undefined ? 'at once or in the queue' : `within ${waitedMs} ms`;
  const message = `"${name}": expected a place ${within}, received none: ${active} calls run and ${queued} wait`;
  return new HoldfastError('BULKHEAD_FULL', message, { component: name });
};

/** A new rejection, without a stack. in  waitedMs  undefined for a call that could not even wait */
export function bulkheadFull(name: string, room: Room, waitedMs: number | undefined): Error {
  return withoutStack(make, name, room, waitedMs);
}
