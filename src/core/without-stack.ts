/**
 * Makes an error without capturing a stack: a rejection is an answer, and walking the stack is most of its cost.
 *
 * Called on the rejection path. Under `--frozen-intrinsics` the limit cannot be set; the error then has its stack.
 */
export function withoutStack<A, B, C>(make: (a: A, b: B, c: C) => Error, a: A, b: B, c: C): Error {
  const limit = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = 0;
  } catch {
    return make(a, b, c);
  }
  try {
    return make(a, b, c);
  } finally {
    Error.stackTraceLimit = limit;
  }
}
