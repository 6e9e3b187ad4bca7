/**
 * What the feed needs of a runtime: its readings, its world, and a place under its supervisor.
 *
 * Narrower than `Runtime` on purpose: whoever has these four things can be served.
 */
import type { Env, Readings, SupervisedHandle, SupervisedPart } from '../../index.ts';

export interface FeedSource {
  readonly name: string;
  readonly env: Env;
  /** Everything there is to show, now. JSON-safe; asked only while someone watches. */
  readings(): Readings;
  supervise(part: SupervisedPart<void>): SupervisedHandle;
}
