/** What a feature, and a hand on one, may be. */
import { flag, group, milliseconds, name, z } from '../../core/schema.ts';

const MAX_NEEDS = 64;

/** `*` is everybody's name where one subscribes. */
const ownName = name().refine((given) => given !== '*', { error: 'a name other than *' });

export const featureName = ownName;
export const limitName = ownName;

export const featureOptions = group({
  /** The level at which it goes off. Default: no level turns it off. */
  until: z
    .enum(['reduced', 'minimal', 'emergency'], {
      error: `one of reduced, minimal, emergency: the level at which it goes off`,
    })
    .optional(),
  /** Features it is of no use without: while one of them is off, so is it. They are to be made before it. */
  needs: z
    .array(name(), { error: `at most ${MAX_NEEDS} names` })
    .max(MAX_NEEDS, { error: `at most ${MAX_NEEDS} names` })
    .default([]),
  /** Goes off after every lesser feature, or with the last of them. */
  critical: flag().default(false),
});
export type FeatureOptions = z.input<typeof featureOptions>;
export type ResolvedFeatureOptions = z.output<typeof featureOptions>;

/** Who holds a feature, and why; without `forMs` until it is cleared. */
export const holdOptions = group({ by: name(), reason: name(), forMs: milliseconds(1).optional() });
export type HoldOptions = z.input<typeof holdOptions>;
