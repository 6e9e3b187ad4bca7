/** The tree's five groups, top to bottom: what stands below depends on what stands above. Every number is here. */
import type { Backoff } from './supervisor/backoff.ts';
import type { Flags } from './supervisor/flags.ts';

/** Long enough not to spin on a broken disk, short enough that nobody waits for a part that is well again. */
const BACKOFF: Backoff = { minMs: 50, maxMs: 5_000, factor: 2, jitter: 0.2 };

/** A group gives up only when several children fail together: one alone is slowed by its backoff before it gets there. */
export const ROOT = { id: 'root', strategy: 'restForOne', intensity: 5, periodMs: 60_000, backoff: BACKOFF } as const;

export const GROUPS = {
  /** The breakers' actors only follow their slots: one bad callback may end thousands, and calls go on meanwhile. */
  core: { strategy: 'oneForOne', intensity: 1_000, periodMs: 10_000, backoff: BACKOFF },
  /** Down is degraded, never the end: pipelines decide without a store. */
  store: { strategy: 'oneForOne', intensity: Infinity, backoff: BACKOFF },
  /** As the store: what the workers would compute, the thread computes. */
  compute: { strategy: 'oneForOne', intensity: Infinity, backoff: BACKOFF },
  control: { strategy: 'oneForOne', intensity: 10, periodMs: 10_000, backoff: BACKOFF },
  /** What the application hangs in may be broken for ever; that is slowed down, never the end of ours. */
  surfaces: { strategy: 'oneForOne', intensity: Infinity, backoff: BACKOFF },
} as const satisfies Readonly<Record<string, Partial<Flags>>>;

export type GroupName = keyof typeof GROUPS;
export const GROUP_NAMES: readonly GroupName[] = ['core', 'store', 'compute', 'control', 'surfaces'];
