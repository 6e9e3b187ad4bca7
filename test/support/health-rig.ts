/** Health on a virtual clock, without a runtime around it; the slots' sum is what the test says. */
import type { ScoredBreaker } from '../../src/control/health/breaker-components.ts';
import { Health } from '../../src/control/health/health.ts';
import { describe } from '../../src/core/describe.ts';
import { Dispatcher } from '../../src/core/dispatcher.ts';
import type { HoldfastEvent } from '../../src/core/events.ts';
import type { ScoreSum } from '../../src/hotpath/kernel.ts';
import { createVirtualEnv, type VirtualEnv } from '../../src/testing/virtual-env.ts';

export interface HealthRig {
  readonly env: VirtualEnv;
  readonly health: Health;
  /** All that was told, as `type name …`. */
  readonly told: readonly HoldfastEvent[];
  /** Functions of the application that failed, as `path error`. */
  readonly failures: readonly string[];
}

type Sum = Pick<ScoreSum, 'sum' | 'count'>;

/** in  sum   one closed breaker unless given;   history   samples to remember */
export function healthRig({
  sum = { sum: 1, count: 1 },
  breakers = [],
  history = 300,
  intervalMs = 1_000,
}: {
  readonly sum?: Sum;
  readonly breakers?: readonly ScoredBreaker[];
  readonly history?: number;
  readonly intervalMs?: number;
} = {}): HealthRig {
  const env = createVirtualEnv({ seed: 1 });
  const events = new Dispatcher(env, 'hash');
  const told: HoldfastEvent[] = [];
  const failures: string[] = [];
  events.on('*', (event) => told.push(event));
  const health = new Health({
    env,
    events,
    policyHash: 'hash',
    intervalMs,
    hysteresis: 0.02,
    history,
    algedonicFrom: 0.8,
    breakers,
    score: async () => sum,
    onCallbackFailed: (path, error) => failures.push(`${path} ${describe(error)}`),
    onTick: () => {},
  });
  return { env, health, told, failures };
}
