/**
 * What the feed needs of a runtime: its readings, its world, and a place under its supervisor.
 *
 * Narrower than `Runtime` on purpose: whoever has these four things can be served.
 */
import type { Env, Readings } from '../../index.ts';

export interface FeedSource {
  readonly name: string;
  readonly env: Env;
  /** Everything there is to show, now. JSON-safe; asked only while someone watches. */
  readings(): Readings;
  supervise(part: SupervisedPart): SupervisedHandle;
}

export interface SupervisedPart {
  readonly id: string;
  /** Begin a life. `fail` ends this life from inside: the supervisor stops the part and starts it again. */
  start(fail: (cause: unknown) => void): Promise<void>;
  stop(): Promise<void>;
}

export interface SupervisedHandle {
  /** Settles with the first start. */
  readonly ready: Promise<void>;
  /** Stop the part and take it out of the tree. */
  terminate(): Promise<void>;
}
