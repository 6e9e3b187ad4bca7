/**
 * The charts page: every actor that lives, and the statechart of the one that was chosen. A chunk of its own, because
 * dagre weighs more than the page; `main` is loaded without it.
 */
import { useMemo, useRef } from 'preact/hooks';
import type { Readings } from '../live.ts';
import { More, MOST_ROWS } from '../more.tsx';
import { stateWord } from '../words.ts';
import { Drawing } from './drawing.tsx';
import { layoutOf, type Chart } from './layout.ts';
import { watch, type Watched } from './moves.ts';

type Child = Readings['children'][string];

export interface ChartsPageProps extends Pick<Readings, 'charts' | 'children'> {
  /** The path of an actor; null for whichever comes first. */
  readonly chosen: string | null;
  readonly choose: (path: string) => void;
}

export function ChartsPage({ charts, children, chosen, choose }: ChartsPageProps) {
  const actors = Object.entries(children).filter(([, { chart }]) => chart !== null && charts[chart] !== undefined);
  const path = chosen !== null && children[chosen] !== undefined ? chosen : firstOf(actors);
  const child = path === null ? undefined : children[path];
  const chart = charts[child?.chart ?? ''];
  return (
    <main class="charts">
      <section class="panel" aria-labelledby="actors">
        <h2 id="actors">Actors</h2>
        <ul class="actors">
          {worthARow(actors, path).map(([each, actor]) => (
            <li key={each}>
              <button type="button" aria-pressed={each === path} onClick={() => choose(each)} title={each}>
                <span class="name">{each}</span>
                <span class={isCrashed(actor) ? 'at crashed' : 'at'}>{whereIs(actor)}</span>
              </button>
            </li>
          ))}
        </ul>
        <More of={actors.length} shown={MOST_ROWS} />
      </section>
      {path !== null && child && chart && <ChartPanel path={path} child={child} chart={chart} />}
    </main>
  );
}

interface ChartPanelProps {
  readonly path: string;
  readonly child: Child;
  readonly chart: Chart;
}

function ChartPanel({ path, child, chart }: ChartPanelProps) {
  const layout = useMemo(() => layoutOf(chart), [chart]);
  const seen = useRef<Watched | null>(null);
  const { move, moves } = (seen.current = watch(seen.current, path, child.at[0] ?? null));
  const here = chart.edges.filter(({ from }) => child.at.some((at) => at === from || at.startsWith(`${from}.`)));
  return (
    <section class="panel" aria-labelledby="chart">
      <h2 id="chart">
        {child.chart} <span class="quiet">of {path}</span>
      </h2>
      <div class="scroll">
        <Drawing
          layout={layout}
          label={`${child.chart} of ${path}, ${whereIs(child)}`}
          at={child.at}
          isCrashed={isCrashed(child)}
          move={move}
          moves={moves}
        />
      </div>
      <p class="spoken" aria-live="polite">
        {`${path}: ${whereIs(child)}`}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">on</th>
            <th scope="col">goes to</th>
            <th scope="col" class="stretch">
              and does
            </th>
          </tr>
        </thead>
        <tbody>
          {here.map(({ event, guard, to, actions }) => (
            <tr key={`${event} ${guard} ${to}`}>
              <th scope="row">{guard === null ? event : `${event} if ${guard}`}</th>
              <td>{to}</td>
              <td class="quiet">{actions.join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** An actor in backoff has crashed and waits for its next life. */
function isCrashed({ state }: Child): boolean {
  return state === 'backoff';
}

function whereIs(child: Child): string {
  if (isCrashed(child)) return 'crashed';
  return child.at.length === 0 ? child.state : child.at.map(stateWord).join(', ');
}

/** A breaker, if there is one: it is what people come for. */
function firstOf(actors: readonly [string, Child][]): string | null {
  const first = actors.find(([, { chart }]) => chart === 'breaker') ?? actors[0];
  return first === undefined ? null : first[0];
}

/** All of them; of too many the first, and the chosen one always. */
function worthARow(actors: readonly [string, Child][], path: string | null): readonly [string, Child][] {
  return actors.filter(([each], row) => row < MOST_ROWS || each === path);
}
