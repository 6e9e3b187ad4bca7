/** The page: a head and its panels. Every panel takes plain readings; only this file reads signals. */
import { AlertsPanel } from './alerts-panel.tsx';
import { BreakersPanel } from './breakers-panel.tsx';
import { ChildrenPanel } from './children-panel.tsx';
import { LazyCharts } from './charts/lazy-charts.tsx';
import { ComponentsPanel } from './components-panel.tsx';
import { FeaturesPanel } from './features-panel.tsx';
import { Head } from './head.tsx';
import { HistoryPanel } from './history-panel.tsx';
import type { Connection, Live, Readings } from './live.ts';
import { OutcomesPanel } from './outcomes-panel.tsx';
import { RecoveriesPanel } from './recoveries-panel.tsx';
import { TimelinePanel } from './timeline-panel.tsx';
import { UsagePanel } from './usage-panel.tsx';
import { Views } from './views.tsx';

export function Page({ readings, connection, wallMs, pointed, view, chosen }: Live) {
  const shown = readings.value;
  if (shown === null) return <Waiting connection={connection.value} />;
  return (
    <div class={connection.value === 'live' ? '' : 'stale'}>
      <Head readings={shown} connection={connection.value} wallMs={wallMs.value} />
      <Views view={view} />
      {view.value === 'overview' ? (
        <Overview readings={shown} pointed={pointed} />
      ) : (
        <LazyCharts
          charts={shown.charts}
          children={shown.children}
          alerts={shown.alerts}
          chosen={chosen.value}
          choose={(path) => void (chosen.value = path)}
        />
      )}
    </div>
  );
}

function Overview({ readings, pointed }: { readonly readings: Readings; readonly pointed: Live['pointed'] }) {
  return (
    <main>
      <HistoryPanel readings={readings} pointed={pointed} />
      <AlertsPanel alerts={readings.alerts} />
      <BreakersPanel breakers={readings.breakers} transitions={readings.transitions} />
      <ComponentsPanel components={readings.components} />
      <OutcomesPanel pipelines={readings.pipelines} />
      <FeaturesPanel flags={readings.flags} limits={readings.limits} />
      <UsagePanel usage={readings.usage} metering={readings.metering} />
      <RecoveriesPanel recoveries={readings.recoveries} providers={readings.providers} />
      <TimelinePanel timeline={readings.timeline} />
      <ChildrenPanel children={readings.children} />
    </main>
  );
}

/** A refusal can't be told from silence: browsers hide why a socket failed. */
const WAITING: Readonly<Record<Connection, string>> = {
  connecting: 'Connecting to the runtime …',
  live: 'Connected; waiting for the first reading …',
  waiting: 'No runtime answers to this page’s key. Trying again; one that was started anew prints a new address.',
  closed: 'The connection is closed. Reload the page to open it again.',
  keyless: 'This address has no key. Open the one the runtime printed when it started: it ends in #token=…',
};

function Waiting({ connection }: { readonly connection: Connection }) {
  return (
    <p class="waiting" role="status">
      {WAITING[connection]}
    </p>
  );
}
