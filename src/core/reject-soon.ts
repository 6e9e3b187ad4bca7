/**
 * A promise that rejects one microtask from now.
 *
 * One that is born rejected goes through Node's book-keeping of unhandled rejections before its caller can attach to
 * it: 519 ns against 183 for this (Node 24.21, 2026-11-21, `npm run bench -- --only rejection`).
 */
export function rejectSoon(error: unknown): Promise<never> {
  return new Promise((_, reject) => {
    queueMicrotask(() => reject(error));
  });
}
