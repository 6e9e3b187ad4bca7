/** The demo's one kind of request, and what it takes for a failure. */

export interface Answer {
  readonly upstream: string;
  readonly tokens: number;
}

/** An answer that is no success. `fetch` itself resolves for any status. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: number;

  constructor(url: string, status: number) {
    super(`${url}: expected a status of 200 to 299, received ${status}`);
    this.status = status;
  }
}

/** throws  StatusError for a status beyond 299; fetch's own error when the connection fails or the signal aborts */
export async function fetchAnswer(url: string, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(url, { signal });
  if (response.ok) return (await response.json()) as Answer;
  await response.body?.cancel(); // an unread body would hold its connection
  throw new StatusError(url, response.status);
}

/** An unknown product is an answer about the product, not about the upstream: it says nothing about its health. */
export function voteOf(error: unknown): 'failure' | 'ignored' {
  return error instanceof StatusError && error.status === 404 ? 'ignored' : 'failure';
}
