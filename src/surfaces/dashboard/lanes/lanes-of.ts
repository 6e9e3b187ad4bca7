/** What the runtime did about trouble, as lanes below the breakers': level, features, recoveries and alerts. Pure. */
import type { Axis } from '../axis.ts';
import type { Readings } from '../live.ts';
import { alertLanes } from './alert-lanes.ts';
import { featureLanes } from './feature-lanes.ts';
import type { Lane } from './lane.ts';
import { levelLane } from './level-lane.ts';
import { recoveryLanes } from './recovery-lanes.ts';

const MOST = 12;
/** An outage has more alerts than anything else, and they must not be all there is to see. */
const MOST_ALERTS = 5;

/** The most recently changed, in the order of the story: a row keeps its place when it changes. */
export function lanesOf(
  readings: Pick<Readings, 'timeline' | 'degradation' | 'recoveries' | 'alerts'>,
  axis: Axis,
): { readonly lanes: readonly Lane[]; readonly of: number } {
  const alerts = alertLanes(readings, axis);
  const others = [...recoveryLanes(readings, axis), ...levelLane(readings, axis), ...featureLanes(readings, axis)];
  const shown = new Set(newest([...others, ...newest(alerts, MOST_ALERTS)], MOST));
  return { lanes: [...others, ...alerts].filter((lane) => shown.has(lane)), of: others.length + alerts.length };
}

function newest(lanes: readonly Lane[], most: number): readonly Lane[] {
  return lanes.toSorted((one, other) => other.changedAtMs - one.changedAtMs).slice(0, most);
}
