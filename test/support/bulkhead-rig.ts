/** A bulkhead on a virtual clock, without a pipeline around it. */
import { parseOptions } from '../../src/core/schema.ts';
import { Deadlines } from '../../src/hotpath/deadlines.ts';
import { Bulkhead } from '../../src/policies/bulkhead/bulkhead.ts';
import { type BulkheadOptions, bulkheadOptions } from '../../src/policies/bulkhead/options.ts';
import type { Waiter, WaitingCall } from '../../src/policies/bulkhead/waiter.ts';
import { createVirtualEnv, type VirtualEnv } from '../../src/testing/virtual-env.ts';

export interface BulkheadRig {
  readonly env: VirtualEnv;
  readonly bulkhead: Bulkhead;
  /** Names of those admitted, and those too late, in order. */
  readonly admitted: string[];
  readonly tooLate: string[];
  wait(name: string, more?: Partial<WaitingCall>): Waiter | undefined;
}

export function bulkheadRig(options: BulkheadOptions): BulkheadRig {
  const env = createVirtualEnv({ seed: 1 });
  const resolved = parseOptions(bulkheadOptions, options, 'bulkhead');
  const deadlines = new Deadlines(env, (error) => {
    throw error;
  });
  const bulkhead = new Bulkhead(resolved, {
    env,
    deadlines: resolved.maxWaitMs === undefined ? undefined : deadlines.listFor(resolved.maxWaitMs),
  });
  const admitted: string[] = [];
  const tooLate: string[] = [];
  return {
    env,
    bulkhead,
    admitted,
    tooLate,
    wait: (name, more) =>
      bulkhead.wait({
        tenant: undefined,
        priority: 'normal',
        onAdmitted: () => void admitted.push(name),
        onWaitedInVain: () => void tooLate.push(name),
        ...more,
      }),
  };
}

/** With all places taken, so that everyone else waits. */
export function fullBulkheadRig(options: Partial<BulkheadOptions> = {}): BulkheadRig {
  const rig = bulkheadRig({ maxConcurrent: 1, maxQueued: 1_000_000, ...options });
  while (rig.bulkhead.tryEnter());
  return rig;
}
