/** A runtime's recovery on a virtual clock with a tree of its own, so that what is kept can outlive it. */
import { startTree } from '../../actors/root.ts';
import { recoveryOptions, type RecoveryRule } from '../../src/control/recovery/options.ts';
import { Dispatcher } from '../../src/core/dispatcher.ts';
import { Intake } from '../../src/core/intake.ts';
import type { Keep } from '../../src/core/keep.ts';
import { parseOptions } from '../../src/core/schema.ts';
import type { RuntimeRecovery } from '../../src/index.ts';
import { Recoveries } from '../../src/recoveries.ts';
import { createVirtualEnv, type VirtualEnv } from '../../src/testing/index.ts';

export interface RecoveryRig {
  readonly env: VirtualEnv;
  readonly recovery: RuntimeRecovery;
  /** The callbacks that failed. */
  readonly failures: readonly string[];
  begin(): void;
  /** Say that a breaker of that name has opened. */
  openBreaker(name: string): void;
  stop(): Promise<void>;
}

export function recoveryRig(options: {
  readonly keep: Keep;
  readonly seed: number;
  readonly rules?: readonly RecoveryRule[];
}): RecoveryRig {
  const env = createVirtualEnv({ seed: options.seed });
  const dispatcher = new Dispatcher(env, 'hash');
  const tree = startTree({ env, events: dispatcher, onFatal: () => {} });
  const failures: string[] = [];
  dispatcher.on('callback.failed', ({ callback }) => void failures.push(callback));
  const recoveries = new Recoveries({
    env,
    intake: new Intake(),
    dispatcher,
    tree,
    breakers: { find: () => undefined },
    foreignState: () => undefined,
    components: () => ({}),
    policyHash: 'hash',
    options: parseOptions(recoveryOptions, { rules: options.rules ?? [] }, 'recovery'),
    maxAttempts: 5,
    keep: options.keep,
    hasStore: true,
  });
  return {
    env,
    recovery: recoveries.face,
    failures,
    begin: () => recoveries.begin(),
    openBreaker: (name) => recoveries.breakerMoved(name, 'open', 'failureRate'),
    stop: () => tree.stop(),
  };
}
