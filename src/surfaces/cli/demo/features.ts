/**
 * What the demo's shop does without when it is not well. Reviews are what it can spare: while the feature is off they
 * are not even asked for.
 */
import type { Runtime, RuntimeOptions } from '../../../index.ts';

/** Of five breakers, two that lean on the mortal upstream open: that is 0.6. A dwell as short as the demo. */
export const DEGRADATION: RuntimeOptions['degradation'] = {
  score: { worsen: [0.75, 0.4, 0.2], improve: [0.85, 0.5, 0.3] },
  loopDelayMs: false, // a demo shares its machine with browsers and builds
  heapRatio: false,
  worsenDwellMs: 1_000,
  improveDwellMs: 2_000,
};

export interface Shop {
  /** Whether the shop shows reviews now. */
  readonly showsReviews: boolean;
}

export function openShop({ degradation }: Runtime): Shop {
  degradation.feature('search', { until: 'minimal' });
  degradation.feature('reviews', { until: 'reduced', needs: ['search'] });
  degradation.feature('checkout', { critical: true });
  degradation.limit('tokensPerMinute', { full: 100_000, reduced: 20_000, minimal: 5_000, emergency: 0 });
  return {
    get showsReviews() {
      return degradation.isEnabled('reviews');
    },
  };
}
