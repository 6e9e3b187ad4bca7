/** What the score is made of: each component, how available it was, and why it is not well. The worst come first. */
import type { Readings } from './live.ts';
import { MOST_ROWS, More } from './more.tsx';
import { availability, score } from './words.ts';

type Component = Readings['components'][string];

export function ComponentsPanel({ components }: Pick<Readings, 'components'>) {
  const known = Object.entries(components).filter(([, { availability }]) => availability !== null);
  return (
    <section class="panel" aria-labelledby="components">
      <h2 id="components">Components</h2>
      <table>
        <thead>
          <tr>
            <th scope="col" class="stretch">
              component
            </th>
            <th scope="col">kind</th>
            <th scope="col" class="number">
              score
            </th>
            <th scope="col" class="number">
              available
            </th>
          </tr>
        </thead>
        <tbody>
          {known
            .toSorted(([, one], [, other]) => rank(one) - rank(other))
            .slice(0, MOST_ROWS)
            .map(([key, component]) => (
              <tr key={key} data-component={key}>
                <th scope="row" title={component.reason ?? component.name}>
                  {component.name}
                </th>
                <td class="quiet">{component.kind}</td>
                <td class={component.status === 'critical' ? 'number warn' : 'number'}>{score(component.score)}</td>
                <td class="number">{availability(component.availability)}</td>
              </tr>
            ))}
        </tbody>
      </table>
      <More of={known.length} shown={MOST_ROWS} />
    </section>
  );
}

/** What is left out has nothing to complain about. */
function rank({ score }: Component): number {
  return score ?? 1;
}
