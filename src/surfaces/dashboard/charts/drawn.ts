/** What can be drawn: the actors of the tree, and alerts, which move along a chart without an actor. Pure. */
import type { Readings } from '../live.ts';
import { stateWord } from '../words.ts';

export interface Drawn {
  /** An actor's path, or `alert` with its id. */
  readonly path: string;
  /** The chart's name. */
  readonly chart: string;
  /** The innermost states it is in. */
  readonly at: readonly string[];
  /** Where it is, in a word. */
  readonly where: string;
  /** It has crashed, and waits for its next life. */
  readonly isCrashed: boolean;
}

/** in  chosen   a path: an alert that holds no longer is left out, unless it is looked at */
export function drawnOf(readings: Pick<Readings, 'charts' | 'children' | 'alerts'>, chosen: string | null): Drawn[] {
  const actors = Object.entries(readings.children).flatMap(([path, { chart, at, state }]) => {
    const isCrashed = state === 'backoff';
    const where = at.length === 0 ? state : at.map(stateWord).join(', ');
    return chart === null ? [] : [{ path, chart, at, where: isCrashed ? 'crashed' : where, isCrashed }];
  });
  const alerts = Object.values(readings.alerts).map(({ alert, rule, component, state }) => ({
    path: `alert ${alert}: ${rule} of ${component}`,
    chart: 'alert',
    at: [state],
    where: stateWord(state),
    isCrashed: false,
  }));
  const shown = alerts.filter(({ path, at }) => path === chosen || at[0] !== 'resolved');
  return [...actors, ...shown].filter(({ chart }) => readings.charts[chart] !== undefined);
}
