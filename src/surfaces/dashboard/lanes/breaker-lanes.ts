/** A lane for each breaker that changed within the strip. Pure. */
import type { Axis } from '../axis.ts';
import type { Readings } from '../live.ts';
import { isWithin, laneOf, type Lane } from './lane.ts';

const MOST = 8;

/** in  transitions   in the order of time */
export function breakerLanes(transitions: Readings['transitions'], axis: Axis): readonly Lane[] {
  return [...Map.groupBy(Object.values(transitions), ({ breaker }) => breaker)]
    .map(([subject, own]) => {
      const changes = own.map(({ atMs, to, rule }) => ({ atMs, state: to, because: rule }));
      return laneOf({ kind: 'breaker', subject }, own[0]!.from, changes, axis);
    })
    .filter((lane) => isWithin(lane, axis))
    .slice(0, MOST);
}
