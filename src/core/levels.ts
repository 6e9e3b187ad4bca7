/** The levels of degradation, from all there is to what must not stop, and values that differ between them. */
import type { Level } from './readings.ts';
import { group, z } from './schema.ts';

/** Best first. */
export const LEVELS: readonly Level[] = ['full', 'reduced', 'minimal', 'emergency'];

/** What leads from one level to another: a step by itself, or what a person orders. */
export type LevelEvent =
  | 'worsen'
  | 'improve'
  | 'overrideFull'
  | 'overrideReduced'
  | 'overrideMinimal'
  | 'overrideEmergency';

/** shape  rankOf('full') → 0;   rankOf('emergency') → 3 */
export function rankOf(level: Level): number {
  return LEVELS.indexOf(level);
}

export const levelName = z.enum(LEVELS as readonly [Level, ...Level[]], { error: `one of ${LEVELS.join(', ')}` });

/** A value for each level; one that is left out is the value of the next better level. */
export interface GivenByLevel<T> {
  readonly full: T;
  readonly reduced?: T | undefined;
  readonly minimal?: T | undefined;
  readonly emergency?: T | undefined;
}

export type ByLevel<T> = Readonly<Record<Level, T>>;

/** shape  everyLevel({ full: 9, minimal: 1 }) → { full: 9, reduced: 9, minimal: 1, emergency: 1 } */
export function everyLevel<T>({ full, reduced, minimal, emergency }: GivenByLevel<T>): ByLevel<T> {
  const [atReduced, atMinimal] = [reduced ?? full, minimal ?? reduced ?? full];
  return { full, reduced: atReduced, minimal: atMinimal, emergency: emergency ?? atMinimal };
}

/** Options of the shape `{ full, reduced?, minimal?, emergency? }`, resolved for every level. */
export function byLevel(value: z.ZodNumber) {
  return group({
    full: value,
    reduced: value.optional(),
    minimal: value.optional(),
    emergency: value.optional(),
  }).transform(everyLevel);
}
