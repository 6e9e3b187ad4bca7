/**
 * How long the other side asked us to wait, as an error carries it: in `retryAfterMs`.
 *
 * out  milliseconds, finite and ≥ 0; 0 when it says nothing. Total: never throws, whatever was thrown.
 */
export function retryAfterOf(error: unknown): number {
  try {
    const ms: unknown = (error as { readonly retryAfterMs?: unknown } | null | undefined)?.retryAfterMs;
    return typeof ms === 'number' && ms > 0 && ms < Infinity ? ms : 0;
  } catch {
    return 0; // a revoked proxy, a getter that throws
  }
}
