/**
 * What of availability outlives the process: of each component a row that is written when it changed, and one moment,
 * written once a minute, up to which all of them hold. Between two processes there is only the wall clock, and it may
 * jump; what was between them is unknown.
 */
import type { Env } from '../../core/env.ts';
import type { Keep } from '../../core/keep.ts';
import type { ComponentKind } from '../../core/readings.ts';
import { group, parseOptions, z } from '../../core/schema.ts';
import { type Component, keyOf } from './component.ts';
import { dayBeginsAt } from './day-of-time.ts';
import { Uptime } from './uptime.ts';
import { endedAt, PHASES, shifted, type UptimePast } from './uptime-past.ts';

const EVERY_MS = 60_000;
/** A store that is down has room in memory for twice as many, and others keep what matters more. */
const MAX_KEPT = 2_048;
/** Of one tick: a row takes microseconds, and a bad day changes all of them at once. */
const ROWS_AT_ONCE = 32;
/** A clock that is slewed stays below it in a minute. */
const CLOCK_SET_MS = 1_000;
/** No component's: those have a slash. */
const SEEN = 'seen';

const LATEST = 8.64e15; // of what a Date can be
const wallMs = z.number({ error: 'milliseconds since 1970' }).min(0).max(LATEST);
const spells = z.array(z.tuple([wallMs, z.number().min(0).max(600_000)])).max(256);
const keptSeen = group({ atWallMs: wallMs });
const keptUptime = group({ sinceMs: wallMs, phase: z.enum(PHASES), phaseSinceMs: wallMs, down: spells, out: spells });

/** Where a component's uptime comes from: an earlier process, once, or it is new. */
export type UptimeOf = (kind: ComponentKind, name: string) => Uptime;

export interface KeptUptimesParts {
  readonly env: Pick<Env, 'now' | 'wall'>;
  readonly keep: Keep;
  /** Told of what nobody of ours has kept. Must not throw. */
  readonly onBad: (error: unknown) => void;
}

export class KeptUptimes {
  readonly #parts: KeptUptimesParts;
  /** Of an earlier process, by key, and not taken up yet; by our clock, and ended. */
  readonly #left = new Map<string, UptimePast>();
  /** Those of them that are written as ended. */
  readonly #ended = new Set<string>();
  /** What the store has of those that are there. By the uptime itself: a minute’s look makes no thousand strings. */
  readonly #written = new Map<Uptime, Written>();
  /** What is to be written next, by key; null forgets. */
  readonly #due = new Map<string, Uptime | UptimePast | null>();
  /** When what is due was looked through; undefined when it is written. */
  #seenWallMs: number | undefined;
  /** Among those that are left there may be some of components that were there before. */
  #isLate = false;
  #collectedAt: number;
  #toWall: number;
  #round = 0;

  constructor(parts: KeptUptimesParts) {
    this.#parts = parts;
    this.#collectedAt = parts.env.now();
    this.#toWall = parts.env.wall() - parts.env.now();
  }

