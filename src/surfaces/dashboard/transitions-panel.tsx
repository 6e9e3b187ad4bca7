/** The last transitions, the newest first; the newest is also spoken. */
import type { Readings } from './live.ts';
import { StateMark } from './state-mark.tsx';
import { moment, stateWord } from './words.ts';

const SHOWN = 12;

export function TransitionsPanel({ transitions }: Pick<Readings, 'transitions'>) {
  const newest = Object.entries(transitions).slice(-SHOWN).toReversed();
  const spoken = newest[0]?.[1];
  return (
    <section class="panel" aria-labelledby="transitions">
      <h2 id="transitions">Transitions</h2>
      <p class="spoken" aria-live="polite">
        {spoken && `${spoken.breaker} went from ${stateWord(spoken.from)} to ${stateWord(spoken.to)}`}
      </p>
      {newest.length === 0 ? (
        <p class="quiet">None yet: every breaker is as it began.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">at</th>
              <th scope="col">breaker</th>
              <th scope="col">became</th>
              <th scope="col" class="stretch">
                by rule
              </th>
            </tr>
          </thead>
          <tbody>
            {newest.map(([number, { atMs, breaker, from, to, rule }]) => (
              <tr key={number}>
                <td class="number quiet">{moment(atMs)}</td>
                <th scope="row" title={breaker}>
                  {breaker}
                </th>
                <td class={`became state-${to}`}>
                  <span class="was quiet">{stateWord(from)} → </span>
                  <StateMark state={to} /> {stateWord(to)}
                </td>
                <td class="quiet rule">{rule}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
