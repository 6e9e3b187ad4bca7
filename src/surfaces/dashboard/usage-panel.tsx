/** What each tenant used, and where the records of it are: committed, on their way, or lost. */
import type { Readings } from './live.ts';
import { MOST_ROWS, More } from './more.tsx';
import { count, milliseconds } from './words.ts';

export function UsagePanel({ usage, metering }: Pick<Readings, 'usage' | 'metering'>) {
  const totals = metering['total'];
  const tenants = Object.entries(usage);
  return (
    <section class="panel" aria-labelledby="metering">
      <h2 id="metering">Metering</h2>
      <table>
        <thead>
          <tr>
            <th scope="col" class="stretch">
              tenant
            </th>
            <th scope="col" class="number">
              calls
            </th>
            <th scope="col" class="number">
              tokens
            </th>
            <th scope="col" class="number">
              mean latency
            </th>
          </tr>
        </thead>
        <tbody>
          {tenants.slice(0, MOST_ROWS).map(([tenant, { count: calls, tokens, latencyMeanMs }]) => (
            <tr key={tenant}>
              <th scope="row" title={tenant}>
                {tenant}
              </th>
              <td class="number">{count(calls)}</td>
              <td class="number">{count(tokens)}</td>
              <td class="number">{milliseconds(latencyMeanMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More of={tenants.length} shown={MOST_ROWS} />
      {totals && (
        <p class="quiet sum">
          {count(totals.recorded)} recorded = {count(totals.flushed)} committed + {count(totals.pending)} pending +{' '}
          <span class={totals.dropped > 0 ? 'warn' : ''}>{count(totals.dropped)} dropped</span>
          {totals.overflow > 0 && <span class="warn"> · {count(totals.overflow)} charged to __other</span>}
        </p>
      )}
      {Object.entries(totals?.sinks ?? {}).map(([sink, { backlog, delivered, error }]) => (
        <p key={sink} class="quiet sum">
          sink {sink}: {count(delivered)} batches delivered,{' '}
          <span class={error === null ? '' : 'warn'} title={error ?? undefined}>
            {count(backlog)} waiting
          </span>
        </p>
      ))}
    </section>
  );
}
