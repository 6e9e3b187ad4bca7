/**
 * How many attempts were made before an error reached the caller.
 *
 * The error is rethrown untouched: it may be frozen, or not ours to write on. So the number is kept beside it, for as
 * long as the error lives.
 */
const attempts = new WeakMap<object, number>();

/** Primitives cannot be remembered; an error thrown by several calls has the number of the last. */
export function noteAttempts(error: unknown, made: number): void {
  if ((typeof error === 'object' && error !== null) || typeof error === 'function') attempts.set(error, made);
}

/** out  the attempts made, the first included;   undefined for what no retry gave up on, and for primitives */
export function attemptsOf(error: unknown): number | undefined {
  return attempts.get(error as object);
}
