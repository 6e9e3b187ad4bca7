/** The door to cockatiel, set to the rules ours has in the same race. */
import {
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  CountBreaker,
  fallback,
  handleAll,
  isBrokenCircuitError,
  SamplingBreaker,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import { FALLBACK } from '../answer.ts';
import {
  CONSECUTIVE_FAILURES,
  FAILURE_RATE,
  LONG_MS,
  MINIMUM_CALLS,
  OPEN_MS,
  TIMEOUT_MS,
  WINDOW_CALLS,
  WINDOW_MS,
} from '../rules.ts';

export function samplingBreaker(): CircuitBreakerPolicy {
  const minimumRps = MINIMUM_CALLS / (WINDOW_MS / 1_000);
  const breaker = new SamplingBreaker({ threshold: FAILURE_RATE, duration: WINDOW_MS, minimumRps });
  return circuitBreaker(handleAll, { breaker, halfOpenAfter: OPEN_MS });
}

export function countBreaker(): CircuitBreakerPolicy {
  const breaker = new CountBreaker({
    threshold: FAILURE_RATE,
    size: WINDOW_CALLS,
    minimumNumberOfCalls: MINIMUM_CALLS,
  });
  return circuitBreaker(handleAll, { breaker, halfOpenAfter: OPEN_MS });
}

/** Opens only when next to everything failed: cockatiel refuses 1. */
export function patientBreaker(): CircuitBreakerPolicy {
  const breaker = new SamplingBreaker({ threshold: 0.999_999, duration: WINDOW_MS });
  return circuitBreaker(handleAll, { breaker, halfOpenAfter: OPEN_MS });
}

export function consecutiveBreaker(): CircuitBreakerPolicy {
  return circuitBreaker(handleAll, { breaker: new ConsecutiveBreaker(CONSECUTIVE_FAILURES), halfOpenAfter: OPEN_MS });
}

/** Opened by a failure, for longer than the bench runs. */
export async function openBreaker(): Promise<CircuitBreakerPolicy> {
  const policy = circuitBreaker(handleAll, { breaker: new ConsecutiveBreaker(1), halfOpenAfter: LONG_MS });
  await policy.execute(() => Promise.reject(new Error('down'))).catch(() => {});
  return policy;
}

/** fallback → breaker → timeout, which releases its caller whether or not the function heeds its signal: as ours. */
export function threePolicies() {
  return wrap(twoPolicies(), timeout(TIMEOUT_MS, TimeoutStrategy.Aggressive));
}

/** fallback → breaker */
export function twoPolicies() {
  return wrap(
    fallback(handleAll, () => FALLBACK),
    samplingBreaker(),
  );
}

export function isClosed(policy: CircuitBreakerPolicy): boolean {
  return policy.state === CircuitState.Closed;
}

export function isOpenError(error: unknown): boolean {
  return isBrokenCircuitError(error);
}
