/** The level's keeper in a real tree on a virtual clock; one sensor, the depth of a queue, is what the test says. */
import { startTree, type Tree } from '../../actors/root.ts';
import { Degradation } from '../../src/control/degradation/degradation.ts';
import { degradationOptions } from '../../src/control/degradation/options.ts';
import { Sensors } from '../../src/control/degradation/sensors.ts';
import { Signals } from '../../src/control/health/signals.ts';
import { Uptime } from '../../src/control/health/uptime.ts';
import { Dispatcher } from '../../src/core/dispatcher.ts';
import type { HoldfastEvent } from '../../src/core/events.ts';
import type { Keep } from '../../src/core/keep.ts';
import { parseOptions, type z } from '../../src/core/schema.ts';
import { createVirtualEnv, type VirtualEnv } from '../../src/testing/virtual-env.ts';

export interface DegradationRig {
  readonly env: VirtualEnv;
  readonly tree: Tree;
  readonly degradation: Degradation;
  readonly events: HoldfastEvent[];
  /** E.g. `3000 full → reduced`. */
  readonly changes: string[];
  readonly failures: string[];
  /** What the sensor says from now on: a number, or an error it throws. */
  load: number | Error;
  isOpen: boolean;
  /** What whoever hears of a hand does. */
  onOverridden: (event: HoldfastEvent<'degradation.overridden'>) => void;
  /** Let something hurt; 0 ends it. */
  signal(severity?: number, options?: { readonly signal?: string; readonly ttlMs?: number }): void;
}

/** Worse beyond 100, 200 and 300; better from half of that down. A change is refused for so long after another. */
export const DWELL = { worsenDwellMs: 3_000, improveDwellMs: 5_000 };
export const BOUNDS: { worsen: [number, number, number]; improve: [number, number, number] } = {
  worsen: [100, 200, 300],
  improve: [50, 100, 150],
};
export const HOT = 1_000;

export function degradationRig(
  options: z.input<typeof degradationOptions> = {},
  keep: Keep = { put: () => {}, all: async () => new Map(), onLate: () => {} },
): DegradationRig {
  const env = createVirtualEnv({ seed: 1 });
  const dispatcher = new Dispatcher(env, 'hash');
  const tree = startTree({ env, events: dispatcher, onFatal: () => {} });
  const resolved = parseOptions(
    degradationOptions,
    { score: false, loopDelayMs: false, heapRatio: false, queueDepth: BOUNDS, ...DWELL, ...options },
    'degradation',
  );
  const sensors = new Sensors(resolved, {
    env,
    score: () => null,
    scoredAtMs: () => undefined,
    tickMs: () => 1_000,
    queueDepth: () => {
      if (rig.load instanceof Error) throw rig.load;
      return rig.load;
    },
  });
  const signals = new Signals({ env, events: dispatcher, algedonicFrom: 0.9, uptimeOf: () => new Uptime() });
  const degradation = new Degradation(resolved, {
    env,
    events: dispatcher,
    tree,
    keep,
    read: () => sensors.read(),
    pains: () => signals.pains(env.now()),
    follow: () => {},
    otherEndMs: () => Infinity,
    onEnd: () => {},
    isOpen: () => rig.isOpen,
    onKeepFailed: (error) => rig.failures.push(String(error)),
  });
  const rig: DegradationRig = {
    env,
    tree,
    degradation,
    events: [],
    changes: [],
    failures: [],
    load: 0,
    isOpen: true,
    onOverridden: () => {},
    signal: (severity = 1, { signal = 'pain', ttlMs = 60_000 } = {}) =>
      signals.raise(signal, severity, { algedonic: true, ttlMs }),
  };
  dispatcher.on('*', (event) => void rig.events.push(event));
  dispatcher.on('signal.raised', (event) => degradation.hurt(event));
  dispatcher.on('signal.ended', ({ signal }) => degradation.eased(signal));
  dispatcher.on('degradation.changed', ({ atMs, from, to }) => void rig.changes.push(`${atMs} ${from} → ${to}`));
  dispatcher.on('degradation.overridden', (event) => rig.onOverridden(event));
  degradation.begin();
  return rig;
}
