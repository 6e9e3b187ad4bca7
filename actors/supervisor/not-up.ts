/** The two ways in which a child, or a supervisor, is not there for who counts on it. */
import { describe } from '../../src/core/describe.ts';
import { HoldfastError } from '../../src/core/errors.ts';

/** `cause` is what its start threw. */
export function notStarted(path: string, cause: unknown): HoldfastError {
  const message = `${path}: expected it to start, received ${describe(cause)}`;
  return new HoldfastError('START_FAILED', message, { component: path, cause });
}

export function stopped(path: string): HoldfastError {
  return new HoldfastError('STOPPED', `${path}: expected it to be up, received its end`, { component: path });
}
