/**
 * How available each component was within the last five minutes.
 *
 * As over a day (`health/uptime.ts`): down is a score below 0.5, and of what was never down nothing is written down.
 * Time nobody looked back on counts as well: a process that has just started is not judged by its first second.
 */
import { eachOf } from '../../core/each-of.ts';
import { nullRecord } from '../../core/null-record.ts';
import type { ComponentReading, Section } from '../../core/readings.ts';

const BUCKETS = 30;
const BUCKET_MS = 10_000;
const WINDOW_MS = BUCKETS * BUCKET_MS;
const DOWN_BELOW = 0.5;

interface Track {
  isDown: boolean;
  readonly downMs: Float64Array;
}

export class Downtime {
  /** Of those that were down within the window. */
  readonly #tracks = new Map<string, Track>();
  #lookedAt: number | undefined;
  #bucket = -1;

  look(components: Section<ComponentReading>, nowMs: number): Section<number> {
    this.#pass(nowMs);
    const section = nullRecord<number>();
    eachOf(components, ({ kind, score }, name) => {
      if (score === null || kind === 'signal') return; // a signal is no dependency
      const isDown = score < DOWN_BELOW;
      let track = this.#tracks.get(name);
      if (track === undefined && isDown)
        this.#tracks.set(name, (track = { isDown, downMs: new Float64Array(BUCKETS) }));
      if (track !== undefined) track.isDown = isDown;
      section[name] = track === undefined ? 1 : shareOf(track);
    });
    this.#forget(components);
    return section;
  }

  /** What was down at the last look has been down until now; of a stall no more than a bucket is held against it. */
  #pass(nowMs: number): void {
    const bucket = Math.floor(nowMs / BUCKET_MS);
    const first = Math.max(this.#bucket + 1, bucket - BUCKETS + 1);
    const passedMs = Math.min(nowMs - (this.#lookedAt ?? nowMs), BUCKET_MS);
    for (const track of this.#tracks.values()) {
      for (let each = first; each <= bucket; each++) track.downMs[each % BUCKETS] = 0;
      if (track.isDown) track.downMs[bucket % BUCKETS]! += passedMs;
    }
    this.#bucket = bucket;
    this.#lookedAt = nowMs;
  }

  #forget(components: Section<ComponentReading>): void {
    for (const [name, track] of this.#tracks)
      if (!(name in components) || (!track.isDown && track.downMs.every((ms) => ms === 0))) this.#tracks.delete(name);
  }
}

function shareOf({ downMs }: Track): number {
  return 1 - downMs.reduce((sum, ms) => sum + ms, 0) / WINDOW_MS;
}
