/** What the options of every channel have. */
import { milliseconds, z } from '../../../core/schema.ts';

const NAME = 'a name of 1 to 128 characters';

/** in  name   what it is called where nothing else is said */
export function channelShape(name: string) {
  return {
    /** What the channel is called; unique among the channels. */
    name: z.string({ error: NAME }).min(1, { error: NAME }).max(128, { error: NAME }).default(name),
    /** How long one attempt may take. */
    timeoutMs: milliseconds(1, 600_000).default(10_000),
  };
}
