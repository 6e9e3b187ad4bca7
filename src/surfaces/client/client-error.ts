/**
 * The client's errors. Made here, since a browser should not load the runtime for a class; the brand makes them known
 * to `isHoldfastError` all the same.
 */
export interface ClientError extends Error {
  readonly code: 'INVALID_OPTIONS' | 'STOPPED';
}

export function clientError(code: ClientError['code'], message: string): ClientError {
  const error = code === 'INVALID_OPTIONS' ? new TypeError(message) : new Error(message);
  return Object.assign(error, { name: 'HoldfastError', code, [Symbol.for('holdfast.error')]: true });
}
