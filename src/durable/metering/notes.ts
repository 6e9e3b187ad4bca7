/**
 * The metadata of records that wait, for the sinks: beside the ring, because it has no fixed size.
 *
 * Bounded, so a note is a courtesy, not a count: when too many wait, those that come are left out, and counted.
 */
import type { Annotated } from '../../hotpath/metering-ring.ts';
import { flatMetadata } from './flat-metadata.ts';

/** About as many kibibytes. */
const MAX_WAITING = 1_024;

interface Note {
  readonly number: number;
  readonly line: string;
}

export class Notes {
  #waiting: Note[] = [];
  #cut = 0;

  /** Records whose metadata was cut, or left out. */
  get cut(): number {
    return this.#cut;
  }

  /** Total: never throws. */
  add(metadata: unknown, about: Annotated): void {
    if (this.#waiting.length === MAX_WAITING) {
      this.#cut++;
      return;
    }
    const { json, isCut } = flatMetadata(metadata);
    if (isCut) this.#cut++;
    if (json !== '{}') this.#waiting.push({ number: about.number, line: lineOf(about, json) });
  }

  /** Those of records before number `until`, which are done with. */
  take(until: number): readonly string[] {
    const later = this.#waiting.findIndex(({ number }) => number >= until);
    const taken = this.#waiting.splice(0, later === -1 ? this.#waiting.length : later);
    return taken.map(({ line }) => line);
  }
}

/** The amounts that were given, and whose they are. JSON has no NaN: the score that was not given is left out. */
function lineOf({ group, tokens, latencyMs, score }: Annotated, metadata: string): string {
  const amounts = { tokens, ...(latencyMs >= 0 && { latencyMs }), ...(score >= 0 && { score }) };
  return `${JSON.stringify({ ...group, ...amounts }).slice(0, -1)},"metadata":${metadata}}`;
}
