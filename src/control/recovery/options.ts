/** How services are recovered: types, bounds and defaults of all a caller may say, once. */
import type { CheckAnswer } from '../../core/readings.ts';
import { RECOVERY_STRATEGIES } from '../../core/recovery-state.ts';
import { between, callback, flag, group, integer, milliseconds, name, theirs, z } from '../../core/schema.ts';
import type { RecoveryStep } from './step.ts';

const MAX_STEPS = 16;
const MESSAGE = 'a text of 1 to 1024 characters';
const MAX_RULES = 256;
const MAX_PROVIDERS = 16;

/** Whether a service is well, asked at the end of each attempt. */
export type RecoveryCheck = (context: { readonly signal: AbortSignal }) => CheckAnswer | Promise<CheckAnswer>;

const strategy = z.enum(RECOVERY_STRATEGIES, { error: `one of ${RECOVERY_STRATEGIES.join(', ')}` });
const priority = integer(0, 9);
const steps = z
  .array(theirs<RecoveryStep>(lackOfStep), { error: `an array of at most ${MAX_STEPS} steps` })
  .max(MAX_STEPS, { error: `an array of at most ${MAX_STEPS} steps` });

function lackOfStep(value: unknown): string | undefined {
  const { name: stepName, run, waitMs } = (value ?? {}) as Partial<RecoveryStep>;
  const isStep = typeof stepName === 'string' && typeof run === 'function';
  if (!isStep) return 'a step, an object with name and run';
  return waitMs === undefined || typeof waitMs === 'function' ? undefined : 'a step whose waitMs is a function';
}

export const recoveryPolicy = group({
  /** Attempts before a person is asked. Default: 5, or the variable RECOVERY_MAX_RETRY_ATTEMPTS, if it is set. */
  maxAttempts: integer(1, 1_000).optional(),
  /** What the delays grow from: linear waits so long times n before the nth attempt, exponential times multiplierⁿ. */
  initialDelayMs: milliseconds().default(1_000),
  /** Of the exponential strategy. */
  multiplier: between(1, 100).default(2),
  /** No delay is longer, jitter included; but an attempt that would probe an open breaker waits for its opening. */
  maxDelayMs: milliseconds().default(60_000),
  /** By which share a delay is shortened or lengthened at random. */
  jitter: between(0, 1).default(0.2),
  /** How long an attempt may take, its health check included. */
  timeoutMs: milliseconds(1).default(30_000),
  /** Whether the service is well, asked at the end of each attempt. Default: its breaker is closed, and its registered probe, or the health check of its name, says so. */
  healthCheck: callback<RecoveryCheck>('({ signal }) => "healthy" | "degraded" | "unhealthy"').optional(),
  /** What an attempt does, in this order. Default: it probes the breaker of the service's name, if there is one. */
  steps: steps.optional(),
  /** What follows the last failed attempt: a person is waited for, or the task has failed. */
  whenExhausted: z.enum(['awaitManual', 'fail'], { error: `'awaitManual' or 'fail'` }).default('awaitManual'),
  /** The governance fingerprint it was written for. Another one than the runtime's is refused. */
  policyHash: name().optional(),
});

export const scheduleOptions = group({
  strategy: strategy.default('exponential'),
  priority: priority.default(5),
  policy: recoveryPolicy.optional(),
  steps: steps.optional(),
  reason: name().default('by hand'),
});

const trigger = group({
  /** It opens, but not by hand; one of another library, too. */
  breaker: name().optional(),
  /** It turns unhealthy. */
  check: name().optional(),
  /** It is raised. */
  signal: name().optional(),
  /** It gives up; its path, e.g. `root/control`. */
  supervisor: name().optional(),
}).refine((on) => Object.values(on).filter((each) => each !== undefined).length === 1, {
  error: 'one of breaker, check, signal and supervisor',
});

