/** Goes in again, after a wait, when what is inside came to nothing. The decision is `retry/decision.ts`. */
import type { Env, Timer } from '../../core/env.ts';
import type { Retry } from '../retry/retry.ts';
import { decide } from './decide.ts';
import { type End, isLost } from './end.ts';
import type { Done, Layer, Way } from './layer.ts';
import type { Scope } from './scope.ts';
import { turnAway } from './turn-away.ts';

export function retryLayer(retry: Retry, env: Env): Layer {
  return (inner) => (outer, done) => {
    retry.begin();
    new Attempts(retry, env, inner, outer.within(), done).make(1);
  };
}

/** Of one call. */
class Attempts {
  readonly #retry: Retry;
  readonly #env: Env;
  readonly #inner: Way;
  readonly #scope: Scope;
  readonly #done: Done;
  /** The last wait. */
  #delayMs = 0;
  #timer: Timer | undefined = undefined;

  constructor(retry: Retry, env: Env, inner: Way, scope: Scope, done: Done) {
    this.#retry = retry;
    this.#env = env;
    this.#inner = inner;
    this.#scope = scope;
    this.#done = done;
    scope.onReleased = () => {
      if (this.#timer !== undefined) env.clearTimer(this.#timer);
    };
  }

  make(attempt: number): void {
    const scope = this.#scope.within(attempt);
    scope.mayGoOn = true;
    this.#inner(scope, (end) => {
      if (scope.close()) decide(end, () => this.#goOn(end, attempt));
    });
  }

  #goOn(end: End, attempt: number): void {
    if (this.#scope.isOver) return; // the caller left in between
    const delayMs = isLost(end) ? this.#nextDelayMs(end, attempt) : undefined;
    if (delayMs === undefined) this.#end(end);
    else this.#wait(delayMs, attempt + 1);
  }

  /** out  undefined when this end is the last, also when the wait would pass a deadline around */
  #nextDelayMs({ value }: End, attempt: number): number | undefined {
    const { idempotent, deadlineAt, whole } = this.#scope;
    const mayWait = (ms: number): boolean =>
      !this.#scope.isOver && this.#env.now() + ms < Math.min(deadlineAt, whole.deadlineAt);
    return this.#retry.delayMs({ error: value, attempt, previousMs: this.#delayMs, idempotent }, mayWait);
  }

  /** The process waits with it. */
  #wait(delayMs: number, attempt: number): void {
    this.#delayMs = delayMs;
    const goOn = (): void => {
      this.#timer = undefined;
      const error = this.#scope.refusal(); // a breaker around may have opened meanwhile
      if (error === undefined) this.make(attempt);
      else turnAway(this.#scope, 'BREAKER_OPEN', error, this.#end);
    };
    this.#timer = this.#env.setTimer(goOn, delayMs, true);
  }

  readonly #end = (end: End): void => {
    if (this.#scope.close()) this.#done(end);
  };
}
