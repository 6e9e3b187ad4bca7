/**
 * Which features are on: decided when the level changes, or by hand; a call only reads what was decided.
 *
 * A feature's needs are made before it, so there can be no circle, and one walk in the order they were made decides all.
 */
import type { Dispatcher } from '../../core/dispatcher.ts';
import type { Env } from '../../core/env.ts';
import { describe } from '../../core/describe.ts';
import { HoldfastError, invalidOptions } from '../../core/errors.ts';
import type { Keep } from '../../core/keep.ts';
import { nullRecord } from '../../core/null-record.ts';
import { optionDifferences } from '../../core/option-differences.ts';
import type { FlagReading, Level, Section } from '../../core/readings.ts';
import { parseOptions } from '../../core/schema.ts';
import { type ReleaseOptions, releaseOptions } from '../degradation/options.ts';
import { Feature, type Hold, standingOf } from './feature.ts';
import { KeptHolds } from './kept-holds.ts';
import {
  featureName,
  type FeatureOptions,
  featureOptions,
  type HoldOptions,
  holdOptions,
  type ResolvedFeatureOptions,
} from './options.ts';
import { tellingOrder } from './telling-order.ts';

const MAX_FEATURES = 1_024;

export interface FlagsParts {
  readonly env: Pick<Env, 'now' | 'wall'>;
  readonly events: Pick<Dispatcher, 'emit' | 'together'>;
  readonly keep: Keep;
  readonly level: () => Level;
  /** What is held by hand has changed: the next of it to end may be another. Must not throw. */
  readonly onHeld: () => void;
  /** False once the runtime takes no more work: what was kept is the next process's then. */
  readonly isOpen: () => boolean;
  /** What was kept could not be read. Must not throw. */
  readonly onKeepFailed: (error: unknown) => void;
}

export class Flags {
  readonly #parts: FlagsParts;
  readonly #features = new Map<string, Feature>();
  /** By name; of a feature that an earlier process knew, also before this one has made it. */
  readonly #holds = new Map<string, Hold>();
  /** Those a hand was taken off. */
  readonly #free = new Set<string>();
  readonly #kept: KeptHolds;
  readonly #startedAt: number;

  constructor(parts: FlagsParts) {
    this.#parts = parts;
    this.#kept = new KeptHolds(parts.keep, parts.env);
    this.#startedAt = parts.env.now();
  }

  /** Take up what an earlier process kept, now and when a store that is down is back. */
  async takeUp(): Promise<void> {
    this.#parts.keep.onLate(() => void this.#read());
    await this.#read();
  }

  /** What a hand was laid on, or taken off, in the meantime is as that says. */
  async #read(): Promise<void> {
    try {
      const kept = await this.#kept.read(MAX_FEATURES, this.#parts.onKeepFailed);
      if (!this.#parts.isOpen()) return;
      for (const [name, { forMs, ...hold }] of kept) {
        if (this.#holds.has(name)) continue;
        if (this.#free.has(name)) {
          this.#kept.put(name, null);
          continue;
        }
        const untilMs = forMs === undefined ? undefined : this.#parts.env.now() + forMs;
        this.#holds.set(name, { ...hold, untilMs });
      }
      this.#parts.onHeld();
      this.#decide();
    } catch (error) {
      this.#parts.onKeepFailed(error);
    }
  }

  /**
   * Make a feature, or find it. out  whether it is on
   *
   * throws  INVALID_OPTIONS, also for a need that is not there, for other options than it was made with, and for a
   *         critical one that a lesser one would outlast · CAPACITY_EXHAUSTED beyond 1,024
   */
  make(given: string, options: FeatureOptions | undefined): boolean {
    const name = parseOptions(featureName, given, 'feature name');
    const known = this.#features.get(name);
    if (known !== undefined && options === undefined) return known.isOn;
    const path = `feature ${JSON.stringify(name)}`;
    const resolved = parseOptions(featureOptions, options ?? {}, path);
    if (known !== undefined) {
      for (const { path: below, known: was, given: is } of optionDifferences(known.options, resolved))
        throw invalidOptions(`${path}${below}`, `${describe(was)} as it was made with`, is);
      return known.isOn;
    }
    if (this.#features.size === MAX_FEATURES) throw tooMany(path);
    const feature = new Feature(name, resolved, this.#needsOf(path, name, resolved));
    this.#checkOrder(path, feature);
    this.#features.set(name, feature);
    const { isOn, reason } = standingOf(feature, this.#holds.get(name), this.#parts.level());
    Object.assign(feature, { isOn, reason });
    return isOn;
  }

  /**
   * One look into a map.
   *
   * throws  INVALID_OPTIONS for a name nobody made: a misspelt one would be off for ever
   */
  isOn(name: string): boolean {
    const feature = this.#features.get(name);
    if (feature === undefined) throw unknownFeature(name);
    return feature.isOn;
  }

  /** Whether it is on; undefined for a name nobody made. */
  peek(name: string): boolean | undefined {
    return this.#features.get(name)?.isOn;
  }

  /**
   * Hold a feature on or off by hand. out  whether it is on now: what it needs must be on, too
   *
   * throws  INVALID_OPTIONS
   */
  hold(name: string, enabled: boolean, options: HoldOptions): boolean {
    const feature = this.#features.get(name);
    if (feature === undefined) throw unknownFeature(name);
    const path = `setFlag ${JSON.stringify(name)}`;
    if (typeof enabled !== 'boolean') throw invalidOptions(path, 'true or false', enabled);
    const { by, reason, forMs } = parseOptions(holdOptions, options, path);
    const untilMs = forMs === undefined ? undefined : this.#parts.env.now() + forMs;
    this.#holds.set(name, { enabled, by, reason, untilMs });
    this.#parts.onHeld();
    this.#kept.put(name, { enabled, by, reason, ...(forMs !== undefined && { forMs }) });
    this.#parts.events.together(() => {
      this.#parts.events.emit('flag.overridden', {
        flag: name,
        enabled,
        by,
        reason,
        ...(forMs !== undefined && { forMs }),
      });
      this.#decide();
    });
    return feature.isOn;
  }

