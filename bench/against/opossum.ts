/** The door to opossum, set to the rules ours has in the same race. One circuit has one function. */
import CircuitBreaker from 'opossum';
import { FALLBACK } from '../answer.ts';
import {
  BUCKETS,
  FAILURE_RATE,
  LONG_MS,
  MINIMUM_CALLS,
  OPEN_MS,
  TIMEOUT_MS,
  WINDOW_MS,
  MAX_CONCURRENT,
} from '../rules.ts';

export type Circuit<T> = CircuitBreaker<[], T>;

const WINDOW = { rollingCountTimeout: WINDOW_MS, rollingCountBuckets: BUCKETS };
const RULES = {
  ...WINDOW,
  errorThresholdPercentage: FAILURE_RATE * 100,
  volumeThreshold: MINIMUM_CALLS,
  resetTimeout: OPEN_MS,
};

export function breakerAlone<T>(fn: () => Promise<T>): Circuit<T> {
  return new CircuitBreaker(fn, { ...RULES, timeout: false });
}

/** Never opens: more than all calls cannot fail. */
export function patientBreaker<T>(fn: () => Promise<T>): Circuit<T> {
  return new CircuitBreaker(fn, { ...RULES, timeout: false, errorThresholdPercentage: 100 });
}

/** Its whole stack: fallback, breaker, capacity, timeout. */
export function fourPolicies<T>(fn: () => Promise<T>): Circuit<T> {
  const circuit: Circuit<T> = new CircuitBreaker(fn, { ...RULES, timeout: TIMEOUT_MS, capacity: MAX_CONCURRENT });
  return circuit.fallback(() => FALLBACK);
}

/** Opened by hand, for longer than the bench runs. */
export function openBreaker<T>(fn: () => Promise<T>): Circuit<T> {
  const circuit: Circuit<T> = new CircuitBreaker(fn, { ...RULES, timeout: false, resetTimeout: LONG_MS });
  circuit.open();
  return circuit;
}
