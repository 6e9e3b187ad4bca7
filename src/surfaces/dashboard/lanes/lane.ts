/** A lane of the history strip: how long something was in which state. Pure. */
import { placeOn, type Axis } from '../axis.ts';
import type { Readings } from '../live.ts';
import { toneOf, type Tone } from '../tones.ts';
import { moment, stateWord } from '../words.ts';

export interface Lane {
  readonly kind: Readings['timeline'][string]['kind'];
  /** Empty where there is only one of its kind. */
  readonly subject: string;
  readonly changedAtMs: number;
  readonly spells: readonly Spell[];
}

export interface Spell {
  readonly state: string;
  readonly tone: Tone;
  readonly x: number;
  readonly width: number;
  /** For who points at it, or cannot see it. */
  readonly words: string;
}

export interface Change {
  readonly atMs: number;
  /** Null: from then on there is nothing to draw. */
  readonly state: string | null;
  readonly because: string | null;
}

/** in  before   its state until the first change, null for none;   changes   in the order of time, at least one */
export function laneOf(
  { kind, subject }: Pick<Lane, 'kind' | 'subject'>,
  before: string | null,
  changes: readonly Change[],
  axis: Axis,
): Lane {
  const name = subject || kind;
  const spells = [{ atMs: -Infinity, state: before, because: null }, ...changes].map((change, at) => {
    const x = Math.max(0, placeOn(axis, change.atMs));
    const next = changes[at];
    const width = (next ? placeOn(axis, next.atMs) : 1) - x;
    return { state: change.state, x, width, words: wordsOf(name, change) };
  });
  return {
    kind,
    subject,
    changedAtMs: changes.at(-1)!.atMs,
    spells: spells.flatMap(({ state, ...spell }) =>
      state === null || spell.width <= 0 ? [] : [{ state, tone: toneOf(kind, state), ...spell }],
    ),
  };
}

/** Whether it changed within the strip: one that did not would be a flat line. */
export function isWithin({ changedAtMs }: Lane, axis: Axis): boolean {
  return placeOn(axis, changedAtMs) >= 0;
}

function wordsOf(name: string, { atMs, state, because }: Change): string {
  const since = atMs === -Infinity ? '' : ` since ${moment(atMs)}`;
  return `${name} ${stateWord(state ?? '')}${since}${because === null ? '' : `: ${because}`}`;
}
