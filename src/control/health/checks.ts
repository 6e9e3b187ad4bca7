/**
 * The application's own health checks: asked once a tick, or on their own interval, and given a while to answer.
 *
 * A check that throws, is late or answers rubbish is unhealthy, and announced as a callback that failed; it is asked
 * again all the same. One that has not answered yet is left out.
 */
import type { Env } from '../../core/env.ts';
import { invalidOptions } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import type { CheckAnswer } from '../../core/readings.ts';
import { between, callback, flag, group, milliseconds, name, parseOptions, type z } from '../../core/schema.ts';
import type { Component, Source } from './component.ts';
import type { UptimeOf } from './kept-uptimes.ts';
import type { HealthCheck, Verdict } from './question.ts';
import { RegisteredCheck } from './registered-check.ts';
import { tooMany } from './too-many.ts';

const MAX_CHECKS = 1_024;

const checkName = name();
const checkFunction = callback<HealthCheck>('() => "healthy" | "degraded" | "unhealthy"');
export const checkOptions = group({
  /** From one question to the next. Default: it is asked each tick. */
  intervalMs: milliseconds(10).optional(),
  /** How long it has to answer; then it is unhealthy, and its `signal` is aborted. */
  timeoutMs: milliseconds(1).default(1_000),
  /** How many breakers it counts for. */
  weight: between(0.001, 1_000).default(1),
  /** While it is unhealthy the whole is at most 0.49, which is critical. */
  critical: flag().default(false),
});
export type HealthCheckOptions = z.input<typeof checkOptions>;

export interface ChecksParts {
  readonly env: Env;
  readonly events: EventSink;
  /** A check threw, was late or answered rubbish. Must not throw. */
  readonly onFailed: (name: string, error: unknown) => void;
  readonly uptimeOf: UptimeOf;
}

export class Checks implements Source {
  readonly #parts: ChecksParts;
  readonly #checks = new Map<string, RegisteredCheck>();

  constructor(parts: ChecksParts) {
    this.#parts = parts;
  }

  /** throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED */
  add(given: string, check: HealthCheck, options: HealthCheckOptions = {}): () => void {
    const path = `health check ${JSON.stringify(parseOptions(checkName, given, 'health check name'))}`;
    parseOptions(checkFunction, check, path);
    const { intervalMs, timeoutMs, weight, critical } = parseOptions(checkOptions, options, path);
    if (this.#checks.has(given)) throw invalidOptions('health check name', 'one that no other check has', given);
    if (this.#checks.size === MAX_CHECKS) throw tooMany(path, MAX_CHECKS, 'checks');
    const { env, uptimeOf } = this.#parts;
    const onVerdict = (verdict: Verdict, before: CheckAnswer | null): void => this.#judged(given, verdict, before);
    const registered = new RegisteredCheck({
      env,
      name: given,
      check,
      intervalMs,
      timeoutMs,
      weight,
      critical,
      uptime: uptimeOf('check', given),
      onVerdict,
    });
    this.#checks.set(given, registered);
    return () => {
      registered.stop();
      if (this.#checks.get(given) === registered) this.#checks.delete(given);
    };
  }

  has(given: string): boolean {
    return this.#checks.has(given);
  }

  answerOf(given: string): CheckAnswer | undefined {
    return this.#checks.get(given)?.answer;
  }

  /** throws  INVALID_OPTIONS for a name no check has · STOPPED when it is taken away meanwhile */
  async probe(given: string): Promise<CheckAnswer> {
    const check = this.#checks.get(given);
    if (check === undefined) throw invalidOptions('health probe', 'the name of a registered check', given);
    return check.probe();
  }

  components(): Iterable<Component> {
    return this.#checks.values();
  }

  /** Ask all whose turn it is. What is known at once is known when this returns. */
  look(): void {
    for (const check of Array.from(this.#checks.values())) if (this.#checks.has(check.name)) check.tick();
  }

  /** Wait for no more answers. */
  stop(): void {
    for (const check of this.#checks.values()) check.stop();
  }

  #judged(check: string, { answer, reason, isFailure, error }: Verdict, before: CheckAnswer | null): void {
    const { events, onFailed } = this.#parts;
    if (answer !== before)
      events.emit('check.changed', { check, from: before, to: answer, ...(reason !== null && { error: reason }) });
    if (isFailure) onFailed(check, error);
  }
}
