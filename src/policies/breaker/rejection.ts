/** The error of a call that an open breaker did not let through. */
import type { BreakerState } from '../../core/breaker-state.ts';
import { HoldfastError } from '../../core/errors.ts';
import { withoutStack } from '../../core/without-stack.ts';

export class BreakerOpenError extends HoldfastError {
  declare readonly code: 'BREAKER_OPEN';
  // Declared, not defined: a field that is initialized before it is written costs time, 15 of 280 ns for all of them.
  declare readonly breaker: string;
  declare readonly state: BreakerState;

  constructor(breaker: string, state: BreakerState, retryAfterMs: number | undefined) {
    const when = retryAfterMs === undefined ? 'until someone lets it' : `for another ${Math.ceil(retryAfterMs)} ms`;
    super('BREAKER_OPEN', `breaker "${breaker}" is ${state}: the call was not made, and none will be ${when}`, {
      component: breaker,
      retryAfterMs,
    });
    this.breaker = breaker;
    this.state = state;
  }
}

const make = (breaker: string, state: BreakerState, retryAfterMs: number | undefined): BreakerOpenError =>
  new BreakerOpenError(breaker, state, retryAfterMs);

/** A new rejection, without a stack. */
export function breakerOpen(breaker: string, state: BreakerState, retryAfterMs: number | undefined): Error {
  return withoutStack(make, breaker, state, retryAfterMs);
}
