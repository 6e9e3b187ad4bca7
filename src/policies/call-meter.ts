/** Who is told of every call of a pipeline that ended, to charge for it. The runtime makes it; the corridor calls it. */
import type { Outcome } from '../core/outcome.ts';

export interface CallMeter {
  /** Must not throw. in  latencyMs   of the whole call, its attempts and waits included */
  ended(tenant: string | undefined, outcome: Outcome, latencyMs: number): void;
}

/** What a pipeline's calls are charged as, where something else is said than the defaults. */
export interface CallNames {
  readonly operation?: string | undefined;
  readonly tier?: string | undefined;
  readonly agent?: string | undefined;
  /** Of calls that name no tenant. */
  readonly tenant?: string | undefined;
}
