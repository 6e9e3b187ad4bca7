/**
 * The charts page: every actor that lives, every alert that holds, and the statechart of the one that was chosen. A
 * chunk of its own, because dagre weighs more than the page; `main` is loaded without it.
 */
import { useMemo, useRef } from 'preact/hooks';
import type { Readings } from '../live.ts';
import { More, MOST_ROWS } from '../more.tsx';
import { type Drawn, drawnOf } from './drawn.ts';
import { Drawing } from './drawing.tsx';
import { layoutOf, type Chart } from './layout.ts';
import { watch, type Watched } from './moves.ts';

export interface ChartsPageProps extends Pick<Readings, 'charts' | 'children' | 'alerts'> {
  /** The path of one of them; null for whichever comes first. */
  readonly chosen: string | null;
  readonly choose: (path: string) => void;
}

export function ChartsPage({ charts, children, alerts, chosen, choose }: ChartsPageProps) {
  const all = drawnOf({ charts, children, alerts }, chosen);
  const drawn = all.find(({ path }) => path === chosen) ?? firstOf(all);
  return (
    <main class="charts">
      <section class="panel" aria-labelledby="actors">
        <h2 id="actors">Actors</h2>
        <ul class="actors">
          {worthARow(all, drawn).map((each) => (
            <li key={each.path}>
              <button type="button" aria-pressed={each === drawn} onClick={() => choose(each.path)} title={each.path}>
                <span class="name">{each.path}</span>
                <span class={each.isCrashed ? 'at crashed' : 'at'}>{each.where}</span>
              </button>
            </li>
          ))}
        </ul>
        <More of={all.length} shown={MOST_ROWS} />
      </section>
      {drawn && <ChartPanel drawn={drawn} chart={charts[drawn.chart]!} />}
    </main>
  );
}

interface ChartPanelProps {
  readonly drawn: Drawn;
  readonly chart: Chart;
}

function ChartPanel({ drawn, chart }: ChartPanelProps) {
  const { path, at, where, isCrashed } = drawn;
  const layout = useMemo(() => layoutOf(chart), [chart]);
  const seen = useRef<Watched | null>(null);
  const { move, moves } = (seen.current = watch(seen.current, path, at[0] ?? null));
  const here = chart.edges.filter(({ from }) => at.some((each) => each === from || each.startsWith(`${from}.`)));
  return (
    <section class="panel" aria-labelledby="chart">
      <h2 id="chart">
        {drawn.chart} <span class="quiet">of {path}</span>
      </h2>
      <div class="scroll">
        <Drawing
          layout={layout}
          label={`${drawn.chart} of ${path}, ${where}`}
          at={at}
          isCrashed={isCrashed}
          move={move}
          moves={moves}
        />
      </div>
      <p class="spoken" aria-live="polite">
        {`${path}: ${where}`}
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

/** A breaker, if there is one: it is what people come for. */
function firstOf(all: readonly Drawn[]): Drawn | undefined {
  return all.find(({ chart }) => chart === 'breaker') ?? all[0];
}

/** All of them; of too many the first, and the chosen one always. */
function worthARow(all: readonly Drawn[], drawn: Drawn | undefined): readonly Drawn[] {
  return all.filter((each, row) => row < MOST_ROWS || each === drawn);
}
