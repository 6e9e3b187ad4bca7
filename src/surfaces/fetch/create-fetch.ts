/**
 * `fetch` behind a pipeline: a status that says the server is unwell counts as a failure, and still reaches the caller
 * as the response it is.
 *
 *   const fetchQuotes = createFetch(runtime.pipeline('quotes', { breaker: {}, timeoutMs: 2_000 }));
 *   const response = await fetchQuotes('https://quotes.example/latest');
 */
import type { CallOptions, Pipeline } from '../../index.ts';
import { retryAfterMs } from './retry-after.ts';

type Fetch = typeof globalThis.fetch;

/** A response whose status is a failure of the server: what classifiers and fallbacks of the pipeline are given. */
export class HttpStatusError extends Error {
  override readonly name = 'HttpStatusError';
  readonly status: number;
  readonly response: Response;
  /** What the server asked for in Retry-After; undefined when it said nothing. */
  readonly retryAfterMs: number | undefined;

  constructor(response: Response, waitMs: number | undefined) {
    super(`the server answered ${response.status}`);
    this.status = response.status;
    this.response = response;
    this.retryAfterMs = waitMs;
  }
}

export interface FetchCall {
  /** Who is being charged, per request. */
  readonly tenant?: CallOptions['tenant'];
}

/**
 * in      fetch   what makes the request; default: the global one
 * out     a fetch: resolves to the response whatever its status, rejects as fetch does when there is none, and with the
 *         pipeline's own errors (BREAKER_OPEN, TIMEOUT …)
 */
export function createFetch<F = never>(
  pipeline: Pipeline<F>,
  fetch: Fetch = globalThis.fetch,
): (input: string | URL | Request, init?: RequestInit & FetchCall) => Promise<Response | F> {
  return async (input, init = {}) => {
    const { tenant, signal, ...request } = init;
    const caller = signal ?? (input instanceof Request ? input.signal : undefined);
    try {
      return await pipeline.execute(
        async (context) => {
          const response = await fetch(input, { ...request, signal: context.signal });
          if (isFailure(response.status)) throw new HttpStatusError(response, retryAfterMs(response.headers));
          return response;
        },
        { tenant, signal: caller },
      );
    } catch (error) {
      if (error instanceof HttpStatusError) return error.response;
      throw error;
    }
  };
}

/** The server is unwell (5xx), or asks for fewer calls (429). */
function isFailure(status: number): boolean {
  return status >= 500 || status === 429;
}
