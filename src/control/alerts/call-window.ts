/** What became of calls within the last minute, by component, from counters that only grow. */
import { eachOf } from '../../core/each-of.ts';
import type { BreakerGlance, PipelineReading, Section } from '../../core/readings.ts';
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
  readonly component: string;
  before: Counts;
  readonly buckets: Sums[];
  /** Of all buckets. */
  readonly sum: Sums;
}

type Sums = { -readonly [K in keyof RecentCalls]: RecentCalls[K] };

const NOTHING: Counts = { answered: 0, failed: 0, rejected: 0, rateLimited: 0 };

/** Bounded by the pipelines, or the breakers, there are. */
export class CallWindow<T> {
  readonly #kind: string;
  readonly #countsOf: (reading: T) => Counts | undefined;
  readonly #tracks = new Map<string, Track>();
  #bucket = -1;

  /** in  countsOf   undefined for one whose calls are counted elsewhere, or not at all */
  constructor(kind: string, countsOf: (reading: T) => Counts | undefined) {
    this.#kind = kind;
    this.#countsOf = countsOf;
  }

  /** What is counted by then happened before anybody looked. */
  begin(readings: Section<T>): void {
    eachOf(readings, (reading, name) => {
      const counts = this.#countsOf(reading);
      if (counts !== undefined) this.#track(name).before = counts;
    });
  }

  /** in  section   where they go, by component */
  look(readings: Section<T>, nowMs: number, section: Record<string, RecentCalls>): void {
    this.#moveTo(Math.floor(nowMs / BUCKET_MS));
    eachOf(readings, (reading, name) => {
      const counts = this.#countsOf(reading);
      if (counts === undefined) return;
      const track = this.#track(name);
      add(track, this.#bucket % BUCKETS, counts);
      section[track.component] = { ...track.sum };
    });
  }

  #moveTo(bucket: number): void {
    const first = Math.max(this.#bucket + 1, bucket - BUCKETS + 1);
    for (let each = first; each <= bucket; each++)
      for (const { buckets, sum } of this.#tracks.values()) forget(buckets[each % BUCKETS]!, sum);
    this.#bucket = bucket;
  }

  #track(name: string): Track {
    let track = this.#tracks.get(name);
    if (track === undefined) {
      const buckets = Array.from({ length: BUCKETS }, none);
      track = { component: `${this.#kind}/${name}`, before: NOTHING, buckets, sum: none() };
      this.#tracks.set(name, track);
    }
    return track;
  }
}

function none(): Sums {
  return { total: 0, errors: 0, rateLimited: 0 };
}

export function pipelineCounts({ outcomes, rejections }: PipelineReading): Counts {
  const { success, failure, timeout, rejected, fallback } = outcomes;
  const rateLimited = rejections['RATE_LIMITED'] ?? 0;
  return { answered: success + fallback, failed: failure + timeout, rejected, rateLimited };
}

/** Of a breaker that no pipeline has, by its votes; undefined until it is called. */
export function breakerCounts({ calls }: BreakerGlance): Counts | undefined {
  if (calls === null) return undefined;
  const { success, failure, notPermitted } = calls;
  if (success + failure + notPermitted === 0) return undefined;
  return { answered: success, failed: failure, rejected: notPermitted, rateLimited: 0 };
}

/** Rejections by the rate limit are counted apart, also those a fallback or a retry has replaced: never less than none is left. */
function add(track: Track, at: number, counts: Counts): void {
  const before = hasBegunAnew(track.before, counts) ? NOTHING : track.before;
  const rateLimited = counts.rateLimited - before.rateLimited;
  const errors = counts.failed - before.failed + Math.max(0, counts.rejected - before.rejected - rateLimited);
  const total = counts.answered - before.answered + errors;
  track.before = counts;
  for (const sums of [track.buckets[at]!, track.sum]) {
    sums.total += total;
    sums.errors += errors;
    sums.rateLimited += rateLimited;
  }
}

/** A breaker that was reset has forgotten what it had counted. */
function hasBegunAnew(before: Counts, { answered, failed, rejected }: Counts): boolean {
  return answered < before.answered || failed < before.failed || rejected < before.rejected;
}

/** What was in the bucket is a minute ago. */
function forget(bucket: Sums, sum: Sums): void {
  sum.total -= bucket.total;
  sum.errors -= bucket.errors;
  sum.rateLimited -= bucket.rateLimited;
  bucket.total = bucket.errors = bucket.rateLimited = 0;
}
