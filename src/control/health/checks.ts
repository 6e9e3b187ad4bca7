/**
 * The application's own health checks: asked once a tick, given until the next one to answer.
 *
 * A check that throws, is late or answers rubbish is unhealthy, and announced as a callback that failed; it is asked
 * again all the same. One that has not answered yet is left out.
 */
import type { Env, Timer } from '../../core/env.ts';
import { HoldfastError, invalidOptions } from '../../core/errors.ts';
import { between, callback, flag, group, name, parseOptions, type z } from '../../core/schema.ts';
import type { CheckScore } from './score.ts';

const MAX_CHECKS = 1_024;
const SCORES = { healthy: 1, degraded: 0.5, unhealthy: 0 } as const;

export type HealthAnswer = keyof typeof SCORES;
export type HealthCheck = () => HealthAnswer | Promise<HealthAnswer>;

const checkName = name();
const checkFunction = callback<HealthCheck>('() => "healthy" | "degraded" | "unhealthy"');
const checkOptions = group({
  /** How many breakers it counts for. */
  weight: between(0.001, 1_000).default(1),
  /** While it is unhealthy the whole is at most 0.49, which is critical. */
  critical: flag().default(false),
});
export type HealthCheckOptions = z.input<typeof checkOptions>;

export interface ChecksParts {
  readonly env: Env;
  readonly budgetMs: number;
  /** A check threw, was late or answered rubbish. Must not throw. */
  readonly onFailed: (name: string, error: unknown) => void;
}

interface Check {
  readonly name: string;
  readonly ask: HealthCheck;
  readonly weight: number;
  readonly critical: boolean;
  score: CheckScore['score'] | undefined;
  /** The answer that is waited for; any other comes too late. */
  asked: Asked | undefined;
}

interface Asked {
  readonly timer: Timer;
}

export class Checks {
  readonly #parts: ChecksParts;
  readonly #checks = new Map<string, Check>();

  constructor(parts: ChecksParts) {
    this.#parts = parts;
  }

  /** throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED */
  add(given: string, ask: HealthCheck, options: HealthCheckOptions = {}): () => void {
    const path = `health check ${JSON.stringify(given)}`;
    parseOptions(checkName, given, 'health check name');
    parseOptions(checkFunction, ask, path);
    const { weight, critical } = parseOptions(checkOptions, options, path);
    if (this.#checks.has(given)) throw invalidOptions('health check name', 'one that no other check has', given);
    if (this.#checks.size === MAX_CHECKS)
      throw new HoldfastError(
        'CAPACITY_EXHAUSTED',
        `${path}: expected at most ${MAX_CHECKS} checks, received one more`,
        {
          component: path,
        },
      );
    const check: Check = { name: given, ask, weight, critical, score: undefined, asked: undefined };
    this.#checks.set(given, check);
    return () => {
      this.#forget(check);
      if (this.#checks.get(given) === check) this.#checks.delete(given);
    };
  }

  /** Of those that have answered, as of their last answer. */
  scores(): readonly CheckScore[] {
    const scores: CheckScore[] = [];
    for (const { score, weight, critical } of this.#checks.values())
      if (score !== undefined) scores.push({ score, weight, critical });
    return scores;
  }

  /** Ask all but those whose answer is still waited for. What is known at once is known when this returns. */
  askAll(): void {
    for (const check of Array.from(this.#checks.values())) if (check.asked === undefined) this.#ask(check);
  }

  /** Wait for no more answers. */
  stop(): void {
    for (const check of this.#checks.values()) this.#forget(check);
  }

  #ask(check: Check): void {
    try {
      const answer = check.ask();
      if (isThenable(answer)) this.#await(check, answer);
      else this.#answered(check, answer);
    } catch (error) {
      this.#failed(check, error);
    }
  }

  #await(check: Check, answer: PromiseLike<HealthAnswer>): void {
    const { env, budgetMs } = this.#parts;
    const late = new Error(`expected an answer within ${budgetMs} ms, received none`);
    const timer = env.setTimer(() => settle(() => this.#failed(check, late)), budgetMs, false);
    const asked: Asked = { timer };
    check.asked = asked;
    const settle = (act: () => void): void => {
      if (check.asked !== asked) return;
      this.#forget(check);
      act();
    };
    answer.then(
      (given) => settle(() => this.#answered(check, given)),
      (error: unknown) => settle(() => this.#failed(check, error)),
    );
  }

  #answered(check: Check, answer: HealthAnswer): void {
    if (typeof answer === 'string' && Object.hasOwn(SCORES, answer)) check.score = SCORES[answer];
    else this.#failed(check, invalidOptions('its answer', '"healthy", "degraded" or "unhealthy"', answer));
  }

  #failed(check: Check, error: unknown): void {
    check.score = 0;
    this.#parts.onFailed(check.name, error);
  }

  #forget(check: Check): void {
    if (check.asked !== undefined) this.#parts.env.clearTimer(check.asked.timer);
    check.asked = undefined;
  }
}

function isThenable(answer: HealthAnswer | Promise<HealthAnswer>): answer is Promise<HealthAnswer> {
  return typeof (answer as Partial<Promise<HealthAnswer>> | null | undefined)?.then === 'function';
}
