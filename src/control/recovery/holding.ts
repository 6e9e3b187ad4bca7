/** What rules could be about, of all that is so now. Pure. */
import type { BreakerState } from '../../core/breaker-state.ts';
import type { ComponentReading, Section } from '../../core/readings.ts';
import { complementOf } from '../health/signals.ts';
import { raisedAt } from './healer.ts';
import type { Happening } from './rules.ts';

/**
 * in   components   as of the last tick;   stateOf   of a named breaker of ours
 * shape  { 'check/disk': { kind: 'check', name: 'disk', score: 0, … } } → [{ kind: 'check', name: 'disk', how: 'is unhealthy' }]
 */
export function holdingNow(
  components: Section<ComponentReading>,
  stateOf: (name: string) => BreakerState | undefined,
): readonly Happening[] {
  return Object.values(components).flatMap(({ kind, name, score, reason }): readonly Happening[] => {
    if (kind === 'breaker') return stateOf(name) === 'open' ? [{ kind, name, how: 'is open' }] : [];
    if (kind === 'foreign') return reason === 'open' ? [{ kind, name, how: 'is open' }] : [];
    if (kind === 'check') return score === 0 ? [{ kind, name, how: 'is unhealthy' }] : [];
    if (kind !== 'signal' || score === null) return [];
    const severity = complementOf(score);
    return [{ kind, name, how: raisedAt(severity), severity }];
  });
}
