/** The lane of the level: there while it is not full, and while the strip has a change of it. Pure. */
import type { Axis } from '../axis.ts';
import type { Readings } from '../live.ts';
import { isWithin, laneOf, type Lane } from './lane.ts';

const LEVEL = { kind: 'level', subject: '' } as const;

export function levelLane(
  { timeline, degradation }: Pick<Readings, 'timeline' | 'degradation'>,
  axis: Axis,
): readonly Lane[] {
  const changes = Object.values(timeline).filter(({ kind, was }) => kind === 'level' && was !== null);
  const now = degradation['self'];
  if (changes.length > 0) {
    const steps = changes.map(({ atMs, became, because }) => ({ atMs, state: became, because }));
    const lane = laneOf(LEVEL, changes[0]!.was, steps, axis);
    return isWithin(lane, axis) || steps.at(-1)!.state !== 'full' ? [lane] : [];
  }
  if (now === undefined || now.level === 'full') return [];
  return [laneOf(LEVEL, null, [{ atMs: now.sinceMs, state: now.level, because: now.reason }], axis)];
}
