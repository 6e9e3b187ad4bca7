/** A lane for each service that is being recovered, or was within the strip. Pure. */
import type { Axis } from '../axis.ts';
import type { Readings } from '../live.ts';
import { isWithin, laneOf, type Change, type Lane } from './lane.ts';

type Recovery = Readings['recoveries'][string];

const UNDER_WAY: ReadonlySet<string> = new Set<Recovery['state']>(['scheduled', 'inProgress', 'awaitingManual']);

export function recoveryLanes(
  { timeline, recoveries }: Pick<Readings, 'timeline' | 'recoveries'>,
  axis: Axis,
): readonly Lane[] {
  const told = Map.groupBy(
    Object.values(timeline).filter(({ kind }) => kind === 'recovery'),
    ({ subject }) => subject,
  );
  const services = new Set([...told.keys(), ...Object.keys(recoveries)]);
  return [...services].flatMap((subject) => {
    const own = (told.get(subject) ?? []).flatMap(({ atMs, became, because }): Change[] => {
      const state = stateAfter(became);
      return state === null ? [] : [{ atMs, state, because: because === null ? became : `${became}, ${because}` }];
    });
    const now = recoveries[subject];
    const isUnderWay = now !== undefined && UNDER_WAY.has(now.state);
    const changes = isUnderWay ? withNow(own, now) : own;
    if (changes.length === 0) return [];
    const lane = laneOf({ kind: 'recovery', subject }, null, changes, axis);
    return isUnderWay || isWithin(lane, axis) ? [lane] : [];
  });
}

/** What it waits for after a failed attempt is the next one. Null for what leaves it as it is. */
function stateAfter(became: string): string | null {
  if (became.startsWith('attempt ')) return became.endsWith('failed') ? 'scheduled' : null;
  return became === 'escalated' || became === 'restored' ? null : became;
}

/** It may be older than the timeline, and nobody tells when an attempt begins, or a person approves it. */
function withNow(changes: readonly Change[], { state, scheduledAtMs, reason }: Recovery): readonly Change[] {
  const last = changes.at(-1);
  if (last === undefined) return [{ atMs: scheduledAtMs, state, because: reason }];
  return [...changes.slice(0, -1), { ...last, state }];
}