  /**
   * Let the level decide again.
   *
   * out     false when nobody held it
   * throws  INVALID_OPTIONS
   */
  release(given: string, options: ReleaseOptions): boolean {
    const name = parseOptions(featureName, given, 'feature name');
    const { by, reason } = parseOptions(releaseOptions, options, `clearFlag ${JSON.stringify(name)}`);
    if (!this.#holds.has(name)) {
      this.#setFree([name]);
      return false;
    }
    this.#letGo([name], { by, reason });
    return true;
  }

  /** When the first of what is held by hand ends; Infinity for never. */
  get nextEndMs(): number {
    let nextMs = Infinity;
    for (const { untilMs = Infinity } of this.#holds.values()) nextMs = Math.min(nextMs, untilMs);
    return nextMs;
  }

  /** Let go of what is held no longer. */
  expire(nowMs: number): void {
    const over = [...this.#holds].filter(([, { untilMs }]) => untilMs !== undefined && nowMs >= untilMs);
    if (over.length > 0)
      this.#letGo(
        over.map(([name]) => name),
        { reason: 'its time is over' },
      );
  }

  /** Follow the level. */
  follow(): void {
    this.#decide();
  }

  reading(): Section<FlagReading> {
    const section = nullRecord<FlagReading>();
    for (const [name, feature] of this.#features)
      section[name] = feature.reading(this.#holds.get(name), this.#startedAt);
    return section;
  }

  #letGo(names: readonly string[], why: { readonly by?: string; readonly reason: string }): void {
    for (const name of names) {
      this.#holds.delete(name);
      this.#kept.put(name, null);
    }
    this.#setFree(names);
    this.#parts.onHeld();
    this.#parts.events.together(() => {
      for (const flag of names) this.#parts.events.emit('flag.released', { flag, ...why });
      this.#decide();
    });
  }

  /** A hand of an earlier process on one of them may be read only later. */
  #setFree(names: readonly string[]): void {
    for (const name of names) if (this.#free.size < MAX_FEATURES) this.#free.add(name);
  }

  /** All of them, before anybody is told of one: the lesser first where they go off. */
  #decide(): void {
    const level = this.#parts.level();
    const features = [...this.#features.values()];
    const changed = new Set<Feature>();
    for (const feature of features) {
      const { isOn, reason } = standingOf(feature, this.#holds.get(feature.name), level);
      if (isOn !== feature.isOn) changed.add(feature);
      feature.isOn = isOn;
      feature.reason = reason;
    }
    if (changed.size === 0) return;
    const told = tellingOrder(features, changed).map(({ name, isOn, reason }) => ({
      flag: name,
      enabled: isOn,
      reason,
    }));
    for (const change of told) this.#parts.events.emit('flag.changed', change);
  }

  #needsOf(path: string, name: string, { needs }: ResolvedFeatureOptions): readonly Feature[] {
    return needs.map((need, at) => {
      if (need === name) throw invalidOptions(`${path}.needs.${at}`, 'another feature: none can need itself', need);
      const found = this.#features.get(need);
      if (found === undefined) throw invalidOptions(`${path}.needs.${at}`, 'a feature that was made before', need);
      return found;
    });
  }

  /** No lesser feature outlasts a critical one. */
  #checkOrder(path: string, feature: Feature): void {
    const { critical } = feature.options;
    for (const other of this.#features.values()) {
      if (other.options.critical === critical) continue;
      const [dearer, lesser] = critical ? [feature, other] : [other, feature];
      if (dearer.offFrom >= lesser.offFrom) continue;
      const expected = critical
        ? `a level at which no lesser feature is on, and ${named(other)} ${offAt(other)}`
        : `a level at which every critical feature is on still, and ${named(other)} ${offAt(other)}`;
      throw invalidOptions(`${path}.until`, expected, feature.offAt ?? 'none');
    }
  }
}

function named({ name }: Feature): string {
  return JSON.stringify(name);
}

function offAt({ offAt: level }: Feature): string {
  return level === null ? 'is never turned off' : `goes off at ${level}`;
}

function unknownFeature(name: unknown): Error {
  return invalidOptions('feature name', 'one that was made with feature()', name);
}

function tooMany(path: string): HoldfastError {
  const message = `${path}: expected at most ${MAX_FEATURES} features, received one more`;
  return new HoldfastError('CAPACITY_EXHAUSTED', message, { component: path });
}
