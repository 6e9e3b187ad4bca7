/** What the level, or a person, turned off or down: features and limits. Not there where the application has none. */
import type { Readings } from './live.ts';
import { MOST_ROWS, More } from './more.tsx';
import { count } from './words.ts';

export function FeaturesPanel({ flags, limits }: Pick<Readings, 'flags' | 'limits'>) {
  const features = Object.entries(flags);
  const numbers = Object.entries(limits);
  if (features.length + numbers.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="features">
      <h2 id="features">Features and limits</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">feature or limit</th>
            <th scope="col">now</th>
            <th scope="col" class="stretch">
              because
            </th>
          </tr>
        </thead>
        <tbody>
          {features.slice(0, MOST_ROWS).map(([name, { enabled, reason }]) => (
            <tr key={`feature ${name}`}>
              <th scope="row" title={name}>
                {name}
              </th>
              <td class={enabled ? '' : 'warn'}>{enabled ? 'on' : 'off'}</td>
              <td class="quiet rule">{reason}</td>
            </tr>
          ))}
          {numbers.slice(0, MOST_ROWS).map(([name, { value, byLevel }]) => (
            <tr key={`limit ${name}`}>
              <th scope="row" title={name}>
                {name}
              </th>
              <td class={value === byLevel.full ? 'number' : 'number warn'}>{count(value)}</td>
              <td class="quiet rule">
                {value === byLevel.full ? '' : `${count(byLevel.full)} when the level is full`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <More of={Math.max(features.length, numbers.length)} shown={MOST_ROWS} />
    </section>
  );
}
