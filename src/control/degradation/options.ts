/** When the level worsens and improves: types, bounds and defaults, once. */
import { integer, between, group, milliseconds, name, z } from '../../core/schema.ts';

/** Where the next worse level begins, from full, from reduced and from minimal. */
type Bounds = readonly [number, number, number];

interface Shape {
  readonly unit: z.ZodNumber;
  readonly worse: 'above' | 'below';
  readonly worsen: Bounds;
  readonly improve: Bounds;
}

const STEPS = ['from full to reduced', 'from reduced to minimal', 'from minimal to emergency'] as const;

/** A sensor's bounds; `false` for one that is not to be looked at. */
function sensor({ unit, worse, worsen, improve }: Shape) {
  const bounds = z.tuple([unit, unit, unit], { error: `three numbers: ${STEPS.join(', ')}` });
  const side = worse === 'above' ? 1 : -1;
  const ownImprove: [number, number, number] = [...improve];
  const both = group({
    worsen: bounds.default([...worsen]),
    improve: bounds.default(() => ownImprove), // the very same one, by which it is known that none was given
  }).superRefine((given, context) => {
    const refuse = (path: readonly PropertyKey[], message: string): void =>
      context.addIssue({ code: 'custom', path: [...path], message });
    const meets = (limit: number, at: number): boolean => side * (limit - given.improve[at]!) <= 0;
    if (given.improve === ownImprove && given.worsen.some(meets))
      return refuse(
        ['improve'],
        `three numbers, each ${opposite(worse)} its one of worsen, ${listOf(given.worsen)}, which the default ${listOf(improve)} is not`,
      );
    for (const [at, limit] of given.worsen.entries()) {
      if (meets(limit, at))
        return refuse(['improve', at], `a number ${opposite(worse)} worsen.${at}, which is ${limit}`);
      for (const list of ['worsen', 'improve'] as const)
        if (at > 0 && side * (given[list][at]! - given[list][at - 1]!) < 0)
          return refuse(
            [list, at],
            `a number not ${opposite(worse)} ${list}.${at - 1}, which is ${given[list][at - 1]}`,
          );
    }
  });
  return z.union([z.literal(false), both], { error: 'false, or { worsen, improve }' }).prefault({});
}

function listOf(bounds: readonly number[]): string {
  return `[${bounds.join(', ')}]`;
}

function opposite(worse: Shape['worse']): Shape['worse'] {
  return worse === 'above' ? 'below' : 'above';
}

/** Which side of its bounds is the worse one. */
export const WORSE = { score: 'below', loopDelayMs: 'above', heapRatio: 'above', queueDepth: 'above' } as const;

export const degradationOptions = group({
  /** The system's health: worsens below, improves from there up. One of two breakers open is 0.5. */
  score: sensor({ unit: between(0, 1), worse: WORSE.score, worsen: [0.7, 0.5, 0.3], improve: [0.8, 0.6, 0.4] }),
  /** The longest the event loop was late within the last second. At 200 ms every caller of the process feels it. */
  loopDelayMs: sensor({
    unit: milliseconds(),
    worse: WORSE.loopDelayMs,
    worsen: [200, 500, 1_000],
    improve: [100, 250, 500],
  }),
  /** Heap in use, of what V8 allows. Beyond nine tenths it does little but collect. */
  heapRatio: sensor({
    unit: between(0, 1),
    worse: WORSE.heapRatio,
    worsen: [0.85, 0.92, 0.97],
    improve: [0.75, 0.85, 0.92],
  }),
  /** Calls that wait in bulkheads, all together. */
  queueDepth: sensor({
    unit: between(0, 1_000_000_000),
    worse: WORSE.queueDepth,
    worsen: [1_000, 5_000, 20_000],
    improve: [100, 1_000, 5_000],
  }),
  /** The least time between a change and a step to the worse. */
  worsenDwellMs: milliseconds(1).default(10_000),
  /** The least time between a change and a step to the better; all of it must have been calm. */
  improveDwellMs: milliseconds(1).default(30_000),
  /** A sensor that cannot be read holds the level; for so many looks in a row, once a second, it costs one step down. */
  failSafeAfter: integer(1, 1_000_000).default(5),
});

export type ResolvedDegradationOptions = z.output<typeof degradationOptions>;

/** Who holds a level, why and for how long. The longest is 24 days. */
export const overrideOptions = group({ by: name(), reason: name(), forMs: milliseconds(1) });
export type OverrideOptions = z.input<typeof overrideOptions>;

/** Who lets go of what is held, and why. */
export const releaseOptions = group({ by: name(), reason: name() });
export type ReleaseOptions = z.input<typeof releaseOptions>;
