/** A lane for each feature that went off or on within the strip. Pure. */
import type { Axis } from '../axis.ts';
import type { Readings } from '../live.ts';
import { isWithin, laneOf, type Lane } from './lane.ts';

export function featureLanes({ timeline }: Pick<Readings, 'timeline'>, axis: Axis): readonly Lane[] {
  const changes = Object.values(timeline).filter(({ kind, was }) => kind === 'feature' && was !== null);
  return [...Map.groupBy(changes, ({ subject }) => subject)]
    .map(([subject, own]) => {
      const steps = own.map(({ atMs, became, because }) => ({ atMs, state: became, because }));
      return laneOf({ kind: 'feature', subject }, own[0]!.was, steps, axis);
    })
    .filter((lane) => isWithin(lane, axis));
}
