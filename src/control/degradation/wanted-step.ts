/**
 * What the sensors ask for: a step to the worse, to the better, or none. Pure: the level, the dwell and the clock are
 * the machine's and its keeper's.
 */
import { type ResolvedDegradationOptions, WORSE } from './options.ts';

export type SensorName = keyof typeof WORSE;
export type SensorBounds = Exclude<ResolvedDegradationOptions[SensorName], false>;

export interface Measured {
  readonly sensor: SensorName;
  /** Null where there is nothing to measure; NaN where it cannot be read. */
  readonly value: number | null;
  readonly bounds: SensorBounds;
}

export interface WantedStep {
  readonly step: 'worsen' | 'hold' | 'improve';
  readonly reason: string;
}

/**
 * One sensor beyond its bound is enough to worsen; to improve, every one must be read and be calm.
 *
 * in      rank    the level that is in force, 0 for full … 3 for emergency
 * shape   (0, [{ sensor: 'score', value: 0.4, … }]) → { step: 'worsen', reason: 'score is 0.4, below 0.7' }
 */
export function wantedStep(rank: number, measured: readonly Measured[]): WantedStep {
  for (const { sensor, value, bounds } of measured) {
    const bound = bounds.worsen[rank];
    if (value === null || bound === undefined || !isBeyond(value, bound, sensor)) continue;
    return { step: 'worsen', reason: `${sensor} is ${rounded(value)}, ${WORSE[sensor]} ${bound}` };
  }
  if (rank > 0 && measured.every((one) => isCalm(rank, one)))
    return { step: 'improve', reason: 'every sensor is calm' };
  return { step: 'hold', reason: 'no sensor asks for another level' };
}

/** On the better side of the bound by which the level was left, or on it. Never true of NaN. */
function isCalm(rank: number, { sensor, value, bounds }: Measured): boolean {
  if (value === null) return true;
  const bound = bounds.improve[rank - 1]!;
  return WORSE[sensor] === 'above' ? value <= bound : value >= bound;
}

function isBeyond(value: number, bound: number, sensor: SensorName): boolean {
  return WORSE[sensor] === 'above' ? value > bound : value < bound;
}

/** Three digits say enough. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
