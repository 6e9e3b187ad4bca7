/** The geometry of the history strip's plots: samples to shares of a box, 0…1 from left and top. Pure. */
import { placeOn, type Axis } from './axis.ts';
import type { Readings } from './live.ts';
import { OUTCOMES, total, type Outcome } from './outcomes.ts';

type Sample = Readings['samples'][string];

export interface Moment {
  readonly sample: Sample;
  readonly x: number;
  /** Calls that ended, a second. */
  readonly rate: number;
}

export interface History {
  readonly moments: readonly Moment[];
  /** SVG path of the score; moments without one leave a gap. */
  readonly line: string;
  /** SVG path of each outcome's bars, stacked. */
  readonly bars: Readonly<Record<Outcome, string>>;
  /** The rate at the top of the box. */
  readonly topRate: number;
}

/** in  samples   in the order of time */
export function historyOf(samples: readonly Sample[], axis: Axis): History {
  const moments = samples.map((sample, at): Moment => {
    const seconds = (sample.atMs - (samples[at - 1]?.atMs ?? sample.atMs - 1_000)) / 1_000;
    return { sample, x: placeOn(axis, sample.atMs), rate: total(sample.outcomes) / Math.max(seconds, 0.001) };
  });
  const topRate = niceAbove(Math.max(...moments.map(({ rate }) => rate), 1));
  return {
    moments,
    line: scoreLine(moments),
    bars: stackedBars(moments, topRate, 1_000 / axis.spanMs),
    topRate,
  };
}

/** The moment nearest to a place of the strip, for the one who points at it. */
export function nearest(moments: readonly Moment[], x: number): Moment | undefined {
  return moments.reduce<Moment | undefined>(
    (best, moment) => (best && Math.abs(best.x - x) <= Math.abs(moment.x - x) ? best : moment),
    undefined,
  );
}

/** shape  niceAbove(61) → 80;   niceAbove(4) → 4;   niceAbove(118) → 150 */
export function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 6, 8].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
}

function scoreLine(moments: readonly Moment[]): string {
  let line = '';
  let drawing = false;
  for (const { sample, x } of moments) {
    if (sample.score !== null) line += `${drawing ? 'L' : 'M'}${round(x)} ${round(1 - sample.score)}`;
    drawing = sample.score !== null;
  }
  return line;
}

/** in  firstWidth   of the oldest bar, which has no neighbour to reach to */
function stackedBars(moments: readonly Moment[], topRate: number, firstWidth: number): Record<Outcome, string> {
  const paths = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, ''])) as Record<Outcome, string>;
  moments.forEach(({ sample, x, rate }, at) => {
    const left = Math.max(0, moments[at - 1]?.x ?? x - firstWidth);
    const width = round((x - left) * 0.86);
    const all = total(sample.outcomes);
    let top = 1;
    for (const outcome of OUTCOMES) {
      if (sample.outcomes[outcome] === 0 || width <= 0) continue;
      const height = ((sample.outcomes[outcome] / all) * rate) / topRate;
      top -= height;
      paths[outcome] += `M${round(left)} ${round(top)}h${width}v${round(height)}h${-width}z`;
    }
  });
  return paths;
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
