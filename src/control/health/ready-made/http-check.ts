/** A ready-made health check: whether an HTTP address answers, and how fast. */
import { group, milliseconds, parseOptions, z } from '../../../core/schema.ts';
import type { HealthCheck } from '../question.ts';

const LONGEST_URL = 2_048;
const httpCheckOptions = group({
  /** Where to ask. A redirect is an answer, and is not followed. */
  url: z
    .string({ error: 'an http or https URL' })
    .max(LONGEST_URL, { error: `a URL of at most ${LONGEST_URL} characters` })
    .refine((url) => /^https?:\/\//i.test(url) && URL.canParse(url), { error: 'an http or https URL' }),
  method: z.enum(['GET', 'HEAD'], { error: "'GET' or 'HEAD'" }).default('GET'),
  /** An answer that takes longer is degraded. */
  degradedAboveMs: milliseconds().optional(),
});
export type HttpCheckOptions = z.input<typeof httpCheckOptions>;

/**
 * Healthy when a status from 200 to 399 comes back.
 *
 *   runtime.health.register('search', httpCheck({ url: 'http://search.internal/healthz' }), { intervalMs: 10_000 });
 *
 * throws  INVALID_OPTIONS
 */
export function httpCheck(options: HttpCheckOptions): HealthCheck {
  const { url, method, degradedAboveMs = Infinity } = parseOptions(httpCheckOptions, options, 'httpCheck');
  return async ({ env, signal }) => {
    const from = env.now();
    let response: Response;
    try {
      response = await env.fetch(url, { method, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      return { answer: 'unhealthy', reason: causeOf(error) };
    }
    const tookMs = env.now() - from;
    const { status } = response;
    await response.body?.cancel(); // what nobody reads keeps its connection
    if (status < 200 || status > 399) return { answer: 'unhealthy', reason: `status ${status}` };
    return tookMs > degradedAboveMs ? { answer: 'degraded', reason: `took ${Math.round(tookMs)} ms` } : 'healthy';
  };
}

/** `fetch failed` says nothing; its cause does. */
function causeOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  return cause instanceof Error ? cause.message : String(error);
}
