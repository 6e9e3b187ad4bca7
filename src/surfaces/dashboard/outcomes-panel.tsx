/** How the calls of each pipeline ended: seven outcomes, as one bar and as numbers. */
import type { Readings } from './live.ts';
import { MOST_ROWS, More } from './more.tsx';
import { OUTCOMES, shares, total } from './outcomes.ts';
import { count } from './words.ts';

export function OutcomesPanel({ pipelines }: Pick<Readings, 'pipelines'>) {
  const all = Object.entries(pipelines);
  return (
    <section class="panel" aria-labelledby="outcomes">
      <h2 id="outcomes">Outcomes</h2>
      <Legend />
      <table>
        <thead>
          <tr>
            <th scope="col">pipeline</th>
            <th scope="col" class="stretch">
              how its calls ended
            </th>
            <th scope="col" class="number">
              calls
            </th>
            <th scope="col" class="number">
              in flight
            </th>
          </tr>
        </thead>
        <tbody>
          {all.slice(0, MOST_ROWS).map(([name, pipeline]) => (
            <tr key={name}>
              <th scope="row" title={name}>
                {name}
              </th>
              <td>
                <OutcomeBar outcomes={pipeline.outcomes} />
              </td>
              <td class="number">{count(pipeline.calls)}</td>
              <td class="number">{count(pipeline.inFlight)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More of={all.length} shown={MOST_ROWS} />
    </section>
  );
}

function Legend() {
  return (
    <ul class="legend">
      {OUTCOMES.map((outcome) => (
        <li key={outcome} class={`swatch outcome-${outcome}`}>
          {outcome}
        </li>
      ))}
    </ul>
  );
}

function OutcomeBar({ outcomes }: { readonly outcomes: Readings['pipelines'][string]['outcomes'] }) {
  if (total(outcomes) === 0) return <div class="stack empty" />;
  const parts = shares(outcomes);
  const words = parts.map(({ outcome, count: calls }) => `${count(calls)} ${outcome}`).join(', ');
  return (
    <div class="stack" role="img" aria-label={words} title={words}>
      {parts.map(({ outcome, share }) => (
        <span key={outcome} class={`outcome-${outcome}`} style={{ flexGrow: share }} />
      ))}
    </div>
  );
}
