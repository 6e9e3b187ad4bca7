/**
 * One client as the broadcast sees it: live, or lagging until it has drained.
 *
 * Deltas a lagging client misses are not kept for it: it gets one snapshot instead, so that what a client can make us
 * hold is bounded by `maxUnsentBytes` and one snapshot. It knows no socket library; the server gives it a `Wire`.
 */
import type { FeedCounts } from './counts.ts';
import type { FeedLimits } from './limits.ts';

/** The part of a socket a subscriber uses. */
export interface Wire {
  /** Bytes accepted by `send` that the system has not taken yet. */
  readonly unsentBytes: number;
  send(frame: Buffer): void;
  ping(): void;
  /** Say goodbye; the socket is destroyed `closeMs` later at most. */
  close(code: number, reason: string): void;
}

export class Subscriber {
  readonly #wire: Wire;
  readonly #limits: FeedLimits;
  readonly #counts: FeedCounts;
  #laggingSinceMs: number | null = null;
  #closing = false;
  #nextBeatMs: number;
  #unansweredBeats = 0;
  #controlFrames = 0;

  constructor(wire: Wire, limits: FeedLimits, counts: FeedCounts, snapshot: Buffer, nowMs: number) {
    this.#wire = wire;
    this.#limits = limits;
    this.#counts = counts;
    this.#nextBeatMs = nowMs + limits.beatMs;
    this.#send(snapshot);
  }

  /** The state moved on by `delta`. */
  offer(delta: Buffer, nowMs: number): void {
    if (this.#closing || this.#laggingSinceMs !== null) return;
    if (this.#wire.unsentBytes + delta.length > this.#limits.maxUnsentBytes) this.#laggingSinceMs = nowMs;
    else this.#send(delta);
  }

  /** Look after it: called once an interval, after `offer`. */
  attend(snapshot: () => Buffer, nowMs: number): void {
    if (this.#closing) return;
    if (this.#laggingSinceMs !== null) this.#drain(snapshot, this.#laggingSinceMs, nowMs);
    if (!this.#closing && nowMs >= this.#nextBeatMs) this.#beat(nowMs);
  }

  /** It sent a ping or a pong: it lives. Too many are an attack. */
  heard(): void {
    this.#unansweredBeats = 0;
    if (++this.#controlFrames > this.#limits.controlFramesPerBeat) this.violate('too many control frames');
  }

  /** It broke the protocol. Counted once, whatever else it still sends. */
  violate(reason: string): void {
    if (this.#closing) return;
    this.#counts.violations++;
    this.close(1008, reason);
  }

  close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#wire.close(code, reason);
  }

  #drain(snapshot: () => Buffer, sinceMs: number, nowMs: number): void {
    // Well below the cap, or a client at its edge would get a whole snapshot for every few deltas.
    if (this.#wire.unsentBytes <= this.#limits.maxUnsentBytes / 4) {
      this.#laggingSinceMs = null;
      this.#counts.resyncs++;
      this.#send(snapshot());
    } else if (nowMs - sinceMs >= this.#limits.stuckMs) {
      this.#evict('too slow');
    }
  }

  #beat(nowMs: number): void {
    if (this.#unansweredBeats >= this.#limits.missedBeats) return this.#evict('no answer to pings');
    this.#nextBeatMs = nowMs + this.#limits.beatMs;
    this.#unansweredBeats++;
    this.#controlFrames = 0;
    this.#wire.ping();
  }

  #evict(reason: string): void {
    this.#counts.evicted++;
    this.close(1008, reason);
  }

  #send(frame: Buffer): void {
    this.#counts.frames++;
    this.#wire.send(frame);
  }
}
