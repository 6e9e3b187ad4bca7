/**
 * How a service is recovered: whose policy counts, which steps are taken, how long an attempt waits. It asks the
 * application's steps, which may do anything meanwhile: who waits for an answer looks again at what it is about.
 */
import { describe } from '../../core/describe.ts';
import { disown } from '../../core/disown.ts';
import type { Env } from '../../core/env.ts';
import { HoldfastError } from '../../core/errors.ts';
import { checkPolicyHash } from '../../core/policy-hash.ts';
import { name, parseOptions } from '../../core/schema.ts';
import {
  type Order,
  recoveryPolicy,
  type RecoveryPolicy,
  type ResolvedRecoveryOptions,
  type ResolvedRecoveryPolicy,
  type ResolvedRecoveryRule,
} from './options.ts';
import type { Rules } from './rules.ts';
import type { Reach, RecoveryStep } from './step.ts';
import { probeBreaker } from './steps/probe-breaker.ts';
import { recoveryDelayMs } from './strategy.ts';
import type { Task } from './task.ts';
import type { Cause } from './wants.ts';

export interface PlansParts {
  readonly env: Pick<Env, 'random'>;
  readonly policyHash: string;
  readonly options: ResolvedRecoveryOptions;
  readonly rules: Rules;
  /** What steps reach: the parts of the runtime that go by a name. */
  readonly reach: Omit<Reach, 'service'>;
  /** Something of the application's failed where nobody could be told. Must not throw. */
  readonly onCallbackFailed: (callback: string, error: unknown) => void;
}

const serviceName = name();

export class Plans {
  readonly #parts: PlansParts;
  readonly #policies = new Map<string, ResolvedRecoveryPolicy>();
  readonly #default: ResolvedRecoveryPolicy = parseOptions(recoveryPolicy, {}, 'recovery policy');

  constructor(parts: PlansParts) {
    this.#parts = parts;
  }

  /** throws  INVALID_OPTIONS · POLICY_HASH_MISMATCH · CAPACITY_EXHAUSTED */
  set(service: string, given: RecoveryPolicy): void {
    const path = `recovery policy of ${describe(service)}`;
    parseOptions(serviceName, service, 'recovery service');
    const policy = parseOptions(recoveryPolicy, given, path);
    checkPolicyHash(path, this.#parts.policyHash, policy.policyHash);
    const { maxTasks } = this.#parts.options;
    if (!this.#policies.has(service) && this.#policies.size === maxTasks) throw tooMany('policies', maxTasks);
    this.#policies.set(service, policy);
  }

  /** Whether a recovery could do anything for a service that is called, but for waiting. */
  canHeal(service: string): boolean {
    const { healthCheck, steps } = this.#policies.get(service) ?? {};
    return healthCheck !== undefined || steps !== undefined || this.#parts.reach.probe(service) !== undefined;
  }

  /** Whether there is anything to find out with that a service is well. */
  canVerify(service: string): boolean {
    const { reach } = this.#parts;
    const hasOwn = this.#policies.get(service)?.healthCheck !== undefined;
    const hasBreaker = reach.breaker(service) !== undefined || reach.foreignState(service) !== undefined;
    return hasOwn || hasBreaker || reach.probe(service) !== undefined;
  }

  policyOf({ service, order, cause }: Task): ResolvedRecoveryPolicy {
    return this.policyFor(service, order, cause);
  }

  stepsOf({ service, order, cause }: Task): readonly RecoveryStep[] {
    return this.stepsFor(service, order, cause);
  }

  /** The order's own, its rule's (an order that was kept has lost its functions), the service's, or the default. */
  policyFor(service: string, order: Order, cause: Cause | undefined): ResolvedRecoveryPolicy {
    return order.policy ?? this.#ruleOf(cause)?.policy ?? this.#policies.get(service) ?? this.#default;
  }

  stepsFor(service: string, order: Order, cause: Cause | undefined): readonly RecoveryStep[] {
    const given = order.steps ?? this.#ruleOf(cause)?.steps ?? this.policyFor(service, order, cause).steps;
    return given ?? this.probing(service);
  }

  /** What finds out whether a service is well, before it is asked: ours is to be closed, another library's closes itself. */
  probing(service: string): readonly RecoveryStep[] {
    return this.#parts.reach.breaker(service) === undefined ? [] : [probeBreaker()];
  }

  /** How long the next attempt of a task waits. */
  delayMs(task: Task): number {
    const { strategy } = task.order;
    const delayMs = recoveryDelayMs(strategy, this.policyOf(task), task.attempts + 1, this.#parts.env.random());
    return Math.max(delayMs, this.waitMs(task.service, this.stepsOf(task)));
  }

  /** How long an attempt would come too early, as the steps say. */
  waitMs(service: string, steps: readonly RecoveryStep[]): number {
    const { reach, onCallbackFailed } = this.#parts;
    let longestMs = 0;
    for (const step of steps) {
      const failed = (error: unknown): void => onCallbackFailed(`recovery step "${step.name}" waitMs`, error);
      try {
        const waitMs: unknown = step.waitMs?.({ ...reach, service }) ?? 0;
        if (typeof waitMs === 'number' && Number.isFinite(waitMs)) longestMs = Math.max(longestMs, waitMs);
        else disown(waitMs, failed);
      } catch (error) {
        failed(error);
      }
    }
    return longestMs;
  }

  #ruleOf(cause: Cause | undefined): ResolvedRecoveryRule | undefined {
    return cause === undefined || cause.kind === 'call' ? undefined : this.#parts.rules.find(cause.kind, cause.name);
  }
}

/** What is thrown when there is no room. */
export function tooMany(what: string, limit: number): HoldfastError {
  const message = `recovery.maxTasks: expected at most ${limit} ${what}, received one more; raise it when the runtime is created`;
  return new HoldfastError('CAPACITY_EXHAUSTED', message, { component: 'recovery.maxTasks' });
}
