/**
 * `fetch` behind a pipeline: a status that says the server is unwell counts as a failure, and still reaches the caller
 * as the response it is.
 *
 *   const fetchQuotes = createFetch(runtime.pipeline('quotes', { breaker: {}, timeoutMs: 2_000 }));
 *   const response = await fetchQuotes('https://quotes.example/latest');
 */
import { type CallOptions, type Pipeline, retryAfterMs } from '../../index.ts';
import { abortBodyWith } from './abort-body-with.ts';
import { mayBeSentAgain } from './may-be-sent-again.ts';

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

/** What a request says to the pipeline, beside what it says to fetch. */
export interface FetchCall extends Omit<CallOptions, 'signal'> {
  /**
   * Whether it may be made twice. Default: what RFC 9110 says of its method, so a POST or a PATCH is never retried. A
   * body that can be read only once is never sent twice, whatever this says.
   */
  readonly idempotent?: CallOptions['idempotent'];
}

/**
 * in      fetch   what makes the request; default: the global one
 * out     a fetch: resolves to the response whatever its status, rejects as fetch does when there is none, and with the
 *         pipeline's own errors (BREAKER_OPEN, TIMEOUT …). The caller's signal ends the body, too; a timeout is for the
 *         time until the response is there.
 */
export function createFetch<F = never>(
  pipeline: Pipeline<F>,
  fetch: Fetch = globalThis.fetch,
): (input: string | URL | Request, init?: RequestInit & FetchCall) => Promise<Response | F> {
  return async (input, init = {}) => {
    const { tenant, priority, idempotent, signal, ...request } = init;
    const caller = signal ?? (input instanceof Request ? input.signal : undefined);
    let refused: Response | undefined;
    const attempt = async (context: { readonly signal: AbortSignal }): Promise<Response> => {
      discard(refused);
      const controller = new AbortController();
      context.signal.addEventListener('abort', () => controller.abort(context.signal.reason));
      const response = await fetch(input, { ...request, signal: controller.signal });
      if (caller !== undefined) abortBodyWith(caller, response, controller);
      if (!isFailure(response.status)) return response;
      refused = response;
      throw new HttpStatusError(response, retryAfterMs(response.headers));
    };
    const options = { tenant, priority, signal: caller, idempotent: mayBeSentAgain(input, request, idempotent) };
    try {
      return await pipeline.execute(attempt, options);
    } catch (error) {
      if (error instanceof HttpStatusError) return error.response;
      discard(refused);
      throw error;
    }
  };
}

/** The server is unwell (5xx), or asks for fewer calls (429). */
function isFailure(status: number): boolean {
  return status >= 500 || status === 429;
}

/** Nobody gets this response any more, and its connection must be free for another. */
function discard(response: Response | undefined): void {
  if (response?.bodyUsed === false) response.body?.cancel().catch(() => {}); // locked: somebody reads it after all
}
