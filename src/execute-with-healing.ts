/**
 * Call a function, and where it fails have its service recovered: `runtime.executeWithHealing`.
 *
 * The call goes through the pipeline of the service's name, else through its breaker, else straight. A failure
 * schedules a recovery, or joins the one that is open; a call that may be repeated waits for the next attempt, so long
 * and no longer, and is made once more when the service was found well. The caller hears the first error otherwise.
 */
import type { Awaited, Recovery } from './control/recovery/recovery.ts';
import { type GivenCall, isWrong, type Protected, readCall } from './core/call.ts';
import type { Env } from './core/env.ts';
import { type ErrorCode, invalidOptions, isHoldfastError } from './core/errors.ts';
import { describe } from './core/describe.ts';
import { errorKind } from './core/error-kind.ts';
import type { Intake } from './core/intake.ts';
import { group, milliseconds, name, parseOptions, z } from './core/schema.ts';
import { SoloContext } from './core/solo-context.ts';

const serviceName = name();
const healingOptions = group({
  /** Whether the function may be called a second time. */
  kind: z.enum(['repeatable', 'once'], { error: `'repeatable' or 'once'` }).default('repeatable'),
  /** How bad a failure is: the recovery of what is critical goes first. */
  severity: z.enum(['info', 'warning', 'critical'], { error: `'info', 'warning' or 'critical'` }).default('warning'),
  /** How long a call that may be repeated waits for the recovery. */
  waitMs: milliseconds(1).default(10_000), // twice a breaker's opening, before whose end nothing is probed
});
export type HealingOptions = z.input<typeof healingOptions>;

/** Of what came to nothing before it reached the service, the service need not be recovered. */
const NEVER_CALLED: ReadonlySet<ErrorCode> = new Set(['INVALID_OPTIONS', 'RATE_LIMITED', 'BULKHEAD_FULL']);

const PRIORITY = { critical: 0, warning: 3, info: 6 } as const;

/** What takes a call: a pipeline or a breaker. */
interface Way {
  execute(fn: Protected<unknown>): Promise<unknown>;
}

export interface HealingParts {
  readonly env: Env;
  readonly intake: Intake;
  readonly recovery: Pick<Recovery, 'wanted' | 'attempted' | 'plans'>;
  readonly wayOf: (service: string) => Way | undefined;
}

/** throws  INVALID_OPTIONS, also for a service nothing is known of · STOPPED · what `fn`, or its pipeline, threw first */
export async function executeWithHealing<T>(
  { env, intake, recovery, wayOf }: HealingParts,
  service: string,
  fn: Protected<T>,
  given: HealingOptions = {},
): Promise<T> {
  const path = `executeWithHealing ${describe(service)}`;
  parseOptions(serviceName, service, 'executeWithHealing service');
  const { kind, severity, waitMs } = parseOptions(healingOptions, given, path);
  const call = readCall(service, intake, fn, undefined);
  if (isWrong(call)) throw call;
  if (!recovery.plans.canVerify(service))
    throw invalidOptions(path, 'a service with a breaker, a pipeline with one, a probe or a health check', service);
  const make = (): Promise<T> => (wayOf(service)?.execute(fn) ?? straight(service, fn, call)) as Promise<T>;
  try {
    return await make();
  } catch (error) {
    if (!intake.isOpen || (isHoldfastError(error) && NEVER_CALLED.has(error.code))) throw error;
    if (!recovery.plans.canHeal(service)) throw error; // a breaker that is closed knows of nothing, one that is open tries by itself
    const reason = `a call failed: ${errorKind(error)}`; // it is told to people: what an error says may hold a secret
    const order = { strategy: 'immediate', priority: PRIORITY[severity], reason } as const;
    const task = recovery.wanted(service, { cause: { kind: 'call', name: service }, order, isDefault: false });
    if (kind === 'once' || task === undefined) throw error;
    const place = await soon(env, recovery.attempted(task, false), waitMs);
    if (place === undefined) throw error;
    if (place > 0) await new Promise<void>((resolve) => void env.setTimer(resolve, place, true));
    if (!intake.isOpen) throw error; // it takes no more work
    return make().catch(() => {
      throw error;
    });
  }
}

async function straight<T>(service: string, fn: Protected<T>, given: GivenCall): Promise<T> {
  const context = new SoloContext(service, given);
  try {
    return await fn(context);
  } finally {
    context.isOver = true;
  }
}

/**
 * The process waits with it: somebody awaits the call.
 *
 * out  its place among those who waited, when the service was found well: they go one a millisecond, so that a service
 *      that has just come back is not met by all of them at once;   undefined when it was not, or not in time
 */
function soon(env: Env, { over, leave }: Awaited, waitMs: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const late = (): void => {
      leave();
      resolve(undefined);
    };
    const timer = env.setTimer(late, waitMs, true);
    void over.then(({ reading, place }) => {
      env.clearTimer(timer);
      resolve(reading.state === 'succeeded' ? place : undefined);
    });
  });
}
