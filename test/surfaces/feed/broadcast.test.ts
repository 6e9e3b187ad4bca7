import { beforeEach, describe, expect, test } from 'vitest';
import { emptyState } from '../../../src/surfaces/client/apply-frame.ts';
import { Broadcast } from '../../../src/surfaces/feed/broadcast.ts';
import { zeroCounts } from '../../../src/surfaces/feed/counts.ts';
import { FEED_LIMITS } from '../../../src/surfaces/feed/limits.ts';
import type { Wire } from '../../../src/surfaces/feed/subscriber.ts';
import { createVirtualEnv } from '../../../src/testing/virtual-env.ts';

/** A wire whose reader drains when the test says so. */
class MemoryWire implements Wire {
  readonly frames: string[] = [];
  unsentBytes = 0;
  stuck = false;
  pings = 0;
  closed: string | null = null;

  send(frame: Buffer): void {
    this.frames.push(frame.toString());
    if (this.stuck) this.unsentBytes += frame.length;
  }
  ping(): void {
    this.pings++;
  }
  close(code: number, reason: string): void {
    this.closed = `${code} ${reason}`;
  }

  /** e.g. ['snapshot 1', 'delta 2'] */
  get story(): string[] {
    return this.frames.map((frame) => JSON.parse(frame)).map((frame) => `${frame.type} ${frame.seq}`);
  }
}

const INTERVAL_MS = 250;
let env: ReturnType<typeof createVirtualEnv>;
let counts: ReturnType<typeof zeroCounts>;
let count: number;
let asked: number;
let failures: unknown[];
let broadcast: Broadcast;
let text: string;
let cause: Error | null;

beforeEach(() => {
  env = createVirtualEnv({ seed: 7 });
  counts = zeroCounts();
  count = asked = 0;
  failures = [];
  text = '';
  cause = null;
  broadcast = new Broadcast({
    env,
    readings: () => {
      asked++;
      if (cause !== null) throw cause;
      return { ...emptyState(), usage: { acme: { count: count++, text } } } as never;
    },
    intervalMs: INTERVAL_MS,
    limits: FEED_LIMITS,
    counts,
    fail: (cause) => failures.push(cause),
  });
});

describe('who watches', () => {
  test('F7: with nobody watching, nothing is asked, serialized or timed', () => {
    env.advance(60_000);

    expect(asked).toBe(0);
    expect(env.pendingTimers).toBe(0);
  });

  test('F7: when the last one leaves, the timer goes with it', () => {
    const subscriber = broadcast.join(new MemoryWire())!;
    env.advance(INTERVAL_MS);

    broadcast.leave(subscriber);
    env.advance(60_000);

    expect(env.pendingTimers).toBe(0);
    expect(asked).toBe(2);
  });

  test('each gets one snapshot, then every delta from the next number on; the readings are asked for once', () => {
    const early = new MemoryWire();
    const late = new MemoryWire();

    broadcast.join(early);
    env.advance(INTERVAL_MS);
    broadcast.join(late);
    env.advance(INTERVAL_MS);

    expect(early.story).toEqual(['snapshot 1', 'delta 2', 'delta 3']);
    expect(late.story).toEqual(['snapshot 2', 'delta 3']);
    expect(late.frames[1]).toBe(early.frames[2]);
    expect(asked).toBe(3);
    expect(counts.frames).toBe(5);
  });

  test('who comes after a pause gets what is so now, not what was so when the last one left', () => {
    broadcast.leave(broadcast.join(new MemoryWire())!);
    count = 99;
    const wire = new MemoryWire();

    broadcast.join(wire);

    expect(wire.frames[0]).toContain('"count":99');
  });

  test('readings that throw end this life, and tell the supervisor', () => {
    const wire = new MemoryWire();
    broadcast.join(wire);
    cause = new Error('no readings');

    env.advance(60_000);

    expect(failures).toEqual([cause]);
    expect(wire.story).toEqual(['snapshot 1']);
    expect(env.pendingTimers).toBe(0);
  });

  test('who comes when the readings throw gets nothing', () => {
    cause = new Error('no readings');

    expect(broadcast.join(new MemoryWire())).toBeNull();
    expect(failures).toEqual([cause]);
  });
});

describe('a slow client', () => {
  test('F3: misses deltas beyond the cap, gets one snapshot when it has drained, and costs others nothing', () => {
    const slow = new MemoryWire();
    const other = new MemoryWire();
    broadcast.join(slow);
    broadcast.join(other);
    slow.unsentBytes = FEED_LIMITS.maxUnsentBytes;

    env.advance(INTERVAL_MS * 3);
    slow.unsentBytes = 0;
    env.advance(INTERVAL_MS * 2);

    expect(slow.story).toEqual(['snapshot 1', 'snapshot 5', 'delta 6']);
    expect(other.story).toEqual(['snapshot 1', 'delta 2', 'delta 3', 'delta 4', 'delta 5', 'delta 6']);
    expect(counts.resyncs).toBe(1);
  });

  test('F3: never has more unsent than the cap, the snapshot it began with aside', () => {
    const stuck = new MemoryWire();
    stuck.stuck = true;
    broadcast.join(stuck);
    const atFirst = stuck.unsentBytes;
    text = 'x'.repeat(100_000);

    for (let tick = 0; tick < 50; tick++) {
      text += 'y';
      env.advance(INTERVAL_MS);
      expect(stuck.unsentBytes).toBeLessThanOrEqual(FEED_LIMITS.maxUnsentBytes + atFirst);
    }
    expect(stuck.frames.length).toBe(11);
  });

  test('is closed when it has not drained within stuckMs', () => {
    const slow = new MemoryWire();
    broadcast.join(slow);
    slow.unsentBytes = FEED_LIMITS.maxUnsentBytes;

    env.advance(INTERVAL_MS + FEED_LIMITS.stuckMs - 1);
    expect(slow.closed).toBeNull();
    env.advance(1);

    expect(slow.closed).toBe('1008 too slow');
    expect(counts.evicted).toBe(1);
  });
});

describe('a silent client', () => {
  test('is pinged every beat, and closed at the beat after two without an answer', () => {
    const silent = new MemoryWire();
    broadcast.join(silent);

    env.advance(FEED_LIMITS.beatMs * 3 - 1);
    expect([silent.pings, silent.closed]).toEqual([2, null]);
    env.advance(1);

    expect(silent.closed).toBe('1008 no answer to pings');
    expect(counts.evicted).toBe(1);
  });

  test('stays as long as it answers', () => {
    const wire = new MemoryWire();
    const subscriber = broadcast.join(wire)!;

    for (let beat = 1; beat <= 100; beat++) {
      env.advance(FEED_LIMITS.beatMs);
      subscriber.heard();
    }

    expect([wire.pings, wire.closed]).toEqual([100, null]);
  });

  test('may not answer more than it is asked: a flood of control frames is a violation, counted once', () => {
    const wire = new MemoryWire();
    const subscriber = broadcast.join(wire)!;

    for (let sent = 0; sent < 1_000; sent++) subscriber.heard();

    expect(wire.closed).toBe('1008 too many control frames');
    expect(counts.violations).toBe(1);
  });
});
