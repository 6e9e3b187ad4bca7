/** A lane for each component that somebody should have looked at within the strip: its worst alert at each time. Pure. */
import { placeOn, type Axis } from '../axis.ts';
import type { Readings } from '../live.ts';
import { laneOf, type Change, type Lane } from './lane.ts';

/** One that has fired, and since when. */
type Alert = Readings['alerts'][string] & { readonly raisedAtMs: number };

export function alertLanes({ alerts }: Pick<Readings, 'alerts'>, axis: Axis): readonly Lane[] {
  const fired = Object.values(alerts)
    .filter((alert): alert is Alert => alert.raisedAtMs !== null && alert.severity !== 'info')
    .filter(({ resolvedAtMs }) => resolvedAtMs === null || placeOn(axis, resolvedAtMs) >= 0);
  return [...Map.groupBy(fired, ({ component }) => component)].map(([subject, own]) =>
    laneOf({ kind: 'alert', subject }, null, changesOf(own), axis),
  );
}

/** Whenever one begins or ends, what fires then. */
function changesOf(alerts: readonly Alert[]): readonly Change[] {
  const times = new Set(alerts.flatMap(({ raisedAtMs, resolvedAtMs }) => [raisedAtMs, resolvedAtMs ?? raisedAtMs]));
  return [...times]
    .toSorted((a, b) => a - b)
    .map((atMs) => {
      const firing = alerts.filter(
        ({ raisedAtMs, resolvedAtMs }) => raisedAtMs <= atMs && (resolvedAtMs === null || resolvedAtMs > atMs),
      );
      const worst = firing.find(({ severity }) => severity === 'critical') ?? firing[0];
      return { atMs, state: worst?.severity ?? null, because: firing.map(({ rule }) => rule).join(', ') };
    });
}
