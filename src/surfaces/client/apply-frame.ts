/** The state after a frame. Pure: the view it is given stays as it was, so a page may compare by identity. */
import type { Readings } from '../../index.ts';
import type { Entry, EntryName, Frame } from './read-frame.ts';

export interface FeedView {
  readonly epoch: string;
  readonly seq: number;
  readonly atMs: number;
  /** Equal to the server's readings; every section and the whole are null-prototype. */
  readonly state: Readings;
}

/** What there is to show before the first snapshot: every section, empty. */
export function emptyState(): Readings {
  return assemble([]);
}

/**
 * in      view   null before the first snapshot
 * out     null when the frame does not follow: a delta of another epoch, or not the next in sequence, or before any
 *         snapshot. The only way on from there is a new snapshot.
 */
export function applyFrame(view: FeedView | null, frame: Frame): FeedView | null {
  const { epoch, seq, atMs } = frame;
  if (frame.type === 'snapshot') return { epoch, seq, atMs, state: assemble(frame.state) };
  if (view === null || epoch !== view.epoch || seq !== view.seq + 1) return null;
  return { epoch, seq, atMs, state: amend(view.state, frame.set, frame.unset) };
}

type Tree = Record<string, Record<string, unknown>>;

/** A snapshot does not mention a section without entries. As a record, so that one forgotten here does not compile. */
const SECTIONS: Readonly<Record<keyof Readings, true>> = {
  runtime: true,
  breakers: true,
  pipelines: true,
  health: true,
  components: true,
  degradation: true,
  flags: true,
  limits: true,
  metering: true,
  usage: true,
  children: true,
  charts: true,
  engine: true,
  recoveries: true,
  providers: true,
  store: true,
  alerts: true,
  alerting: true,
  transitions: true,
  timeline: true,
  samples: true,
};

function assemble(entries: readonly Entry[]): Readings {
  const tree = bare<Record<string, unknown>>();
  for (const section of Object.keys(SECTIONS)) tree[section] = bare();
  for (const [section, key, value] of entries) (tree[section] ??= bare())[key] = value;
  return asReadings(tree);
}

/** Copies the sections it touches and shares the others. */
function amend(state: Readings, set: readonly Entry[], unset: readonly EntryName[]): Readings {
  const tree = Object.assign(bare<Record<string, unknown>>(), state);
  const touched = new Set<string>();
  const own = (section: string): Record<string, unknown> => {
    if (!touched.has(section)) tree[section] = Object.assign(bare(), tree[section]);
    touched.add(section);
    return tree[section]!;
  };
  for (const [section, key, value] of set) own(section)[key] = value;
  for (const [section, key] of unset) delete own(section)[key];
  return asReadings(tree);
}

/** Names come from an application: `__proto__` must be a key like any other. */
function bare<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

/** The entries' own shape is the server's word; both ends are of one version, or the frame's `v` would differ. */
function asReadings(tree: Tree): Readings {
  return tree as Tree & Readings;
}
