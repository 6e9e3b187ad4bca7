/** One feature: whether it is on, why, and at which level it goes off. Only the flags write it. */
import { LEVELS, rankOf } from '../../core/levels.ts';
import type { FlagReading, Level } from '../../core/readings.ts';
import type { ResolvedFeatureOptions } from './options.ts';

/** Of a feature that no level turns off. */
const NEVER = LEVELS.length;

export interface Hold {
  readonly enabled: boolean;
  readonly by: string;
  readonly reason: string;
  /** By `env.now()`; undefined for one without an end. */
  readonly untilMs: number | undefined;
}

export class Feature {
  readonly name: string;
  readonly options: ResolvedFeatureOptions;
  readonly needs: readonly Feature[];
  /** The rank of the level at which it goes off, its needs considered. */
  readonly offFrom: number;
  isOn = true;
  reason = 'no level turns it off';

  constructor(name: string, options: ResolvedFeatureOptions, needs: readonly Feature[]) {
    this.name = name;
    this.options = options;
    this.needs = needs;
    const own = options.until === undefined ? NEVER : rankOf(options.until);
    this.offFrom = Math.min(own, ...needs.map(({ offFrom }) => offFrom));
  }

  /** The level at which it goes off; null for one that no level turns off. */
  get offAt(): Level | null {
    return LEVELS[this.offFrom] ?? null;
  }

  reading(hold: Hold | undefined, startedAtMs: number): FlagReading {
    const { isOn, reason, options, needs } = this;
    return {
      enabled: isOn,
      reason,
      until: options.until ?? null,
      critical: options.critical,
      needs: needs.map(({ name }) => name),
      override: hold ? { ...hold, untilMs: hold.untilMs === undefined ? null : hold.untilMs - startedAtMs } : null,
    };
  }
}

export interface Standing {
  readonly isOn: boolean;
  readonly reason: string;
}

/**
 * Whether a feature is on, when all it needs has been decided. Pure.
 *
 * What it needs comes first: nobody can will a feature to work without. Then the hand, then the level.
 */
export function standingOf({ needs, offFrom }: Feature, hold: Hold | undefined, level: Level): Standing {
  const missing = needs.find(({ isOn }) => !isOn);
  if (missing !== undefined) return { isOn: false, reason: `needs ${JSON.stringify(missing.name)}, which is off` };
  if (hold !== undefined) return { isOn: hold.enabled, reason: `${hold.by}: ${hold.reason}` };
  const isOn = rankOf(level) < offFrom;
  return { isOn, reason: offFrom === NEVER ? 'no level turns it off' : `the level is ${level}` };
}