  /** Read what there is, before anything is taken; of a store that was down then, later, for what is not there yet. */
  async read(): Promise<void> {
    this.#parts.keep.onLate(() => {
      this.#isLate = true;
      void this.#read();
    });
    await this.#read();
  }

  async #read(): Promise<void> {
    const { env, keep, onBad } = this.#parts;
    const all = await keep.all('uptime');
    const toOurs = env.now() - env.wall();
    const kept = all.get(SEEN);
    // The moment up to which they held is not known, or is ours by now: they would hold for as long as we were there.
    if (kept === undefined) return void Array.from(all.keys(), (key) => keep.put('uptime', key, null));
    try {
      const { atWallMs } = parseOptions(keptSeen, kept, 'kept uptimes');
      const seenMs = Math.min(atWallMs + toOurs, env.now());
      for (const [key, value] of all) if (key !== SEEN) this.#leave(key, value, toOurs, seenMs);
    } catch (error) {
      onBad(error);
    }
  }

  readonly take: UptimeOf = (kind, name) => {
    const key = keyOf({ kind, name });
    const past = this.#left.get(key);
    this.#left.delete(key);
    return past === undefined ? new Uptime() : Uptime.after(past);
  };

  /** After each look. Mostly one comparison. */
  look(components: Iterable<Component>, nowMs: number): void {
    if (this.#seenWallMs !== undefined) this.#write(this.#seenWallMs, ROWS_AT_ONCE);
    else if (nowMs - this.#collectedAt >= EVERY_MS) this.#collect(components, nowMs);
  }

  /** All there is, now: the process is about to end. */
  flush(components: Iterable<Component>, nowMs: number): void {
    this.#collect(components, nowMs);
    this.#write(this.#seenWallMs!, Infinity);
  }

  #leave(key: string, value: object, toOurs: number, seenMs: number): void {
    try {
      const past = endedAt(shifted(parseOptions(keptUptime, value, 'kept uptime'), toOurs), seenMs);
      const isOver = seenMs < dayBeginsAt(this.#parts.env.now());
      if (isOver || this.#left.size === MAX_KEPT) this.#parts.keep.put('uptime', key, null);
      else this.#left.set(key, past);
    } catch (error) {
      this.#parts.onBad(error);
      this.#parts.keep.put('uptime', key, null);
    }
  }

  #collect(components: Iterable<Component>, nowMs: number): void {
    this.#collectedAt = nowMs;
    this.#seenWallMs = Math.round(this.#parts.env.wall());
    const isClockSet = this.#followClock(nowMs);
    const round = ++this.#round;
    let count = this.#left.size;
    let found = 0;
    for (const component of components) {
      if (count++ >= MAX_KEPT) break;
      const { uptime } = component;
      if (this.#isLate) this.#left.delete(keyOf(component));
      const written = this.#written.get(uptime);
      if (written !== undefined) {
        written.round = round;
        found++;
      }
      if (isClockSet || written?.changes !== uptime.changes) this.#due.set(written?.key ?? keyOf(component), uptime);
    }
    this.#isLate = false;
    this.#endLeft(nowMs);
    if (found < this.#written.size) this.#forgetAllBut(round);
  }

  #forgetAllBut(round: number): void {
    for (const [uptime, written] of this.#written) {
      if (written.round === round) continue;
      this.#written.delete(uptime);
      if (!this.#due.has(written.key)) this.#due.set(written.key, null);
    }
  }

  /** What nobody took up yet ended with its process: the next one must not take our time for its. */
  #endLeft(nowMs: number): void {
    const dayAgoMs = dayBeginsAt(nowMs);
    for (const [key, past] of this.#left) {
      const isOver = past.phaseSinceMs < dayAgoMs;
      if (isOver) this.#left.delete(key);
      if (isOver || !this.#ended.has(key)) this.#due.set(key, isOver ? null : past);
      this.#ended.add(key);
    }
  }

  /** out  whether the wall clock was set: what was written before would be read as of another time */
  #followClock(nowMs: number): boolean {
    const before = this.#toWall;
    this.#toWall = this.#parts.env.wall() - nowMs;
    return Math.abs(this.#toWall - before) > CLOCK_SET_MS;
  }

  #write(seenWallMs: number, most: number): void {
    const { keep } = this.#parts;
    let rows = 0;
    for (const [key, due] of this.#due) {
      if (rows++ === most) return; // the moment holds for all of them, or it is not written
      this.#due.delete(key);
      const past = (due instanceof Uptime ? due : due && Uptime.after(due))?.past; // in spells of ten minutes
      keep.put('uptime', key, past === undefined ? null : shifted(past, this.#toWall));
      if (due instanceof Uptime) this.#written.set(due, { key, changes: due.changes, round: this.#round });
    }
    keep.put('uptime', SEEN, { atWallMs: seenWallMs });
    this.#seenWallMs = undefined;
  }
}

/** A row of the store. */
interface Written {
  readonly key: string;
  /** Those that are in it. */
  readonly changes: number;
  /** In which its component was there last. */
  round: number;
}
