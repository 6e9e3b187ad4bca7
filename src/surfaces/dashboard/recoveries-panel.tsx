/** What is being recovered, and to whom calls go. Not there while there is nothing to recover. */
import type { Readings } from './live.ts';
import { MOST_ROWS, More } from './more.tsx';

/** States somebody should look at. */
const TONES: Readonly<Record<string, string>> = { awaitingManual: 'warn', failed: 'warn' };

export function RecoveriesPanel({ recoveries, providers }: Pick<Readings, 'recoveries' | 'providers'>) {
  const tasks = Object.entries(recoveries);
  const components = Object.entries(providers);
  if (tasks.length + components.length === 0) return null;
  return (
    <section class="panel wide" aria-labelledby="recoveries">
      <h2 id="recoveries">Recoveries</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">service</th>
            <th scope="col">state</th>
            <th scope="col" class="number">
              attempts
            </th>
            <th scope="col" class="stretch">
              because
            </th>
          </tr>
        </thead>
        <tbody>
          {tasks.slice(0, MOST_ROWS).map(([service, { state, attempts, reason, lastError }]) => (
            <tr key={service}>
              <th scope="row" title={service}>
                {service}
              </th>
              <td class={TONES[state] ?? ''}>{state}</td>
              <td class="number">{attempts}</td>
              <td class="quiet rule" title={lastError ?? reason}>
                {lastError ?? reason}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <More of={tasks.length} shown={MOST_ROWS} />
      {components.slice(0, MOST_ROWS).map(([component, { current, order }]) => (
        <p key={component} class="quiet sum">
          {component} → <span class={current === order[0] ? '' : 'warn'}>{current}</span>
        </p>
      ))}
    </section>
  );
}
