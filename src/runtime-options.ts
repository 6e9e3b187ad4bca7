/** The runtime's own options: types, bounds and defaults, once. */
import { alertsOptions } from './control/alerts/options.ts';
import { degradationOptions } from './control/degradation/options.ts';
import { healthOptions } from './control/health/options.ts';
import { recoveryOptions } from './control/recovery/options.ts';
import type { Env } from './core/env.ts';
import { lackOfEnv } from './core/lack-of-env.ts';
import { group, integer, name, parseOptions, theirs, z } from './core/schema.ts';
import { meteringOptions } from './durable/metering/options.ts';
import { storeOptions } from './storage-options.ts';

const MEBI = 1_048_576;

/** The governance fingerprint of a deployment that names none. */
const DEFAULT_POLICY_HASH = 'cdd01ef066bc6cf2';

const powerOfTwo = (min: number, max: number): z.ZodNumber =>
  integer(min, max).refine((value) => Number.isInteger(Math.log2(value)), {
    error: `a power of two from ${min} to ${max}`,
  });

const capacity = group({
  /** Breakers that can live at once, keyed ones included. */
  breakers: integer(1, 1_000_000).default(16_384),
  /** Pipelines that can be made. They live as long as the runtime: one for each dependency, not one for each tenant. */
  pipelines: integer(1, 1_000_000).default(4_096),
  /** Memory for windows (192 bytes each) and latencies (2,816 bytes for each named breaker); committed when touched. */
  windowBytes: integer(4_096, 192 * MEBI).default(64 * MEBI),
  /** Metering records that can wait for the next drain. */
  meteringRecords: powerOfTwo(16_384, 1_048_576).default(16_384),
  /** Distinct (tenant, operation, tier, agent) that are metered apart; the rest goes to the tenant `__other`. */
  meteringGroups: integer(16, 65_536).default(8_192),
});

const policyHash = name();

export const runtimeOptions = group({
  name: name().default('holdfast'),
  /** Carried by every event, by the health report and the runtime's reading. Default: the variable CONSTITUTIONAL_HASH, if it is set. */
  policyHash: policyHash.optional(),
  capacity: capacity.prefault({}),
  /** Whether usage is metered, and where it is sent. */
  metering: meteringOptions.prefault({}),
  /** What is recovered by itself, and how much at a time. */
  recovery: recoveryOptions.prefault({}),
  /** Worker threads for scoring and metering. They start on first use. */
  threads: integer(1, 64).default(1),
  /** How health is computed. */
  health: healthOptions.prefault({}),
  /** The file that keeps what must outlive the process. Without it nothing is written. */
  store: storeOptions.optional(),
  /**
   * What follows when the supervision tree gives up. `emit`: the event `supervisor.escalated` of `root`; calls go on
   * being decided, without what was supervised. `throw`: an uncaught exception as well.
   */
  onFatal: z.enum(['emit', 'throw'], { error: `'emit' or 'throw'` }).default('emit'),
  /** When the level of degradation worsens and improves; given at all, the sensors are read from the start. */
  degradation: degradationOptions.optional(),
  /** Whom people are told through, and of what; given at all, the rules are looked at from the start. */
  alerts: alertsOptions.optional(),
  /** Where time, chance, threads, disk and sockets come from. Default: the real ones. */
  env: theirs<Env>(lackOfEnv).optional(),
});

export type RuntimeOptions = z.input<typeof runtimeOptions>;
export type ResolvedRuntimeOptions = z.output<typeof runtimeOptions>;

/** throws  INVALID_OPTIONS when the variable holds what the option would not take */
export function policyHashOf(options: ResolvedRuntimeOptions): string {
  if (options.policyHash !== undefined) return options.policyHash;
  const given = process.env['CONSTITUTIONAL_HASH'];
  return given ? parseOptions(policyHash, given, 'CONSTITUTIONAL_HASH') : DEFAULT_POLICY_HASH; // set to nothing is unset
}

const maxAttempts = integer(1, 1_000);

/** throws  INVALID_OPTIONS when the variable holds what the option would not take */
export function recoveryAttempts(): number {
  const given = process.env['RECOVERY_MAX_RETRY_ATTEMPTS'];
  return given ? parseOptions(maxAttempts, Number(given), 'RECOVERY_MAX_RETRY_ATTEMPTS') : 5;
}
