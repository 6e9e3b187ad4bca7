/** A record whose keys are names of the application: without a prototype, so that `__proto__` is a key like any other. */
export function nullRecord<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}
