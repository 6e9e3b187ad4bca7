/** The door to cockatiel, set to the rules ours has in the same race. */
import {
  bulkhead,
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  CountBreaker,
  ExponentialBackoff,
  fallback,
  handleAll,
  isBrokenCircuitError,
  retry,
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
  MAX_ATTEMPTS,
  MAX_CONCURRENT,
  MAX_QUEUED,
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

/** All five; its timeout releases the caller whether or not the function heeds its signal: as ours. */
export function fivePolicies() {
  return wrap(fourPolicies(), timeout(TIMEOUT_MS, TimeoutStrategy.Aggressive));
}

/** fallback → retry → breaker → bulkhead */
export function fourPolicies() {
  return wrap(
    fallback(handleAll, () => FALLBACK),
    retry(handleAll, { maxAttempts: MAX_ATTEMPTS - 1, backoff: new ExponentialBackoff() }),
    samplingBreaker(),
    bulkhead(MAX_CONCURRENT, MAX_QUEUED),
  );
}

export function isClosed(policy: CircuitBreakerPolicy): boolean {
  return policy.state === CircuitState.Closed;
}

export function isOpenError(error: unknown): boolean {
  return isBrokenCircuitError(error);
}