export const recoveryRule = group({
  /** What must happen: one of these, to the one of that name, or to any with `*`. */
  on: trigger,
  /** What is recovered. Default: what has the name of what happened. */
  service: name().optional(),
  /** Signals below are not heard. */
  severity: between(0, 1).default(0.5),
  /** When the attempts are made: at once, after growing delays, or when a person approves. */
  strategy: strategy.default('exponential'),
  /** Lower goes first. */
  priority: priority.default(5),
  /** How; its options are below. Default: what `setPolicy` said for the service. */
  policy: recoveryPolicy.optional(),
  steps: steps.optional(),
});

export const recoveryOptions = group({
  /** What is recovered by itself, and how: the first rule that fits. */
  rules: z
    .array(recoveryRule, { error: `an array of at most ${MAX_RULES} rules` })
    .max(MAX_RULES, { error: `an array of at most ${MAX_RULES} rules` })
    .default([]),
  /** Attempts under way at a time. */
  concurrency: integer(1, 256).default(4),
  /** Services whose task is remembered; the oldest that has ended makes place. */
  maxTasks: integer(1, 4_096).default(256),
  /** A task overtakes those of the next more urgent priority that came due so much later. */
  agingMs: milliseconds().default(10_000),
  /** What an earlier process left unfinished goes on within so much time, each task at a moment of its own. */
  spreadMs: milliseconds().default(5_000),
  /** Whether an open breaker nobody calls is probed, where there is a probe or a health check of its name. */
  probeIdle: flag().default(true),
});

export const providersOptions = group({
  /** From the best to the last resort. */
  order: z
    .array(name(), { error: `an array of 2 to ${MAX_PROVIDERS} names` })
    .min(2, { error: `an array of 2 to ${MAX_PROVIDERS} names` })
    .max(MAX_PROVIDERS, { error: `an array of 2 to ${MAX_PROVIDERS} names` })
    .refine((order) => new Set(order).size === order.length, { error: 'names that differ' }),
  /** So many failures in a row of the one in force, and the next call goes to another. */
  failures: integer(1, 1_000_000).default(3),
  /** Who was left is left alone for so long. */
  dwellMs: milliseconds().default(30_000),
  /** And comes back after so many successes in a row: of its probe, or of single calls that try it. */
  successes: integer(1, 1_000_000).default(3),
  /** Tries a provider; one that throws, answers false or takes longer than `probeTimeoutMs` is a failure. Without one, calls do. */
  probe: callback<ProviderProbe>('(provider, { signal }) => unknown').optional(),
  /** From one probe of a provider to the next. */
  probeEveryMs: milliseconds(1).default(1_000),
  /** How long a probe may take. Of a call that tries one, at least a dwell: a call without a timeout may never end. */
  probeTimeoutMs: milliseconds(1).default(5_000),
});

export type ProviderProbe = (provider: string, context: { readonly signal: AbortSignal }) => unknown;

/** Who is told, and what. */
export const escalation = group({
  channels: z
    .array(name(), { error: 'an array of 1 to 16 names' })
    .min(1, { error: 'an array of 1 to 16 names' })
    .max(16, { error: 'an array of 1 to 16 names' }),
  message: z.string({ error: MESSAGE }).min(1, { error: MESSAGE }).max(1_024, { error: MESSAGE }),
});

export const byWhom = group({ by: name() });
export const byWhomAndPerhapsWhy = group({ by: name(), reason: name().optional() });
export const byWhomAndWhy = group({ by: name(), reason: name() });

/** How an open breaker that nobody calls is probed, where no rule says how. */
export const PROBE_IDLE = { strategy: 'exponential', priority: 5 } as const;

export type RecoveryPolicy = z.input<typeof recoveryPolicy>;
export type ResolvedRecoveryPolicy = z.output<typeof recoveryPolicy>;
export type ScheduleOptions = z.input<typeof scheduleOptions>;
/** What is to be done: as a person said it, or a rule. */
export type Order = z.output<typeof scheduleOptions>;
export type RecoveryRule = z.input<typeof recoveryRule>;
export type ResolvedRecoveryRule = z.output<typeof recoveryRule>;
export type ResolvedRecoveryOptions = z.output<typeof recoveryOptions>;
export type ProvidersOptions = z.input<typeof providersOptions>;
export type ResolvedProvidersOptions = z.output<typeof providersOptions>;
