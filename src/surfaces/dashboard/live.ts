/** The door to @preact/signals: what the page shows, as signals. Filled from the feed. */
import { signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { connectFeed, type FeedClient, type FeedStatus } from '../client/connect-feed.ts';

export type Readings = FeedClient['state'];

/** The client's phase, or that there is no key to connect with. */
export type Connection = FeedStatus['phase'] | 'keyless';

export type View = 'overview' | 'charts';

export interface Live {
  /** Null until the first snapshot. A new value for each change. */
  readonly readings: ReadonlySignal<Readings | null>;
  readonly connection: ReadonlySignal<Connection>;
  /** The wall clock in milliseconds, once a second: for what grows by itself. */
  readonly wallMs: ReadonlySignal<number>;
  // What follows the page itself writes.
  /** Where the history strip is pointed at, 0…1; null when it is not. */
  readonly pointed: Signal<number | null>;
  readonly view: Signal<View>;
  /** The path of the actor whose chart is shown; null until one was chosen. */
  readonly chosen: Signal<string | null>;
}

/** in  url   of the feed's server;   token   null: the page says how to come by one */
export function live(url: string, token: string | null): Live {
  const readings = signal<Readings | null>(null);
  const connection = signal<Connection>(token === null ? 'keyless' : 'connecting');
  const wallMs = signal(Date.now());
  setInterval(() => (wallMs.value = Date.now()), 1_000);
  if (token !== null) {
    connectFeed({
      url,
      token,
      onChange: (state) => (readings.value = state),
      onStatus: ({ phase }) => (connection.value = phase),
    });
  }
  return {
    readings,
    connection,
    wallMs,
    pointed: signal<number | null>(null),
    view: signal<View>('overview'),
    chosen: signal<string | null>(null),
  };
}
