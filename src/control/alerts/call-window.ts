/** What became of each pipeline's calls within the last minute, from counters that only grow. */
import { nullRecord } from '../../core/null-record.ts';
import type { PipelineReading, Section } from '../../core/readings.ts';
import type { RecentCalls } from './sample.ts';

const BUCKETS = 12;
const BUCKET_MS = 5_000;

interface Counts {
  readonly answered: number;
  readonly failed: number;
  readonly rejected: number;
  readonly rateLimited: number;
}

interface Track {
  before: Counts;
  readonly buckets: { total: number; errors: number; rateLimited: number }[];
}

const NOTHING: Counts = { answered: 0, failed: 0, rejected: 0, rateLimited: 0 };

/** Bounded by the pipelines there may be. */
export class CallWindow {
  readonly #tracks = new Map<string, Track>();
  #bucket = -1;

  /** What is counted by then happened before anybody looked. */
  begin(pipelines: Section<PipelineReading>): void {
    for (const [name, reading] of Object.entries(pipelines)) this.#track(name).before = countsOf(reading);
  }

  look(pipelines: Section<PipelineReading>, nowMs: number): Section<RecentCalls> {
    this.#moveTo(Math.floor(nowMs / BUCKET_MS));
    const section = nullRecord<RecentCalls>();
    for (const [name, reading] of Object.entries(pipelines)) {
      const track = this.#track(name);
      add(track, this.#bucket % BUCKETS, countsOf(reading));
      section[name] = sumOf(track);
    }
    return section;
  }

  #moveTo(bucket: number): void {
    const first = Math.max(this.#bucket + 1, bucket - BUCKETS + 1);
    for (const { buckets } of this.#tracks.values())
      for (let each = first; each <= bucket; each++) buckets[each % BUCKETS] = { total: 0, errors: 0, rateLimited: 0 };
    this.#bucket = bucket;
  }

  #track(name: string): Track {
    let track = this.#tracks.get(name);
    if (track === undefined) {
      const buckets = Array.from({ length: BUCKETS }, () => ({ total: 0, errors: 0, rateLimited: 0 }));
      track = { before: NOTHING, buckets };
      this.#tracks.set(name, track);
    }
    return track;
  }
}

function countsOf({ outcomes, rejections }: PipelineReading): Counts {
  const { success, failure, timeout, rejected, fallback } = outcomes;
  const rateLimited = rejections['RATE_LIMITED'] ?? 0;
  return { answered: success + fallback, failed: failure + timeout, rejected, rateLimited };
}

/** Rejections by the rate limit are counted apart, also those a fallback or a retry has replaced: never less than none is left. */
function add(track: Track, at: number, counts: Counts): void {
  const { before } = track;
  const bucket = track.buckets[at]!;
  const rateLimited = counts.rateLimited - before.rateLimited;
  const errors = counts.failed - before.failed + Math.max(0, counts.rejected - before.rejected - rateLimited);
  bucket.total += counts.answered - before.answered + errors;
  bucket.errors += errors;
  bucket.rateLimited += rateLimited;
  track.before = counts;
}

function sumOf({ buckets }: Track): RecentCalls {
  let [total, errors, rateLimited] = [0, 0, 0];
  for (const bucket of buckets) {
    total += bucket.total;
    errors += bucket.errors;
    rateLimited += bucket.rateLimited;
  }
  return { total, errors, rateLimited };
}
