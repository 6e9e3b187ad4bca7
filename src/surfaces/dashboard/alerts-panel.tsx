/** What is wrong now, the most urgent first. Not there while nothing is: of what is over the timeline and the log tell. */
import type { Readings } from './live.ts';
import { MOST_ROWS, More } from './more.tsx';

const URGENCY: Readonly<Record<string, number>> = { critical: 0, warning: 1, info: 2 };
const TONES: Readonly<Record<string, string>> = { critical: 'bad', warning: 'warn', info: '' };

export function AlertsPanel({ alerts }: Pick<Readings, 'alerts'>) {
  const holding = Object.values(alerts)
    .filter(({ state }) => state !== 'resolved' && state !== 'pending')
    .toSorted((a, b) => URGENCY[a.severity]! - URGENCY[b.severity]! || a.sinceMs - b.sinceMs);
  if (holding.length === 0) return null;
  return (
    <section class="panel wide" aria-labelledby="alerts">
      <h2 id="alerts">Alerts</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">severity</th>
            <th scope="col">component</th>
            <th scope="col">state</th>
            <th scope="col" class="stretch">
              because
            </th>
          </tr>
        </thead>
        <tbody>
          {holding.slice(0, MOST_ROWS).map(({ alert, severity, component, state, rule, message, acknowledgedBy }) => (
            <tr key={alert}>
              <td class={TONES[severity] ?? ''}>{severity}</td>
              <th scope="row" title={component}>
                {component}
              </th>
              <td title={acknowledgedBy ?? undefined}>{state}</td>
              <td class="quiet rule" title={rule}>
                {message}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <More of={holding.length} shown={MOST_ROWS} />
    </section>
  );
}
