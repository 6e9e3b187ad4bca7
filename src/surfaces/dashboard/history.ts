/** The geometry of the history strip: samples and transitions to shares of a box, 0…1 from left and top. Pure. */
import type { Readings } from './live.ts';
import { OUTCOMES, total, type Outcome } from './outcomes.ts';

type Sample = Readings['samples'][string];
type Transition = Readings['transitions'][string];

const SHORTEST_MS = 30_000;
const MOST_LANES = 8;

export interface Moment {
  readonly sample: Sample;
  readonly x: number;
  /** Calls that ended, a second. */
  readonly rate: number;
}

/** How long a breaker was in which state. */
export interface Lane {
  readonly breaker: string;
  readonly spells: readonly Spell[];
}

export interface Spell {
  readonly state: Transition['to'];
  readonly x: number;
  readonly width: number;
  /** Null for the spell that had begun before the strip does. */
  readonly since: Transition | null;
}

export interface History {
  /** The time the strip spans, oldest to newest. */
  readonly spanMs: number;
  readonly moments: readonly Moment[];
  /** SVG path of the score; moments without one leave a gap. */
  readonly line: string;
  /** SVG path of each outcome's bars, stacked. */
  readonly bars: Readonly<Record<Outcome, string>>;
  /** The rate at the top of the box. */
  readonly topRate: number;
  /** Of the breakers that changed within the strip; the others would be one flat line each. */
  readonly lanes: readonly Lane[];
}

/** in  samples, transitions   in the order of time */
export function historyOf(samples: readonly Sample[], transitions: readonly Transition[]): History {
  const last = Math.max(samples.at(-1)?.atMs ?? 0, transitions.at(-1)?.atMs ?? 0);
  const spanMs = Math.max(SHORTEST_MS, last - (samples[0]?.atMs ?? last));
  const place = (atMs: number): number => 1 - (last - atMs) / spanMs;
  const moments = samples.map((sample, at): Moment => {
    const seconds = (sample.atMs - (samples[at - 1]?.atMs ?? sample.atMs - 1_000)) / 1_000;
    return { sample, x: place(sample.atMs), rate: total(sample.outcomes) / Math.max(seconds, 0.001) };
  });
  const topRate = niceAbove(Math.max(...moments.map(({ rate }) => rate), 1));
  return {
    spanMs,
    moments,
    line: scoreLine(moments),
    bars: stackedBars(moments, topRate, 1_000 / spanMs),
    topRate,
    lanes: lanesOf(transitions, place),
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

function lanesOf(transitions: readonly Transition[], place: (atMs: number) => number): Lane[] {
  const byBreaker = Map.groupBy(transitions, ({ breaker }) => breaker);
  return [...byBreaker]
    .filter(([, own]) => place(own.at(-1)!.atMs) >= 0)
    .map(([breaker, own]) => ({ breaker, spells: spellsOf(own, place) }))
    .slice(0, MOST_LANES);
}

function spellsOf(own: readonly Transition[], place: (atMs: number) => number): Spell[] {
  const spells = own.map((since, at) => spell(since.to, place(since.atMs), placeOf(own[at + 1]), since));
  return [spell(own[0]!.from, 0, placeOf(own[0]), null), ...spells].filter(({ width }) => width > 0);

  function placeOf(next: Transition | undefined): number {
    return next ? place(next.atMs) : 1;
  }
}

function spell(state: Transition['to'], from: number, to: number, since: Transition | null): Spell {
  const x = Math.max(0, from);
  return { state, x, width: to - x, since };
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
