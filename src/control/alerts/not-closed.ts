/**
 * The breakers that are not closed, ours and those of other libraries, as `open-time.ts` looks at them.
 *
 * One of ours is idle past its deadline, and half-open while no probe is under way. Another library's says no deadline:
 * it is idle only where it says that it is half-open; one that cannot be asked goes on as it was.
 */
import { eachOf } from '../../core/each-of.ts';
import type { BreakerGlance, ComponentReading, Section } from '../../core/readings.ts';
import type { NotClosed } from './open-time.ts';

export function notClosed(
  breakers: Section<BreakerGlance>,
  components: Section<ComponentReading>,
): readonly NotClosed[] {
  const all: NotClosed[] = [];
  eachOf(breakers, (breaker, name) => {
    const { state, stateSinceMs } = breaker;
    if (state === 'open' || state === 'halfOpen' || state === 'forcedOpen')
      all.push({ component: `breaker/${name}`, isIdle: isIdle(breaker), stateSinceMs });
  });
  eachOf(components, ({ kind, score, reason }, component) => {
    if (kind === 'foreign' && score !== null && score < 1) all.push({ component, isIdle: reason === 'halfOpen' });
  });
  return all;
}

function isIdle({ state, retryAfterMs, isProbing }: BreakerGlance): boolean {
  return state === 'halfOpen' ? !isProbing : state === 'open' && retryAfterMs === 0;
}
