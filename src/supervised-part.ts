/** What an application may hang into the supervision tree: anything that starts, stops, and may fail in between. */
import { callback, having, name } from './core/schema.ts';

export interface SupervisedPart<R = unknown> {
  readonly id: string;
  /** Begin a life. `fail` ends it from inside: the part is stopped and started again. */
  start(fail: (cause: unknown) => void): R | Promise<R>;
  /** End it; what `start` gave comes back. */
  stop(resource: R): void | Promise<void>;
}

export interface SupervisedHandle {
  /** Settles with the first start: rejects with START_FAILED when it failed. */
  readonly ready: Promise<void>;
  /** Stop the part and take it out of the tree. */
  terminate(): Promise<void>;
}

export const supervisedPart = having({
  id: name(),
  start: callback('(fail) => resource'),
  stop: callback('(resource) => void'),
});
