/** What an application may do with the level: read it, hold it, and hang features, limits and advice on it. */
import type { Advice, Availability } from './control/degradation/advice.ts';
import type { OverrideOptions, ReleaseOptions } from './control/degradation/options.ts';
import type { FeatureOptions, HoldOptions } from './control/flags/options.ts';
import type { Listener } from './core/events.ts';
import type { GivenByLevel } from './core/levels.ts';
import type { DegradationReading, Level } from './core/readings.ts';

export interface RuntimeDegradation {
  readonly level: Level;
  reading(): DegradationReading;
  /** Hear every change of the level, from when it is in force. Returns the function that ends it. */
  on(type: 'change', listener: Listener<'degradation.changed'>): () => void;
  /**
   * Hold a level by hand, whatever is measured, at once and for so long; it takes the place of an earlier hold.
   *
   * throws  INVALID_OPTIONS · STOPPED
   */
  override(level: Level, options: OverrideOptions): void;
  /**
   * Let what is measured drive the level again, a step at a time from where it is. out  false when nobody held it
   *
   * throws  INVALID_OPTIONS · STOPPED: what is held when the runtime stops is kept, and ends in the next process
   */
  release(options: ReleaseOptions): boolean;
  /**
   * Make a feature, or find it. out  whether it is on
   *
   *   runtime.degradation.feature('recommendations', { until: 'reduced', needs: ['search'] });
   *
   * in      until   the level at which it goes off
   * throws  INVALID_OPTIONS, also for a need that was not made before it, for other options than it was made with, and
   *         for a critical feature that a lesser one would outlast · CAPACITY_EXHAUSTED beyond 1,024 · STOPPED
   */
  feature(name: string, options?: FeatureOptions): boolean;
  /** One look into a map. throws  INVALID_OPTIONS for a name nobody made: a misspelt one would be off for ever */
  isEnabled(name: string): boolean;
  /**
   * Hold a feature on or off by hand, for so long or until it is cleared. out  whether it is on now: also a feature that
   * is held on is off while one that it needs is off
   *
   * throws  INVALID_OPTIONS · STOPPED
   */
  setFlag(name: string, enabled: boolean, options: HoldOptions): boolean;
  /** Let the level decide again. out  false when nobody held it. throws  INVALID_OPTIONS · STOPPED, as `release` */
  clearFlag(name: string, options: ReleaseOptions): boolean;
  /**
   * How much may be done at the level in force; a level that is left out is as the next better one. With values it is
   * made, without them it is read, which is one look into a map.
   *
   *   runtime.degradation.limit('tokensPerMinute', { full: 100_000, reduced: 20_000 });
   *   runtime.degradation.limit('tokensPerMinute') → 100_000
   *
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED beyond 1,024 · STOPPED
   */
  limit(name: string, values?: GivenByLevel<number>): number;
  /**
   * Hear what became of a feature or limit, or of all with `*`, and why. Returns the function that ends it.
   *
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED
   */
  subscribe(name: string, listener: Listener<'flag.changed' | 'limit.changed'>): () => void;
  /**
   * What to make of all this before touching a component: a breaker, a health check or a feature of that name. Of one
   * that nobody knows only the level is known.
   *
   * throws  INVALID_OPTIONS for what is no name: an agent that lost it should not be told to proceed
   */
  advise(component: string): Advice;
  availability(component: string): Availability;
}
